"""Sealed fields: a value that only the partner opens, in one direction, at one reference, field and revision."""

import os
from dataclasses import dataclass
from typing import Final

from service.crypto.encoding import check_id, from_hex, line, number
from service.crypto.errors import EncodingError, RecordError, StaleRevisionError
from service.crypto.record import RecordKey
from service.crypto.secret import RandomBytes, SecretBytes

_SHORTEST: Final = 32
_LONGEST: Final = 4096
_MARK: Final = b"\x80"


@dataclass(frozen=True, slots=True)
class FieldPlace:
    """Where a sealed field belongs: `reference` is an account reference (uint64), `revision` the sender's push number."""

    reference: int
    field: str
    revision: int

    def parts(self) -> tuple[str, str, int]:
        return reference_text(self.reference), self.field, number(self.revision, "a revision")


class SealKey(RecordKey):
    """One direction of one partnership and epoch. Open a new epoch before 2³¹ records."""

    __slots__ = ("_direction",)

    def __init__(
        self, secret: SecretBytes, partnership: str, epoch: int, *, from_org: str, to_org: str
    ) -> None:
        super().__init__(secret)
        self._direction = (
            check_id(partnership, "partnership"),
            number(epoch, "an epoch", at_least=1),
            check_id(from_org, "organization"),
            check_id(to_org, "organization"),
        )

    def seal(self, value: str, place: FieldPlace, random_bytes: RandomBytes = os.urandom) -> bytes:
        """A record of 61 to 4125 bytes; its size shows the value's only up to a power of two."""
        return self.close(pad(value), self._bound_to(place), random_bytes)

    def unseal(self, record: bytes, place: FieldPlace, *, seen: int = 0) -> str:
        """The value. `seen` is the highest revision seen of this reference and field: older ones are refused.

        StaleRevisionError; RecordError if any byte, the field, the direction or the revision is another.
        """
        if place.revision < seen:
            raise StaleRevisionError(
                f"field {place.field} of {reference_text(place.reference)} came with revision {place.revision}, "
                f"revision {seen} was seen before: an old value was shown again, fetch the newest"
            )
        return unpad(self.open(record, self._bound_to(place)))

    def _bound_to(self, place: FieldPlace) -> bytes:
        return line("seal", *self._direction, *place.parts())


def reference_text(reference: int) -> str:
    """16 hex characters of an account reference, as it stands in bound data."""
    if not 0 <= reference < 1 << 64:
        raise EncodingError(f"an account reference is {reference}: it must be an unsigned 64-bit number")
    return f"{reference:016x}"


def read_reference(text: str) -> int:
    return int.from_bytes(from_hex(text, 8, "an account reference"))


def pad(value: str) -> bytes:
    """UTF-8 ‖ 0x80 ‖ zeros, to 32, 64, … 4096 bytes. EncodingError for more than 4095 bytes."""
    text = value.encode()
    if len(text) >= _LONGEST:
        raise EncodingError(f"a field of {len(text)} bytes can't be sealed: shorten it to {_LONGEST - 1}")
    size = max(_SHORTEST, 1 << len(text).bit_length())
    return (text + _MARK).ljust(size, b"\0")


def unpad(padded: bytes) -> str:
    """The one value that pads to exactly these bytes; RecordError if there is none."""
    text, mark, _ = padded.rpartition(_MARK)
    try:
        value = text.decode()
        if mark and pad(value) == padded:
            return value
    except (UnicodeDecodeError, EncodingError):
        pass
    raise RecordError(
        "a sealed field opens to wrongly padded text: the sender's software is at fault, ask for it again"
    )
