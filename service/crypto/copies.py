"""Copies of the keystore: the secrets that must outlive a lost disk, and what was erased; never the others.

Secrets of an epoch (`x`, `R`) are in no copy, so that deleting one is final: losing them costs a new hashing of lists, not data.
What is copied stays wrapped: a copy opens with the key-encryption key, which is kept in another place.
"""

import json
import shutil
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final

from service.crypto.errors import CopyError
from service.crypto.file_keystore import FileKeystore
from service.crypto.files import locked, make_private_folder, write_new
from service.crypto.tombstones import Erased, add_tombstones, read_tombstones
from service.crypto.wrapping import SecretName

MANIFEST: Final = "keystore.json"
SECRETS: Final = "secrets"
_FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Copied:
    """`kept` were there already, or belong to an organization that was erased since."""

    secrets: int
    kept: int
    tombstones: int
    kek_ids: list[str]


def is_copied(name: SecretName) -> bool:
    """Secrets of an epoch are in no copy."""
    return name.epoch is None


def copy_keystore(store: FileKeystore, folder: Path, *, now: datetime) -> Copied:
    """Copy what is to be copied into `folder`, which isn't there yet and appears when it is whole. CopyError."""
    if folder.exists():
        raise CopyError(f"{folder} is there already: a copy is never written over another one")
    part = folder.with_name(folder.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    target = FileKeystore(_private(part) / SECRETS, store.wrapper)
    with locked(store.folder, alone=True):  # nothing is deleted or wrapped again half-way
        names = [name for name in store.names() if is_copied(name)]
        for name in names:
            write_new(target.path_of(name), store.path_of(name).read_bytes())
        tombstones = add_tombstones(target.folder, store.buried())
    done = Copied(len(names), 0, tombstones, sorted({target.wrapped_by(name) for name in names}))
    said = {"format": _FORMAT, "made_at": now.isoformat(), "secrets": len(names), "kek_ids": done.kek_ids}
    write_new(part / MANIFEST, json.dumps(said, indent=1).encode() + b"\n")
    part.rename(folder)
    return done


def bring_back_keystore(folder: Path, store: FileKeystore) -> Copied:
    """Put back the secrets that are missing, each tried first; what is there is never overwritten, what was erased stays erased.

    CopyError for no whole copy; WrongKekError or RecordError, and nothing is brought back, for a secret that doesn't open.
    """
    _check(folder)
    source = FileKeystore(folder / SECRETS, store.wrapper)
    names = source.names()
    for name in names:
        source.get(name)
    with locked(store.folder, alone=True):
        tombstones = add_tombstones(store.folder, read_tombstones(source.folder))
    erased = {stone.id for stone in store.buried() if stone.what is Erased.ORGANIZATION}
    missing = [name for name in names if name.owner not in erased and not store.path_of(name).exists()]
    for name in missing:
        store.put_new(name, source.get(name))
    return Copied(len(missing), len(names) - len(missing), tombstones, [])


def _check(folder: Path) -> None:
    try:
        said = json.loads((folder / MANIFEST).read_bytes())
        whole = said["format"] == _FORMAT and said["secrets"] == len(list((folder / SECRETS).glob("[!.]*")))
    except (OSError, ValueError, KeyError, TypeError):
        whole = False
    if not whole:
        raise CopyError(
            f"{folder} holds no whole copy of a keystore: files are missing, or it was interrupted "
            "(then its name ends in .part). Take another copy"
        )


def _private(folder: Path) -> Path:
    make_private_folder(folder)
    return folder
