"""The key-encryption key: wraps what is in the keystore, bound to what it is, whose, and of which epoch."""

import os
import re
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from service.crypto.encoding import ABSENT, SUITE, check_id, line, number
from service.crypto.errors import EncodingError, KekFileError, RecordError, SecretExistsError, WrongKekError
from service.crypto.files import make_private_folder, read_private, write_new
from service.crypto.record import RecordKey
from service.crypto.secret import RandomBytes, SecretBytes

_WORD: Final = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
_KEK_FILE: Final = re.compile(
    rf"{re.escape(SUITE)}\|kek\|(?P<id>[a-z0-9]+(?:[-_][a-z0-9]+)*)\|(?P<key>[0-9a-f]{{64}})\n"
)


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

    def __str__(self) -> str:
        what, owner, partnership, epoch = self.parts()
        return f"{what} of {owner} (partnership {partnership}, epoch {epoch})"


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
        """A wrapped secret as it rests in a file: one line that names the key, then the record."""
        return _header(self.kek_id) + self.wrap(secret, name, random_bytes)

    def unpack(self, packed: bytes, name: SecretName) -> SecretBytes:
        """WrongKekError if another key wrapped it; RecordError as `unwrap`."""
        header, newline, record = packed.partition(b"\n")
        if header + newline != _header(self.kek_id):
            raise _not_this_kek(header + newline, self.kek_id, name)
        try:
            return self.unwrap(record, name)
        except RecordError as error:
            raise type(error)(
                f"the secret {name} does not open under key-encryption key {self.kek_id}: its file was changed or moved, "
                "or the key differs though its id is the same; delete it and open a new epoch, or restore the key"
            ) from None

    def _bound_to(self, name: SecretName) -> bytes:
        return line("wrap", *name.parts(), self.kek_id)


def load_or_create_kek(path: Path, random_bytes: RandomBytes = os.urandom) -> KeyEncryptionKey:
    """The key in `path`, drawn and written (0600, in a 0700 folder) if there is none.

    Processes that start at once end with one key. Keep the file apart from database, keystore and backups.
    OpenToOthersError if the group or others may read it; KekFileError if it holds anything else.
    """
    if not path.exists():
        make_private_folder(path.parent)
        kek_id = f"kek-{random_bytes(6).hex()}"
        text = f"{SUITE}|kek|{kek_id}|{random_bytes(32).hex()}\n"
        with suppress(SecretExistsError):  # another process was first, and its key is the one
            write_new(path, text.encode("ascii"))
    return _parse_kek(read_private(path), path)


def _parse_kek(content: bytes, path: Path) -> KeyEncryptionKey:
    found = _KEK_FILE.fullmatch(content.decode("ascii", errors="replace"))
    if found is None:
        raise KekFileError(
            f"{path} holds no key-encryption key: restore it from where you keep its copy; "
            "an empty or new file would make every stored secret unreadable"
        )
    return KeyEncryptionKey(found["id"], SecretBytes(bytes.fromhex(found["key"])))


def _header(kek_id: str) -> bytes:
    return line("wrapped", kek_id) + b"\n"


def _not_this_kek(header: bytes, kek_id: str, name: SecretName) -> WrongKekError | RecordError:
    start, end = _header("?").split(b"?")
    named = header.removeprefix(start).removesuffix(end).decode("ascii", errors="replace")
    if not (header.startswith(start) and header.endswith(end) and _WORD.fullmatch(named)):
        return RecordError(f"the file of the secret {name} is damaged: delete it and open a new epoch")
    return WrongKekError(
        f"the secret {name} is wrapped by key-encryption key {named}, this process has {kek_id}: start it with {named}"
    )


def _check_word(word: str) -> str:
    if not _WORD.fullmatch(word):
        raise EncodingError(
            f"a secret's name or key id has the word {word!r}: use lowercase letters and digits, joined by - or _"
        )
    return word
