"""Files sealed in pieces, so that neither side of one needs it whole: STREAM (Hoang, Reyhanitabar, Rogaway, Vizár 2015) as age writes it.

Pieces of 256 KiB, each AES-256-GCM under a key drawn for this file alone; the nonce is the piece's number, 11 bytes big endian, and a byte
that is 1 for the last one. A piece that is changed, moved, repeated or left out doesn't open, and neither does a file that is cut
short or another file's in its place.
"""

import io
from collections.abc import Iterator
from typing import TYPE_CHECKING, BinaryIO, Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from service.crypto.errors import RecordError
from service.crypto.secret import Guarded, SecretBytes
from service.crypto.xaes import TAG_BYTES

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

PIECE_BYTES: Final = 256 * 1024
_SEALED_BYTES: Final = PIECE_BYTES + TAG_BYTES
_COUNTER_BYTES: Final = 11


class _Pieces(Guarded):
    """The cipher of one file, and which piece of it comes next."""

    __slots__ = ("_bound_to", "_cipher", "_next")

    def __init__(self, key: SecretBytes, bound_to: bytes) -> None:
        self._cipher = AESGCM(key.reveal())
        self._bound_to = bound_to
        self._next = 0

    def seal(self, plain: bytes, *, last: bool) -> bytes:
        return self._cipher.encrypt(self._nonce(last=last), plain, self._bound_to)

    def open(self, sealed: bytes, *, last: bool) -> bytes:
        return self._cipher.decrypt(self._nonce(last=last), sealed, self._bound_to)

    def _nonce(self, *, last: bool) -> bytes:
        number, self._next = self._next, self._next + 1
        return number.to_bytes(_COUNTER_BYTES) + bytes([last])


class SealingStream(Guarded):
    """Seals what is fed, in order. `key` is drawn for this one file: nonces begin at 0. `bound_to` says which file it is."""

    __slots__ = ("_held", "_pieces")

    def __init__(self, key: SecretBytes, bound_to: bytes) -> None:
        self._pieces = _Pieces(key, bound_to)
        self._held = bytearray()

    def feed(self, plain: bytes) -> Iterator[bytes]:
        """The pieces that are full now; less than a piece stays here. Exhaust it before feeding more."""
        self._held += plain
        while len(self._held) > PIECE_BYTES:  # a full one may be the last one
            piece = bytes(self._held[:PIECE_BYTES])
            del self._held[:PIECE_BYTES]
            yield self._pieces.seal(piece, last=False)

    def finish(self) -> bytes:
        """The last piece; without it the file doesn't open."""
        return self._pieces.seal(bytes(self._held), last=True)


class OpenedStream(io.RawIOBase):
    """The plain bytes of a sealed file, read from its beginning to its end; closed with it.

    Reading raises RecordError where it was sealed with another key or for another place, or is not whole.
    """

    def __init__(self, sealed: BinaryIO, key: SecretBytes, bound_to: bytes) -> None:
        super().__init__()
        self._sealed = sealed
        self._pieces = _Pieces(key, bound_to)
        self._ahead = sealed.read(_SEALED_BYTES)
        self._left = memoryview(b"")
        self._ended = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        if not self._left and not self._ended:
            self._left = memoryview(self._open_next())
        target = memoryview(buffer).cast("B")
        size = min(len(target), len(self._left))
        target[:size] = self._left[:size]
        self._left = self._left[size:]
        return size

    def _open_next(self) -> bytes:
        sealed, self._ahead = self._ahead, self._sealed.read(_SEALED_BYTES)
        self._ended = not self._ahead
        try:
            return self._pieces.open(sealed, last=self._ended)
        except InvalidTag:
            raise RecordError(
                "a sealed file does not open: it was changed, cut short, or sealed with another key; upload it again"
            ) from None

    def close(self) -> None:
        self._sealed.close()
        super().close()
