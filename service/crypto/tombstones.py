"""What was erased for good, kept beside the keystore and outside every database: after a restore it is erased again.

One line an erasure, ids only. Lines are added, never changed; one that a power cut left half-written never counted.
"""

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final, Self

from service.crypto.encoding import check_id
from service.crypto.errors import CryptoError, TombstonesError
from service.crypto.files import check_private, sync_folder

FILE: Final = ".tombstones"
_MODE: Final = 0o600


class Erased(StrEnum):
    ORGANIZATION = "organization"
    PARTNERSHIP = "partnership"


@dataclass(frozen=True, slots=True)
class Tombstone:
    what: Erased
    id: str
    at: datetime

    def __post_init__(self) -> None:
        check_id(self.id, self.what.value)
        if self.at.utcoffset() is None:
            raise TombstonesError(f"the moment {self.at.isoformat()} of an erasure has no time zone")

    @property
    def subject(self) -> tuple[Erased, str]:
        return self.what, self.id

    def line(self) -> bytes:
        return json.dumps({"what": self.what, "id": self.id, "at": self.at.isoformat()}).encode() + b"\n"

    @classmethod
    def of(cls, line: bytes) -> Self:
        said = json.loads(line)
        return cls(Erased(said["what"]), said["id"], datetime.fromisoformat(said["at"]))


def read_tombstones(folder: Path) -> list[Tombstone]:
    """Every erasure, oldest first. TombstonesError if the file can't be read: then nobody knows what must stay erased."""
    path = folder / FILE
    if not path.exists():
        return []
    check_private(path)
    return [_parsed(line, path) for line in path.read_bytes().split(b"\n")[:-1]]


def add_tombstones(folder: Path, tombstones: Iterable[Tombstone]) -> int:
    """Write down what isn't there yet; on disk when this returns. Its caller holds the folder alone. How many were new."""
    known = {tombstone.subject for tombstone in read_tombstones(folder)}
    new = list({one.subject: one for one in tombstones if one.subject not in known}.values())
    handle = os.open(folder / FILE, os.O_RDWR | os.O_CREAT, _MODE)
    with os.fdopen(handle, "r+b") as file:
        whole = file.read().rpartition(b"\n")
        file.seek(len(whole[0] + whole[1]))
        file.truncate()
        file.writelines(one.line() for one in new)
        file.flush()
        os.fsync(file.fileno())
    sync_folder(folder)
    return len(new)


def _parsed(line: bytes, path: Path) -> Tombstone:
    try:
        return Tombstone.of(line)
    except (ValueError, KeyError, TypeError, CryptoError) as error:
        raise TombstonesError(
            f"{path} has a line that names no erasure: restore the file from the newest copy of the keystore; "
            "without it a restored database could bring back what was erased"
        ) from error
