"""Contacts read and erased; what is personal of them is opened here and nowhere below."""

import json
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from service.accounts.attached.repository import OF_REMOVED, conditions
from service.accounts.errors import UnknownContactError
from service.accounts.models import SEALED_CONTACT
from service.accounts.past import Past, Present, Source
from service.audit import record
from service.crypto import DataKeys, Keystore
from service.db.sessions import TenantReadSession, TenantSession
from service.db.turns import Turn, take_turn
from service.imports.models import ImportKind
from service.kit.clock import Clock

CONTACTS: Final = Source(
    ImportKind.CONTACTS,
    "contact",
    """r.id, r.external_id, r.account_id, r.title, r.department, r.country, r.city, r.owner, r.status, r.consent, r.source,
           r.personal, r.created_at, r.updated_at""",
    f"image.before || jsonb_build_object('personal', image.personal) || {OF_REMOVED}",
)
_ERASE: Final = """
    WITH past AS (DELETE FROM record_history WHERE org_id = $1 AND record_id = $2 AND kind = 'contacts' RETURNING 1),
         present AS (DELETE FROM contact WHERE org_id = $1 AND id = $2 RETURNING 1)
    SELECT (SELECT count(*) FROM past) + (SELECT count(*) FROM present)
"""


class Contacts:
    """The contacts of one organization, as they are or as they were in the `past`."""

    def __init__(self, session: TenantReadSession, keystore: Keystore, past: Past | None = None) -> None:
        self._source = past or Present(session, CONTACTS)
        self._keys = DataKeys(keystore, str(session.org_id))

    async def page(
        self, asked: Mapping[str, object], *, limit: int, after: UUID | None = None
    ) -> list[dict[str, Any]]:
        """Up to `limit` by id after `after`. `asked` may have `account_id`, `domain` of the account, `owner`."""
        rows = await self._source.rows(conditions(asked), limit=limit, after=after)
        return [self._opened(row) for row in rows]

    async def row(self, contact_id: UUID) -> dict[str, Any]:
        """As in a page. UnknownContactError."""
        found = await self._source.rows({}, limit=1, only=contact_id)
        if not found:
            raise UnknownContactError
        return self._opened(found[0])

    def _opened(self, row: Mapping[str, Any]) -> dict[str, Any]:
        personal: dict[str, Any] = json.loads(
            self._keys.open(bytes(row["personal"]), SEALED_CONTACT.place(row["id"]))
        )
        plain = {name: value for name, value in row.items() if name != "personal"}
        return {**plain, **personal}


async def erase(session: TenantSession, clock: Clock, contact_id: UUID) -> None:
    """Forget a person: the contact and all that it was before. UnknownContactError.

    Nobody stores records of the organization meanwhile, so that no import keeps what is being forgotten.
    """
    driver = await session.raw()
    await take_turn(session, Turn.STORING, session.org_id)
    if not await driver.fetchval(_ERASE, session.org_id, contact_id):
        raise UnknownContactError
    await record(session, clock, "contact.erased", target=f"contact:{contact_id}")
