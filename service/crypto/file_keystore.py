"""The keystore as a folder: one file a secret, and what was erased for good."""

import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Final

from service.crypto.errors import EncodingError, RecordError, SecretExistsError, SecretMissingError
from service.crypto.files import (
    check_private,
    is_draft,
    locked,
    make_private_folder,
    names_of,
    read_private,
    replace,
    sync_folder,
    write_new,
)
from service.crypto.keystore import exists, get_or_create, missing
from service.crypto.secret import Guarded, SecretBytes
from service.crypto.tombstones import Tombstone, add_tombstones, read_tombstones
from service.crypto.wrapping import SecretName, Wrapper, wrapped_by

_TICK_NS: Final = 2_000_000_000
"""Coarser than any file system's clock: a folder that changed longer ago than this would show a later change."""


class FileKeystore(Guarded):
    """One file a secret, wrapped by the key-encryption key; any number of processes may use the folder at once.

    A file that is moved to another name does not open. Keep the folder, as it is, out of backups and snapshots.
    """

    __slots__ = ("_listed", "folder", "wrapper")

    def __init__(self, folder: Path, wrapper: Wrapper) -> None:
        """Makes the folder (0700). OpenToOthersError if it exists and others can reach it."""
        make_private_folder(folder)
        check_private(folder)
        self.folder = folder
        self.wrapper = wrapper
        self._listed: tuple[int, dict[str, list[str]]] = (0, {})

    def get(self, name: SecretName) -> SecretBytes:
        """WrongKekError if another key wrapped it, RecordError if its file was changed or moved."""
        return self.wrapper.unpack(self._read(name), name)

    def put_new(self, name: SecretName, secret: SecretBytes) -> None:
        try:
            with locked(self.folder):
                write_new(self.path_of(name), self.wrapper.pack(secret, name))
        except SecretExistsError:
            raise exists(name) from None

    def get_or_create(
        self, name: SecretName, draw: Callable[[], SecretBytes] = SecretBytes.draw
    ) -> SecretBytes:
        return get_or_create(self, name, draw)

    def delete(self, name: SecretName) -> bool:
        return self._delete(lambda known: known == _file_name(name)) > 0

    def delete_epoch(self, partnership: str, epoch: int) -> int:
        prefix = _file_prefix(partnership, str(epoch))
        return self._delete(lambda known: known.startswith(prefix))

    def delete_partnership(self, partnership: str) -> int:
        prefix = _file_prefix(partnership)
        return self._delete(lambda known: known.startswith(prefix))

    def delete_owner(self, owner: str) -> int:
        return self._delete(lambda known: known.endswith(f".{owner}"))

    def names(self, owner: str | None = None) -> list[SecretName]:
        by_owner = self._list()
        files = chain.from_iterable(by_owner.values()) if owner is None else by_owner.get(owner, [])
        return [_secret_name(file) for file in files]

    def probe(self, count: int = 100) -> None:
        """Open some secrets. WrongKekError if any has another key's wrapping; RecordError if none opens at all."""
        opened, failed = 0, None
        for name in self.names()[:count]:
            try:
                self.get(name)
            except RecordError as error:  # a damaged file is its owner's misfortune, not everybody's
                failed = error
            except SecretMissingError:
                continue
            else:
                opened += 1
        if failed is not None and not opened:
            raise failed

    def wrapped_by(self, name: SecretName) -> str:
        """The id of the key-encryption key that wraps it."""
        return wrapped_by(self._read(name), name)

    def wrap_again(self, name: SecretName) -> None:
        """Wrap under the newest key-encryption key. A secret that is deleted meanwhile stays deleted: SecretMissingError.

        Until the folder is synced, a power cut may bring the older wrapping back.
        """
        with locked(self.folder, alone=True):
            replace(self.path_of(name), self.wrapper.pack(self.get(name), name))

    def sweep(self) -> int:
        """Remove the drafts that killed processes left; how many."""
        with locked(self.folder, alone=True):  # nobody is writing one now
            drafts = [path for path in self.folder.iterdir() if is_draft(path.name)]
            for draft in drafts:
                draft.unlink()
        return len(drafts)

    def bury(self, tombstone: Tombstone) -> None:
        with locked(self.folder, alone=True):
            add_tombstones(self.folder, [tombstone])

    def buried(self) -> list[Tombstone]:
        return read_tombstones(self.folder)

    def path_of(self, name: SecretName) -> Path:
        return self.folder / _file_name(name)

    def _list(self) -> dict[str, list[str]]:
        """The files of each owner; listed again when the folder has changed. Other files than secrets' are left out."""
        changed = self.folder.stat().st_mtime_ns
        if self._listed[0] == changed:
            return self._listed[1]
        found: dict[str, list[str]] = {}
        for path in self.folder.iterdir():
            with suppress(EncodingError):
                found.setdefault(_secret_name(path.name).owner, []).append(path.name)
        if time.time_ns() - changed > _TICK_NS:
            self._listed = changed, found
        return found

    def _read(self, name: SecretName) -> bytes:
        try:
            return read_private(self.path_of(name))
        except SecretMissingError:
            raise missing(name) from None

    def _delete(self, chosen: Callable[[str], bool]) -> int:
        with locked(self.folder):
            gone = [(path, known) for path, known in names_of(self.folder) if chosen(known)]
            for path, _ in gone:
                path.unlink(missing_ok=True)
            sync_folder(self.folder)
        return len({known for _, known in gone})


def _file_name(name: SecretName) -> str:
    what, owner, partnership, epoch = name.parts()
    return _file_prefix(partnership, epoch) + _joined((what, owner))


def _secret_name(file: str) -> SecretName:
    parts = file.split(".")
    return SecretName.of([*parts[2:], *parts[:2]])


def _file_prefix(*parts: str) -> str:
    return _joined(parts) + "."


def _joined(parts: Iterable[str]) -> str:
    return ".".join(parts)
