"""Where secrets live, apart from the main database. They are never backed up by it: deleting one is final."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from threading import Lock
from typing import Protocol

from service.crypto.errors import SecretExistsError, SecretMissingError
from service.crypto.files import (
    check_private,
    make_private_folder,
    names_of,
    read_private,
    sync_folder,
    write_new,
)
from service.crypto.secret import Guarded, SecretBytes
from service.crypto.wrapping import KeyEncryptionKey, SecretName


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


class MemoryKeystore(Guarded):
    """Lives and dies with the process: for comparisons on the spot, and for tests."""

    __slots__ = ("_lock", "_secrets")

    def __init__(self) -> None:
        self._secrets: dict[SecretName, SecretBytes] = {}
        self._lock = Lock()

    def get(self, name: SecretName) -> SecretBytes:
        try:
            return self._secrets[name]
        except KeyError:
            raise _missing(name) from None

    def put_new(self, name: SecretName, secret: SecretBytes) -> None:
        with self._lock:
            if name in self._secrets:
                raise _exists(name)
            self._secrets[name] = secret

    def get_or_create(
        self, name: SecretName, draw: Callable[[], SecretBytes] = SecretBytes.draw
    ) -> SecretBytes:
        return _get_or_create(self, name, draw)

    def delete(self, name: SecretName) -> bool:
        return self._delete(lambda known: known == name) > 0

    def delete_epoch(self, partnership: str, epoch: int) -> int:
        return self._delete(lambda known: (known.partnership, known.epoch) == (partnership, epoch))

    def delete_partnership(self, partnership: str) -> int:
        return self._delete(lambda known: known.partnership == partnership)

    def _delete(self, chosen: Callable[[SecretName], bool]) -> int:
        with self._lock:
            gone = [name for name in self._secrets if chosen(name)]
            for name in gone:
                del self._secrets[name]
        return len(gone)


class FileKeystore(Guarded):
    """One file a secret, wrapped by the key-encryption key; any number of processes may use the folder at once.

    A file that is moved to another name does not open. Keep the folder out of backups and snapshots.
    """

    __slots__ = ("_folder", "_kek")

    def __init__(self, folder: Path, kek: KeyEncryptionKey) -> None:
        """Makes the folder (0700). OpenToOthersError if it exists and others can reach it."""
        make_private_folder(folder)
        check_private(folder)
        self._folder = folder
        self._kek = kek

    def get(self, name: SecretName) -> SecretBytes:
        """WrongKekError if another key wrapped it, RecordError if its file was changed or moved."""
        try:
            packed = read_private(self._path(name))
        except SecretMissingError:
            raise _missing(name) from None
        return self._kek.unpack(packed, name)

    def put_new(self, name: SecretName, secret: SecretBytes) -> None:
        try:
            write_new(self._path(name), self._kek.pack(secret, name))
        except SecretExistsError:
            raise _exists(name) from None

    def get_or_create(
        self, name: SecretName, draw: Callable[[], SecretBytes] = SecretBytes.draw
    ) -> SecretBytes:
        return _get_or_create(self, name, draw)

    def delete(self, name: SecretName) -> bool:
        return self._delete(lambda known: known == _file_name(name)) > 0

    def delete_epoch(self, partnership: str, epoch: int) -> int:
        prefix = _file_prefix(partnership, str(epoch))
        return self._delete(lambda known: known.startswith(prefix))

    def delete_partnership(self, partnership: str) -> int:
        prefix = _file_prefix(partnership)
        return self._delete(lambda known: known.startswith(prefix))

    def _path(self, name: SecretName) -> Path:
        return self._folder / _file_name(name)

    def _delete(self, chosen: Callable[[str], bool]) -> int:
        gone = [(path, known) for path, known in names_of(self._folder) if chosen(known)]
        for path, _ in gone:
            path.unlink(missing_ok=True)
        sync_folder(self._folder)
        return len({known for _, known in gone})


def _get_or_create(store: Keystore, name: SecretName, draw: Callable[[], SecretBytes]) -> SecretBytes:
    with suppress(SecretMissingError):
        return store.get(name)
    with suppress(SecretExistsError):  # another process was first, and its secret is the one
        store.put_new(name, draw())
    return store.get(name)


def _file_name(name: SecretName) -> str:
    what, owner, partnership, epoch = name.parts()
    return _file_prefix(partnership, epoch) + _joined((what, owner))


def _file_prefix(*parts: str) -> str:
    return _joined(parts) + "."


def _joined(parts: Iterable[str]) -> str:
    return ".".join(parts)


def _missing(name: SecretName) -> SecretMissingError:
    return SecretMissingError(
        f"the keystore has no secret {name}: it was deleted with its epoch, or never drawn"
    )


def _exists(name: SecretName) -> SecretExistsError:
    return SecretExistsError(f"the keystore has a secret {name} already: delete it first if it must go")
