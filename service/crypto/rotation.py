"""Rotating the key-encryption key: a new version, every secret wrapped again, old versions removed once they wrap nothing.

Each step stands by itself and is repeated after a crash; whatever was wrapped by either version opens all the while.
"""

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass

from service.crypto.errors import KekInUseError, SecretMissingError
from service.crypto.file_keystore import FileKeystore
from service.crypto.files import locked, sync_folder
from service.crypto.kek import KekFile
from service.crypto.wrapping import SecretName


@dataclass(frozen=True, slots=True)
class Rotation:
    """`resumed`: an earlier rotation was unfinished and has been finished, so no version was added."""

    kek_id: str
    rewrapped: int
    resumed: bool


def rotate_kek(file: KekFile, store: FileKeystore) -> Rotation:
    """Add a version, unless one is there that not everything is wrapped under yet, and wrap everything under the newest.

    Secrets may be drawn, read and deleted meanwhile. RecordError names a secret that doesn't open; those before it are done.
    """
    with locked(store.folder, alone=True):
        file.reload()
        resumed = bool(_older(file, store))
        kek_id = file.kek_id if resumed else file.add()
    store.sweep()
    return Rotation(kek_id, _wrap_all_again(file, store), resumed)


def retire_kek(file: KekFile, store: FileKeystore) -> list[str]:
    """Remove every version but the newest; give their ids. KekInUseError, and nothing is removed, while one wraps a secret."""
    with locked(store.folder, alone=True):
        file.reload()
        older = _older(file, store)
        if older:
            count = sum(older.values())
            raise KekInUseError(
                f"{', '.join(sorted(older))} still wrap{'s' if len(older) == 1 else ''} {count} secret{'s' * (count != 1)}: "
                "run `commonground kek rotate`, which finishes what was begun, and then this again"
            )
        gone = file.kek_ids[:-1]
        if gone:
            sync_folder(store.folder)  # what was wrapped again must stay so before the older version goes
            file.remove(set(gone))
    return gone


def wraps(store: FileKeystore) -> Counter[str]:
    """How many secrets each key-encryption key wraps. RecordError for a damaged file."""
    count: Counter[str] = Counter()
    for name in store.names():
        with suppress(SecretMissingError):  # deleted since it was listed
            count[store.wrapped_by(name)] += 1
    return count


def _older(file: KekFile, store: FileKeystore) -> Counter[str]:
    found = wraps(store)
    del found[file.kek_id]
    return found


def _wrap_all_again(file: KekFile, store: FileKeystore) -> int:
    done = 0
    for name in sorted(store.names(), key=SecretName.parts):
        with suppress(SecretMissingError):
            if store.wrapped_by(name) != file.kek_id:
                store.wrap_again(name)
                done += 1
    return done
