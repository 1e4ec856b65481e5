"""Data keys: what is sealed in the database opens only with its owner's key, which lies in the keystore.

A record is 0x02 ‖ version of the key, 8 bytes ‖ nonce, 24 bytes ‖ XAES-256-GCM, bound to owner, table, row, column and version:
one that is moved to another row, column or organization doesn't open. The owner is an organization, or "service".
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from service.crypto.encoding import line, read_number
from service.crypto.errors import (
    DataKeyInUseError,
    DataKeyMissingError,
    RecordVersionError,
    SecretMissingError,
)
from service.crypto.keystore import Keystore
from service.crypto.secret import Guarded, RandomBytes, SecretBytes
from service.crypto.wrapping import SecretName
from service.crypto.xaes import NONCE_BYTES, TAG_BYTES, XaesKey

SERVICE: Final = "service"
"""Owner of what belongs to no organization."""
RETIRE_AFTER: Final = timedelta(hours=1)
"""An older version stays for as long as the longest transaction that may have begun with it, and much more."""

_FORMAT: Final = b"\x02"
_VERSION_END: Final = 1 + 8
_HEAD: Final = _VERSION_END + NONCE_BYTES
_PREFIX: Final = "data-"
_FIRST: Final = 1


@dataclass(frozen=True, slots=True)
class DataPlace:
    """Where a sealed value belongs; `row` is the text of the row's id within its owner."""

    table: str
    row: str
    column: str


class DataKeys(Guarded):
    """The data keys of one owner; make one for each operation, so that it sees the newest version.

    The first key is drawn with the first value that is sealed. A version is 1, then the second of its making.
    """

    __slots__ = ("_keystore", "_loaded", "_newest", "_random_bytes", "owner")

    def __init__(self, keystore: Keystore, owner: str, random_bytes: RandomBytes = os.urandom) -> None:
        self.owner = owner
        self._keystore = keystore
        self._random_bytes = random_bytes
        self._loaded: dict[int, XaesKey] = {}
        self._newest: int | None = None

    def seal(self, plain: bytes, place: DataPlace) -> bytes:
        """A record 49 bytes longer than `plain`, under the newest version."""
        version = self.newest()
        nonce = self._random_bytes(NONCE_BYTES)
        sealed = self._key(version).encrypt(nonce, plain, self._bound_to(place, version))
        return _FORMAT + version.to_bytes(8) + nonce + sealed

    def open(self, record: bytes, place: DataPlace) -> bytes:
        """The value. RecordError unless it was sealed for this owner at this place; DataKeyMissingError if its key is gone."""
        version = version_of(record)
        key, bound_to = self._key(version), self._bound_to(place, version)
        return key.decrypt(record[_VERSION_END:_HEAD], record[_HEAD:], bound_to)

    def versions(self) -> list[int]:
        """Those in the keystore, oldest first."""
        kept = [name.what for name in self._keystore.names(self.owner) if name.partnership is None]
        return sorted(
            read_number(what.removeprefix(_PREFIX), "a data key's version")
            for what in kept
            if what.startswith(_PREFIX)
        )

    def newest(self) -> int:
        if self._newest is None:
            self._newest = max(self.versions(), default=0) or self._draw(_FIRST)
        return self._newest

    def rotate(self, now: datetime) -> int:
        """Draw a new version, which seals from now on, in other processes with their next operation; give it."""
        self._newest = self._draw(max(self.newest() + 1, int(now.timestamp())))
        return self._newest

    def retire(self, now: datetime, still_sealed: Callable[[int], bool]) -> list[int]:
        """Delete the older versions; give them. `still_sealed` tells whether anything is sealed under a version.

        DataKeyInUseError, and nothing is deleted, while that is so or the newest version is younger than `RETIRE_AFTER`.
        """
        *older, newest = self.versions() or [0]
        if older and now.timestamp() - newest < RETIRE_AFTER.total_seconds():
            raise DataKeyInUseError(
                f"the newest data key is younger than {RETIRE_AFTER.total_seconds() / 3600:.0f} h, so that a "
                "transaction may still be under way that began with an older one: try again later"
            )
        for version in older:
            if still_sealed(version):
                raise DataKeyInUseError(
                    f"something is still sealed under version {version} of the data key: "
                    "run `commonground data-key rotate`, which finishes what was begun, and then this again"
                )
        for version in older:
            self._keystore.delete(self._name(version))
        return older

    def _draw(self, version: int) -> int:
        self._keystore.get_or_create(self._name(version), lambda: SecretBytes.draw(self._random_bytes))
        return version

    def _key(self, version: int) -> XaesKey:
        if version not in self._loaded:
            try:
                self._loaded[version] = XaesKey(self._keystore.get(self._name(version)))
            except SecretMissingError:
                raise DataKeyMissingError(
                    f"the keystore has no version {version} of the data key of {self.owner}: it was erased, "
                    "retired, or the keystore is another one; restore the keystore's copy"
                ) from None
        return self._loaded[version]

    def _name(self, version: int) -> SecretName:
        return SecretName(f"{_PREFIX}{version}", self.owner)

    def _bound_to(self, place: DataPlace, version: int) -> bytes:
        return line("data", self.owner, place.table, place.row, place.column, version)


def version_of(record: bytes) -> int:
    """The version of the data key that a record was sealed under. RecordVersionError if it is no such record."""
    if record[:1] != _FORMAT or len(record) < _HEAD + TAG_BYTES:
        raise RecordVersionError(
            f"a record of {len(record)} bytes begins with {record[:1].hex() or 'nothing'}: values under a data key "
            f"begin with {_FORMAT.hex()} and have {_HEAD + TAG_BYTES} bytes or more"
        )
    return int.from_bytes(record[1:_VERSION_END])
