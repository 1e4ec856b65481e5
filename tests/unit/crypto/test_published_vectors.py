"""The primitives as they are used here give what their standards publish."""

import hashlib

import polars as pl
import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from service.crypto import ExchangeKey, HmacKey, SecretBytes
from service.crypto.columns import hmac_column
from service.crypto.record import RecordKey
from service.crypto.xaes import XaesKey

hexed = bytes.fromhex

HKDF_RFC5869 = [
    # A.1, A.2 and A.3: input, salt, info, length, output
    (
        "0b" * 22,
        "000102030405060708090a0b0c",
        "f0f1f2f3f4f5f6f7f8f9",
        42,
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
    ),
    (
        bytes(range(0x50)).hex(),
        bytes(range(0x60, 0xB0)).hex(),
        bytes(range(0xB0, 0x100)).hex(),
        82,
        (
            "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
            "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87"
        ),
    ),
    (
        "0b" * 22,
        "",
        "",
        42,
        "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
    ),
]


@pytest.mark.parametrize(("secret", "salt", "info", "length", "expected"), HKDF_RFC5869)
def test_hkdf_of_rfc_5869(secret: str, salt: str, info: str, length: int, expected: str) -> None:
    derived = HKDF(algorithm=SHA256(), length=length, salt=hexed(salt) or None, info=hexed(info))
    assert derived.derive(hexed(secret)).hex() == expected


X25519_RFC7748 = [
    # 5.2: scalar, coordinate, output
    (
        "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
        "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
        "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552",
    ),
    (
        "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
        "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
        "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957",
    ),
]


@pytest.mark.parametrize(("scalar", "coordinate", "expected"), X25519_RFC7748)
def test_x25519_of_rfc_7748(scalar: str, coordinate: str, expected: str) -> None:
    own = X25519PrivateKey.from_private_bytes(hexed(scalar))
    assert own.exchange(X25519PublicKey.from_public_bytes(hexed(coordinate))).hex() == expected


def test_exchange_key_gives_the_key_pair_and_the_secret_of_rfc_7748() -> None:
    # 6.1: Bob's private and public key, Alice's public key, the secret they share
    bob = ExchangeKey(SecretBytes(hexed("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb")))
    assert bob.public.hex() == "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"
    alice = hexed("8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")
    shared = bob.agree(alice)
    assert shared.reveal().hex() == "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"


# 4.2: 20 bytes of 0x0b, "Hi There"; 4.3: "Jefe"; 4.7: a key of 131 bytes
HMAC_RFC4231 = [
    ("0b" * 20, b"Hi There", "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"),
    (
        b"Jefe".hex(),
        b"what do ya want for nothing?",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ),
    (
        "aa" * 131,
        b"Test Using Larger Than Block-Size Key - Hash Key First",
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54",
    ),
]


@pytest.mark.parametrize(("key", "text", "expected"), HMAC_RFC4231)
def test_hmac_of_rfc_4231(key: str, text: bytes, expected: str) -> None:
    assert written_out(hexed(key), text) == expected


def test_hmac_of_a_column_is_hmac_as_rfc_2104_writes_it() -> None:
    texts = ["Hi There", "", "what do ya want for nothing?", "é" * 300]
    key = "0b" * 32
    column = hmac_column(pl.Series(texts), HmacKey(key))
    assert [bytes(digest).hex() for digest in column] == [
        written_out(key.encode(), text.encode()) for text in texts
    ]


def written_out(key: bytes, text: bytes) -> str:
    """RFC 2104, without any library's HMAC."""
    block = (hashlib.sha256(key).digest() if len(key) > 64 else key).ljust(64, b"\0")
    inner = hashlib.sha256(bytes(byte ^ 0x36 for byte in block) + text).digest()
    return hashlib.sha256(bytes(byte ^ 0x5C for byte in block) + inner).hexdigest()


# The GCM specification (McGrew and Viega), appendix B, with keys of 256 bits; the same in NIST's validation suite
GCM_13 = ("00" * 32, "00" * 12, "", "", "530f8afbc74536b9a963b4f1c4cb738b")
GCM_14 = (
    "00" * 32,
    "00" * 12,
    "00" * 16,
    "",
    "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919",
)
GCM_16 = (
    "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
    "cafebabefacedbaddecaf888",
    (
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
    ),
    "feedfacedeadbeeffeedfacedeadbeefabaddad2",
    (
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
        "76fc6ece0f4e1768cddf8853bb2d551b"
    ),
)


@pytest.mark.parametrize(("key", "nonce", "plain", "bound_to", "expected"), [GCM_13, GCM_14, GCM_16])
def test_aes_256_gcm_and_a_record_around_it(
    key: str, nonce: str, plain: str, bound_to: str, expected: str
) -> None:
    assert AESGCM(hexed(key)).encrypt(hexed(nonce), hexed(plain), hexed(bound_to)).hex() == expected
    record = RecordKey(SecretBytes(hexed(key))).close(hexed(plain), hexed(bound_to), lambda _: hexed(nonce))
    assert record.hex() == f"01{nonce}{expected}"


# c2sp.org/XAES-256-GCM, the two vectors: the first key leaves the subkey's top bit clear, the second sets it
XAES_NONCE = b"ABCDEFGHIJKLMNOPQRSTUVWX"
XAES = [
    ("01" * 32, b"", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"),
    ("03" * 32, b"c2sp.org/XAES-256-GCM", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"),
]


@pytest.mark.parametrize(("key", "bound_to", "expected"), XAES)
def test_xaes_256_gcm(key: str, bound_to: bytes, expected: str) -> None:
    xaes = XaesKey(SecretBytes(hexed(key)))
    assert xaes.encrypt(XAES_NONCE, b"XAES-256-GCM", bound_to).hex() == expected
    assert xaes.decrypt(XAES_NONCE, hexed(expected), bound_to) == b"XAES-256-GCM"


def test_xaes_256_gcm_over_ten_thousand_random_keys_nonces_and_texts() -> None:
    """The accumulated vector: inputs drawn from SHAKE128 of nothing, outputs hashed into one."""
    drawn = hashlib.shake_128(b"").digest(10_000 * (32 + 24 + 512 + 2))
    given, told = Stream(drawn), hashlib.shake_128()
    for _ in range(10_000):
        key, nonce = given.take(32), given.take(24)
        plain = given.take(given.take(1)[0])
        bound_to = given.take(given.take(1)[0])
        xaes = XaesKey(SecretBytes(key))
        sealed = xaes.encrypt(nonce, plain, bound_to)
        assert xaes.decrypt(nonce, sealed, bound_to) == plain
        told.update(sealed)
    assert told.hexdigest(32) == "e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939"


class Stream:
    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def take(self, count: int) -> bytes:
        self._at += count
        return self._content[self._at - count : self._at]
