"""Where secrets live, apart from the main database. They are never backed up by it: deleting one is final."""

from collections.abc import Callable
from contextlib import suppress
from threading import Lock
from typing import Protocol

from service.crypto.errors import SecretExistsError, SecretMissingError
from service.crypto.secret import Guarded, SecretBytes
from service.crypto.tombstones import Tombstone
from service.crypto.wrapping import SecretName


class Keystore(Protocol):
    def get(self, name: SecretName) -> SecretBytes:
        """SecretMissingError if there is none."""
        ...

    def put_new(self, name: SecretName, secret: SecretBytes) -> None:
        """SecretExistsError if the name is taken: a secret is deleted, never overwritten."""
        ...

    def get_or_create(
        self, name: SecretName, draw: Callable[[], SecretBytes] = SecretBytes.draw
    ) -> SecretBytes:
        """The secret of that name, drawn if there is none; whoever draws at the same time gets the one that won."""
        ...

    def delete(self, name: SecretName) -> bool:
        """Whether there was one. Nothing brings it back."""
        ...

    def delete_epoch(self, partnership: str, epoch: int) -> int:
        """How many secrets, of all owners, went with the epoch."""
        ...

    def delete_partnership(self, partnership: str) -> int:
        """How many secrets, of all owners and epochs, went with the partnership."""
        ...

    def delete_owner(self, owner: str) -> int:
        """How many secrets went with an organization: its own, and those of its side in every partnership."""
        ...

    def names(self, owner: str | None = None) -> list[SecretName]:
        """What is kept, of one owner or of all, in no order."""
        ...

    def bury(self, tombstone: Tombstone) -> None:
        """Write down that something is erased for good, so that a restored backup is made to forget it again.

        Call it once the erasure is decided and before it is committed: a crash between the two is made good at the next start.
        """
        ...

    def buried(self) -> list[Tombstone]:
        """Everything erased so far, oldest first. TombstonesError if that can't be told."""
        ...


class MemoryKeystore(Guarded):
    """Lives and dies with the process: for comparisons on the spot, and for tests."""

    __slots__ = ("_lock", "_secrets", "_tombstones")

    def __init__(self) -> None:
        self._secrets: dict[SecretName, SecretBytes] = {}
        self._tombstones: list[Tombstone] = []
        self._lock = Lock()

    def get(self, name: SecretName) -> SecretBytes:
        try:
            return self._secrets[name]
        except KeyError:
            raise missing(name) from None

    def put_new(self, name: SecretName, secret: SecretBytes) -> None:
        with self._lock:
            if name in self._secrets:
                raise exists(name)
            self._secrets[name] = secret

    def get_or_create(
        self, name: SecretName, draw: Callable[[], SecretBytes] = SecretBytes.draw
    ) -> SecretBytes:
        return get_or_create(self, name, draw)

    def delete(self, name: SecretName) -> bool:
        return self._delete(lambda known: known == name) > 0

    def delete_epoch(self, partnership: str, epoch: int) -> int:
        return self._delete(lambda known: (known.partnership, known.epoch) == (partnership, epoch))

    def delete_partnership(self, partnership: str) -> int:
        return self._delete(lambda known: known.partnership == partnership)

    def delete_owner(self, owner: str) -> int:
        return self._delete(lambda known: known.owner == owner)

    def names(self, owner: str | None = None) -> list[SecretName]:
        with self._lock:
            return [name for name in self._secrets if owner in {None, name.owner}]

    def bury(self, tombstone: Tombstone) -> None:
        with self._lock:
            if tombstone.subject not in {known.subject for known in self._tombstones}:
                self._tombstones.append(tombstone)

    def buried(self) -> list[Tombstone]:
        with self._lock:
            return list(self._tombstones)

    def _delete(self, chosen: Callable[[SecretName], bool]) -> int:
        with self._lock:
            gone = [name for name in self._secrets if chosen(name)]
            for name in gone:
                del self._secrets[name]
        return len(gone)


def get_or_create(store: Keystore, name: SecretName, draw: Callable[[], SecretBytes]) -> SecretBytes:
    with suppress(SecretMissingError):
        return store.get(name)
    with suppress(SecretExistsError):  # another process was first, and its secret is the one
        store.put_new(name, draw())
    return store.get(name)


def missing(name: SecretName) -> SecretMissingError:
    return SecretMissingError(
        f"the keystore has no secret {name}: it was deleted with its epoch, or never drawn"
    )


def exists(name: SecretName) -> SecretExistsError:
    return SecretExistsError(f"the keystore has a secret {name} already: delete it first if it must go")
