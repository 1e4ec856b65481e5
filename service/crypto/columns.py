"""Tokens, proofs, evidence codes and references of whole columns: HMAC-SHA256 by `polars-hash`, no loop over rows."""

import binascii
from collections import deque
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final, cast

import numpy as np
import polars as pl
import polars_hash as plh
from numpy.typing import NDArray

from service.crypto.encoding import check_id
from service.crypto.errors import EncodingError, KeyTextError
from service.crypto.identity import Side
from service.crypto.secret import EvidenceKey, Guarded, HmacKey, OuterKey, ReferenceKey, TokenKey

SEPARATOR: Final = "\x1f"  # between the parts of a composite key text
_FIRST_GOOD: Final = 0x1F
_DELETE, _BEFORE_C1 = 0x7F, 0xC2  # controls from U+0080 on begin so in UTF-8, as U+00A0 to U+00BF do
_CONTROLS: Final = [chr(code) for code in (*range(0x1F), *range(0x7F, 0xA0))]
_SLICE: Final = 1 << 16  # rows hashed at a time by one core: its hex text stays at 5 MB
_DIGEST: Final = 32
_TOKEN: Final = 16

Bytes = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class InnerTokens(Guarded):
    """The three parts of h = HMAC(K, key text), row for row, `digests` uint8 (n, 32) being all of h.

    `t1` uint8 (n, 16); `proof_lo`, `proof_hi` uint8 (n, 8). `t1` is a name list to whoever has the pair's key: it
    stays in memory, and is never spooled, queued, logged or fingerprinted.
    """

    digests: Bytes

    @property
    def t1(self) -> Bytes:
        return np.ascontiguousarray(self.digests[:, :_TOKEN])

    @property
    def proof_lo(self) -> Bytes:
        return np.ascontiguousarray(self.digests[:, _TOKEN:24])

    @property
    def proof_hi(self) -> Bytes:
        return np.ascontiguousarray(self.digests[:, 24:])

    def proof(self, side: Side) -> Bytes:
        """What `side` sends with its tokens, uint8 (n, 8)."""
        return self.proof_lo if side is Side.LO else self.proof_hi


def hmac_column(values: pl.Series, *keys: HmacKey, before: str = "", width: int = _DIGEST) -> Bytes:
    """The first `width` bytes of HMAC-SHA256 of each value's UTF-8, with `before` in front of it, uint8 (n, width).

    Of several `keys` each next one hashes the hex text of the first 16 bytes that the one before gave. EncodingError for another
    type than text, or a null.
    """
    if values.dtype != pl.String or values.null_count():
        raise EncodingError(
            f"a column to hash has type {values.dtype} and {values.null_count()} nulls: "
            "it must be text (pl.String) without nulls, drop those rows first"
        )
    digests = np.empty((len(values), width), dtype=np.uint8)

    def hash_from(start: int) -> None:
        digests[start : start + _SLICE] = _hmac_slice(values.slice(start, _SLICE), before, keys, width)

    starts = range(0, len(values), _SLICE)
    with ThreadPoolExecutor(max_workers=max(1, min(len(starts), pl.thread_pool_size()))) as threads:
        deque(
            threads.map(hash_from, starts), maxlen=0
        )  # the hashing itself runs outside the interpreter's lock
    return digests


def inner_tokens(keys: pl.Series, token_key: TokenKey) -> InnerTokens:
    """t1 and both proofs of each key text (pl.String, no nulls, every row a key). KeyTextError without the text."""
    check_key_texts(keys)
    return InnerTokens(hmac_column(keys, token_key))


def tokens_of_texts(keys: pl.Series, token_key: TokenKey, outer_key: OuterKey) -> Bytes:
    """`outer_tokens` of the `t1` of each key text, which never leaves the slice that is hashed. KeyTextError without the text."""
    check_key_texts(keys)
    return hmac_column(keys, token_key, outer_key, width=_TOKEN)


def outer_tokens(t1: Bytes, outer_key: OuterKey) -> Bytes:
    """What is stored and compared: t = HMAC(Ro, hex t1)[0:16] of each row, uint8 (n, 16) from uint8 (n, 16)."""
    if t1.dtype != np.uint8 or t1.shape[1:] != (_TOKEN,):
        raise EncodingError(
            f"inner tokens have shape {t1.shape} and type {t1.dtype}: pass uint8 (n, {_TOKEN})"
        )
    return hmac_column(_hex_column(t1), outer_key, width=_TOKEN)


def evidence_codes(
    keys: pl.Series, attribute: str, values: pl.Series, evidence_key: EvidenceKey
) -> NDArray[np.uint16]:
    """The two-byte code of each value, comparable only where the key texts are equal, uint16 (n,).

    `keys` and `values` are pl.String of one length. 0 stands where the value is null (not known); a code that comes
    out as 0 is sent as 1.
    """
    if len(keys) != len(values):
        raise EncodingError(
            f"{len(values)} values stand beside {len(keys)} keys: pass one value a key, or null"
        )
    if not attribute or not attribute.isprintable():
        raise KeyTextError(
            "an attribute's name is empty or has a control character: use a name of the shipped list"
        )
    _require_text(keys)
    _require_text(values)
    known = values.is_not_null()
    pairs = pl.DataFrame({"key": keys, "value": values}).filter(known)
    joined = pairs.select(
        pl.concat_str(["key", pl.lit(attribute), "value"], separator=SEPARATOR).alias("text")
    ).to_series()
    empty = (pairs["key"] == "") | (pairs["value"] == "")
    if empty.any() or _may_be_bad(joined):
        _refuse(empty | joined.str.contains_any(_CONTROLS), known.arg_true())
    found = _words(hmac_column(joined, evidence_key, width=2), ">u2").astype(np.uint16)
    codes = np.zeros(len(values), dtype=np.uint16)
    codes[known.to_numpy()] = np.maximum(found, 1)
    return codes


def references(partnership: str, accounts: pl.Series, reference_key: ReferenceKey) -> NDArray[np.uint64]:
    """The name of each account in this partnership: ref = HMAC(hex Kref, "<p>|<account id>")[0:8], uint64 (n,).

    `accounts` are ids as pl.String, any text but the empty one.
    """
    prefix = check_id(partnership, "partnership") + "|"
    if accounts.dtype != pl.String or accounts.null_count() or (accounts == "").any():
        raise EncodingError(
            "a column of account ids is not text, or has a null or an empty id: every account has one"
        )
    return _words(hmac_column(accounts, reference_key, before=prefix, width=8), ">u8").astype(np.uint64)


def marks(partnership: str, what: str, values: pl.Series, reference_key: ReferenceKey) -> Bytes:
    """HMAC(hex Kref, "<p>|<what>|<value>")[0:16] of each value, uint8 (n, 16): a mark of something of an account that its owner knows
    again in this partnership, in every epoch. `what` is a word of the caller's; no account id looks like it.
    """
    prefix = f"{check_id(partnership, 'partnership')}|{what}|"
    return hmac_column(values, reference_key, before=prefix, width=_TOKEN)


def fits_proof(tokens: InnerTokens, received: Bytes, sender: Side) -> NDArray[np.bool_]:
    """Which rows' received proof (uint8 (n, 8)) shows that `sender` knew the same key text; bool (n,).

    An overlap is believed only where it does: the service knows neither h, and one's own proof sent back is another.
    """
    own = tokens.proof(sender)
    if received.dtype != np.uint8 or received.shape != own.shape:
        raise EncodingError(
            f"proofs have shape {received.shape} and type {received.dtype}: pass uint8 {own.shape}"
        )
    return cast("NDArray[np.bool_]", (own == received).all(axis=1))


def check_key_texts(texts: pl.Series) -> None:
    """KeyTextError unless each is text, not empty, not null, and without control characters but U+001F.

    Names the first bad row, counted from 0, and never what stands in it.
    """
    _require_text(texts)
    if _may_be_bad(texts):
        _refuse((texts == "") | texts.str.contains_any(_CONTROLS), pl.int_range(len(texts), eager=True))


def _may_be_bad(texts: pl.Series) -> bool:
    """Whether a quick look at the bytes of all finds any that a closer one, which takes four times as long, would look at."""
    if texts.null_count() or (texts.str.len_bytes() == 0).any():
        return True
    for start in range(0, len(texts), _SLICE):
        joined = texts.slice(start, _SLICE).str.join("").item()
        text = np.frombuffer(joined.encode(), dtype=np.uint8)
        if text.min() < _FIRST_GOOD or ((text == _DELETE) | (text == _BEFORE_C1)).any():
            return True
    return False


def _require_text(texts: pl.Series) -> None:
    if texts.dtype != pl.String:
        raise KeyTextError(
            f"a column of key texts or values has type {texts.dtype}: it must be text (pl.String)"
        )


def _refuse(bad: pl.Series, rows: pl.Series) -> None:
    """`rows` says which row of the caller's column each of `bad` is."""
    refused = bad.fill_null(value=True)
    if refused.any():
        raise KeyTextError(
            f"{refused.sum()} of {len(bad)} key texts or values are empty, null or have a control character, the first "
            f"in row {rows.filter(refused)[0]}: the normaliser must give none there"
        )


def _hmac_slice(values: pl.Series, before: str, keys: Sequence[HmacKey], width: int) -> Bytes:
    hexed = values.to_frame("value")
    if before:
        hexed = hexed.select(pl.format("{}{}", pl.lit(before), "value").alias("value"))
    for key, kept in zip(keys, (*[_TOKEN] * (len(keys) - 1), width), strict=True):
        digest = plh.col("value").chash.hmac_sha256(key=key.reveal())
        hexed = hexed.select(digest.str.head(2 * kept).alias("value"))
    # One unhexlify over the characters of all rows; decoding row by row in Polars costs as much as the HMAC.
    characters = (
        hexed["value"].cast(pl.Binary).bin.reinterpret(dtype=pl.Array(pl.UInt8, 2 * width)).to_numpy()
    )
    return np.frombuffer(binascii.unhexlify(characters.data), dtype=np.uint8).reshape(-1, width)


def _hex_column(rows: Bytes) -> pl.Series:
    """uint8 (n, w) as text of 2w hex characters: whole-array casts, four times faster than a list of strings."""
    width = 2 * rows.shape[1]
    characters = np.frombuffer(binascii.hexlify(np.ascontiguousarray(rows).data), dtype=np.uint8).reshape(
        -1, width
    )
    return (
        pl.Series(characters, dtype=pl.Array(pl.UInt8, width))
        .cast(pl.List(pl.UInt8))
        .cast(pl.Binary)
        .cast(pl.String)
    )


def _words(rows: Bytes, word: str) -> NDArray[np.unsignedinteger]:
    """The big-endian numbers of rows as wide as one word."""
    return cast("NDArray[np.unsignedinteger]", np.ascontiguousarray(rows).view(word)[:, 0])
