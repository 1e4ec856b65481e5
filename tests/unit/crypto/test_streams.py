"""Files sealed in pieces open whole, in order and under their own key, or not at all."""

import io

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given
from hypothesis import strategies as st

from service.crypto import OpenedStream, SealingStream, SecretBytes
from service.crypto.errors import RecordError, SecretCopyError
from service.crypto.streams import PIECE_BYTES

KEY = SecretBytes(bytes(range(32)))
SEALED = PIECE_BYTES + 16
PLAIN = bytes(range(256)) * (5 * PIECE_BYTES // 512)
"""Two pieces and a half."""


def sealed(plain: bytes, step: int = 100_000, key: SecretBytes = KEY, bound_to: bytes = b"a") -> bytes:
    stream = SealingStream(key, bound_to)
    pieces = [piece for at in range(0, len(plain), step) for piece in stream.feed(plain[at : at + step])]
    return b"".join([*pieces, stream.finish()])


def opened(data: bytes, key: SecretBytes = KEY, bound_to: bytes = b"a") -> bytes:
    with OpenedStream(io.BytesIO(data), key, bound_to) as stream:
        return stream.read()


@given(
    size=st.sampled_from([0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 2 * PIECE_BYTES]),
    step=st.integers(1000, 3 * PIECE_BYTES),
)
def test_what_was_sealed_opens_however_it_came(size: int, step: int) -> None:
    plain = PLAIN[:size]
    data = sealed(plain, step)
    assert opened(data) == plain
    assert len(data) == size + 16 * max(1, -(-size // PIECE_BYTES))


def test_nonces_are_the_number_of_the_piece_and_whether_it_is_the_last() -> None:
    data = sealed(PLAIN)
    pieces = [data[at : at + SEALED] for at in range(0, len(data), SEALED)]
    cipher = AESGCM(KEY.reveal())
    nonces = [number.to_bytes(11) + bytes([number == 2]) for number in range(3)]
    assert b"".join(cipher.decrypt(n, p, b"a") for n, p in zip(nonces, pieces, strict=True)) == PLAIN


FIRST, SECOND, LAST = (sealed(PLAIN)[at : at + SEALED] for at in (0, SEALED, 2 * SEALED))


@pytest.mark.parametrize(
    "data",
    [
        FIRST + SECOND,
        FIRST,
        b"",
        SECOND + FIRST + LAST,
        FIRST + LAST,
        FIRST + FIRST + SECOND + LAST,
        FIRST + SECOND + LAST + LAST,
        FIRST + SECOND + LAST[:-1],
        FIRST + SECOND + LAST + b"x",
        FIRST + SECOND[:-1] + bytes([SECOND[-1] ^ 1]) + LAST,
    ],
)
def test_a_file_that_is_not_whole_or_in_order_does_not_open(data: bytes) -> None:
    with pytest.raises(RecordError, match="upload it again"):
        opened(data)


@pytest.mark.parametrize(("key", "bound_to"), [(SecretBytes.draw(), b"a"), (KEY, b"b")])
def test_another_key_or_place_opens_nothing(key: SecretBytes, bound_to: bytes) -> None:
    with pytest.raises(RecordError):
        opened(sealed(PLAIN), key, bound_to)


def test_a_stream_that_seals_is_not_copied() -> None:
    with pytest.raises(SecretCopyError):
        SealingStream(KEY, b"a").__reduce_ex__(2)
