"""Whose credentials were good a moment ago in this process."""

from collections import OrderedDict
from uuid import UUID

MOST_CALLERS = 10_000


class KnownCallers:
    """Organization and caller (key or person) by SHA-256 of the credential.

    Only for counting: whether a credential still is good is asked with each request.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[bytes, tuple[UUID, UUID]] = OrderedDict()

    def get(self, credential: bytes) -> tuple[UUID, UUID] | None:
        return self._known.get(credential)

    def learn(self, credential: bytes, org_id: UUID, caller: UUID) -> None:
        self._known[credential] = (org_id, caller)
        self._known.move_to_end(credential)
        if len(self._known) > MOST_CALLERS:
            self._known.popitem(last=False)

    def forget(self, credential: bytes) -> None:
        self._known.pop(credential, None)
