"""The key-encryption key's file: one line a version, the newest last. The newest wraps; the others still open.

A running process needs no restart when the file changes: it reads it again before it wraps anything, and when it meets a
secret that a version unknown to it has wrapped.
"""

import os
import re
from contextlib import suppress
from pathlib import Path
from typing import Final

from service.crypto.encoding import SUITE
from service.crypto.errors import KekFileError, SecretExistsError, SecretMissingError
from service.crypto.files import make_private_folder, read_private, replace, sync_folder, write_new
from service.crypto.secret import Guarded, RandomBytes, SecretBytes
from service.crypto.wrapping import KeyEncryptionKey, SecretName, wrapped_by, wrong_kek

_LINE: Final = re.compile(
    rf"{re.escape(SUITE)}\|kek\|(?P<id>[a-z0-9]+(?:[-_][a-z0-9]+)*)\|(?P<key>[0-9a-f]{{64}})\n"
)


class KekFile(Guarded):
    """Wraps under the newest version in the file and opens under any.

    OpenToOthersError if the group or others may read it; KekFileError if it is gone or holds anything else.
    """

    __slots__ = ("_versions", "path")

    def __init__(self, path: Path) -> None:
        self.path = path
        self._versions = _read(path)

    @property
    def kek_id(self) -> str:
        """Of the newest version, as last read."""
        return self.kek_ids[-1]

    @property
    def kek_ids(self) -> list[str]:
        """Of every version as last read, oldest first."""
        return list(self._versions)

    def reload(self) -> None:
        self._versions = _read(self.path)

    def pack(self, secret: SecretBytes, name: SecretName) -> bytes:
        # Read each time, and rarely: nothing may be wrapped under a version that was removed meanwhile.
        self.reload()
        return self._versions[self.kek_id].pack(secret, name)

    def unpack(self, packed: bytes, name: SecretName) -> SecretBytes:
        named = wrapped_by(packed, name)
        if named not in self._versions:
            with suppress(KekFileError):  # gone for the moment: what is known still opens
                self.reload()
        if named not in self._versions:
            raise wrong_kek(packed, name, *self._versions)
        return self._versions[named].unpack(packed, name)

    def add(self, random_bytes: RandomBytes = os.urandom) -> str:
        """Draw a new version and make it the newest; give its id. Its caller holds the keystore alone."""
        self.reload()
        kek_id, text = _draw(random_bytes)
        self._write(read_private(self.path) + text)
        self.reload()
        return kek_id

    def remove(self, gone: set[str]) -> None:
        """Take versions out, never the newest. Its caller holds the keystore alone and knows that they wrap nothing."""
        self.reload()
        if self.kek_id in gone:
            raise KekFileError(f"{self.kek_id} is the newest version in {self.path}: it wraps, so it stays")
        kept = [text for text in _lines(self.path) if text["id"] not in gone]
        self._write("".join(text[0] for text in kept).encode("ascii"))
        self.reload()

    def _write(self, content: bytes) -> None:
        replace(self.path, content)
        sync_folder(self.path.parent)


def load_or_create_kek(path: Path, random_bytes: RandomBytes = os.urandom) -> KekFile:
    """The key in `path`, drawn and written (0600, in a 0700 folder) if there is none.

    Processes that start at once end with one key. Keep the file apart from database, keystore and backups.
    OpenToOthersError if the group or others may read it; KekFileError if it holds anything else.
    """
    if not path.exists():
        make_private_folder(path.parent)
        with suppress(SecretExistsError):  # another process was first, and its key is the one
            write_new(path, _draw(random_bytes)[1])
    return KekFile(path)


def _draw(random_bytes: RandomBytes) -> tuple[str, bytes]:
    kek_id = f"kek-{random_bytes(6).hex()}"
    return kek_id, f"{SUITE}|kek|{kek_id}|{random_bytes(32).hex()}\n".encode("ascii")


def _read(path: Path) -> dict[str, KeyEncryptionKey]:
    return {
        text["id"]: KeyEncryptionKey(text["id"], SecretBytes(bytes.fromhex(text["key"])))
        for text in _lines(path)
    }


def _lines(path: Path) -> list[re.Match[str]]:
    try:
        content = read_private(path).decode("ascii", errors="replace")
    except SecretMissingError:
        raise KekFileError(
            f"there is no key-encryption key in {path}: restore the file from where you keep its copy"
        ) from None
    found = list(_LINE.finditer(content))
    whole = "".join(text[0] for text in found) == content
    if not found or not whole or len({text["id"] for text in found}) < len(found):
        raise KekFileError(
            f"{path} holds no key-encryption key: restore it from where you keep its copy; "
            "an empty or new file would make every stored secret unreadable"
        )
    return found
