"""The key-encryption key: wraps what is in the keystore, bound to what it is, whose, and of which epoch."""

import os
import re
from dataclasses import dataclass
from typing import Final, Protocol, Self

from service.crypto.encoding import ABSENT, check_id, line, number, read_number
from service.crypto.errors import EncodingError, RecordError, WrongKekError
from service.crypto.record import RecordKey
from service.crypto.secret import RandomBytes, SecretBytes

_WORD: Final = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
_PARTS: Final = 4


@dataclass(frozen=True, slots=True)
class SecretName:
    """`what` it is ("ik", "x", "service-secret", …), its `owner` (an organization, or "service"), and its place."""

    what: str
    owner: str
    partnership: str | None = None
    epoch: int | None = None

    def __post_init__(self) -> None:
        for word in (self.what, self.owner):
            _check_word(word)
        if self.partnership is not None:
            check_id(self.partnership, "partnership")
        if self.epoch is not None:
            number(self.epoch, "an epoch", at_least=1)

    def parts(self) -> tuple[str, str, str, str]:
        epoch = ABSENT if self.epoch is None else str(self.epoch)
        return self.what, self.owner, self.partnership or ABSENT, epoch

    @classmethod
    def of(cls, parts: list[str]) -> Self:
        """The name whose `parts` these are; EncodingError if there is none."""
        if len(parts) != _PARTS:
            raise EncodingError(f"a secret's name has {_PARTS} parts, not {len(parts)}")
        what, owner, partnership, epoch = parts
        return cls(
            what,
            owner,
            None if partnership == ABSENT else partnership,
            None if epoch == ABSENT else read_number(epoch, "an epoch"),
        )

    def __str__(self) -> str:
        what, owner, partnership, epoch = self.parts()
        return f"{what} of {owner} (partnership {partnership}, epoch {epoch})"


class Wrapper(Protocol):
    """What a keystore wraps with: one key-encryption key, or a file that holds several versions of it."""

    def pack(self, secret: SecretBytes, name: SecretName) -> bytes:
        """A wrapped secret as it rests in a file: one line that names the key, then the record."""
        ...

    def unpack(self, packed: bytes, name: SecretName) -> SecretBytes:
        """WrongKekError if another key wrapped it; RecordError if it was changed or moved."""
        ...


class KeyEncryptionKey(RecordKey):
    """`KEK`. A wrapped secret carries its id, so that another key is told from a damaged file."""

    __slots__ = ("kek_id",)

    def __init__(self, kek_id: str, secret: SecretBytes) -> None:
        super().__init__(secret)
        self.kek_id = _check_word(kek_id)

    @classmethod
    def draw(cls, kek_id: str, random_bytes: RandomBytes = os.urandom) -> Self:
        return cls(kek_id, SecretBytes.draw(random_bytes))

    def wrap(self, secret: SecretBytes, name: SecretName, random_bytes: RandomBytes = os.urandom) -> bytes:
        """A record of 61 bytes."""
        return self.close(secret.reveal(), self._bound_to(name), random_bytes)

    def unwrap(self, record: bytes, name: SecretName) -> SecretBytes:
        """RecordError if the record was changed, belongs to another name, or was wrapped by another key."""
        return SecretBytes(self.open(record, self._bound_to(name)))

    def pack(self, secret: SecretBytes, name: SecretName, random_bytes: RandomBytes = os.urandom) -> bytes:
        return _header(self.kek_id) + self.wrap(secret, name, random_bytes)

    def unpack(self, packed: bytes, name: SecretName) -> SecretBytes:
        header, newline, record = packed.partition(b"\n")
        if header + newline != _header(self.kek_id):
            raise wrong_kek(packed, name, self.kek_id)
        try:
            return self.unwrap(record, name)
        except RecordError as error:
            raise type(error)(
                f"the secret {name} does not open under key-encryption key {self.kek_id}: its file was changed or moved, "
                "or the key differs though its id is the same; delete it and open a new epoch, or restore the key"
            ) from None

    def _bound_to(self, name: SecretName) -> bytes:
        return line("wrap", *name.parts(), self.kek_id)


def _header(kek_id: str) -> bytes:
    return line("wrapped", kek_id) + b"\n"


def wrapped_by(packed: bytes, name: SecretName) -> str:
    """The id of the key that wrapped it; RecordError if nothing says so."""
    first, newline, _ = packed.partition(b"\n")
    start, end = _header("?").split(b"?")
    header = first + newline
    named = header.removeprefix(start).removesuffix(end).decode("ascii", errors="replace")
    if not (header.startswith(start) and header.endswith(end) and _WORD.fullmatch(named)):
        raise RecordError(f"the file of the secret {name} is damaged: delete it and open a new epoch")
    return named


def wrong_kek(packed: bytes, name: SecretName, *known: str) -> WrongKekError:
    named = wrapped_by(packed, name)
    return WrongKekError(
        f"the secret {name} is wrapped by key-encryption key {named}, this process has {', '.join(known)}: "
        f"start it with {named}"
    )


def _check_word(word: str) -> str:
    if not _WORD.fullmatch(word):
        raise EncodingError(
            f"a secret's name or key id has the word {word!r}: use lowercase letters and digits, joined by - or _"
        )
    return word
