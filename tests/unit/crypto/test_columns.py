"""Columns against `hmac` of the standard library, and what they refuse; KEY-14 as far as proofs go."""

import hashlib
import hmac
from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl
import pytest

from service.crypto import EvidenceKey, OuterKey, ReferenceKey, Side, TokenKey
from service.crypto.columns import (
    _SLICE,
    check_key_texts,
    evidence_codes,
    fits_proof,
    hmac_column,
    inner_tokens,
    outer_tokens,
    references,
    tokens_of_texts,
)
from service.crypto.errors import EncodingError, KeyTextError

HEX = hashlib.sha256(b"a test key").hexdigest()
PARTNERSHIP = "0190b000-0000-7000-8000-0000000000aa"
TEXTS = ["example.com", "toyota\x1fjp", "トヨタ自動車", "x" * 64, "y" * 500, " ", "a|b"]
KEYS = pl.Series("keys", TEXTS)


def plain(text: str) -> bytes:
    return hmac.digest(HEX.encode("ascii"), text.encode(), "sha256")


def test_a_column_is_hashed_as_each_of_its_values() -> None:
    digests = hmac_column(KEYS, TokenKey(HEX))
    assert (digests.shape, digests.dtype) == ((7, 32), np.uint8)
    assert [row.tobytes() for row in digests] == [plain(text) for text in TEXTS]


def test_a_column_longer_than_a_slice_keeps_its_order() -> None:
    texts = pl.Series([f"company{i}.example" for i in range(2 * _SLICE + 3)])
    digests = hmac_column(texts, TokenKey(HEX))
    for row in (0, _SLICE - 1, _SLICE, 2 * _SLICE, 2 * _SLICE + 2):
        assert digests[row].tobytes() == plain(texts[row])
    shuffled = texts.sample(fraction=1.0, shuffle=True, seed=1)
    sliced = shuffled.slice(5, _SLICE + 9)
    assert hmac_column(sliced, TokenKey(HEX))[_SLICE + 8].tobytes() == plain(sliced[-1])


def test_a_column_in_several_chunks_is_one_column() -> None:
    chunked = pl.concat([KEYS, KEYS], rechunk=False)
    assert chunked.n_chunks() == 2
    digests = hmac_column(chunked, TokenKey(HEX))
    assert np.array_equal(digests[:7], digests[7:])


def test_an_empty_column_gives_empty_arrays_of_the_same_shape() -> None:
    empty = pl.Series([], dtype=pl.String)
    tokens = inner_tokens(empty, TokenKey(HEX))
    assert (tokens.t1.shape, tokens.proof_lo.shape, tokens.proof_hi.shape) == ((0, 16), (0, 8), (0, 8))
    assert outer_tokens(tokens.t1, OuterKey(HEX)).shape == (0, 16)
    assert evidence_codes(empty, "country", empty, EvidenceKey(HEX)).shape == (0,)
    assert references(PARTNERSHIP, empty, ReferenceKey(HEX)).shape == (0,)
    assert fits_proof(tokens, tokens.proof_lo, Side.LO).shape == (0,)


def test_inner_tokens_are_the_three_parts_of_one_digest() -> None:
    tokens = inner_tokens(KEYS, TokenKey(HEX))
    parts = zip(tokens.t1, tokens.proof(Side.LO), tokens.proof(Side.HI), strict=True)
    assert [b"".join(part.tobytes() for part in row) for row in parts] == [plain(text) for text in TEXTS]
    assert tokens.t1.flags.c_contiguous


def test_outer_tokens_hash_the_hex_of_the_inner_ones() -> None:
    t1 = inner_tokens(KEYS, TokenKey(HEX)).t1
    outer = outer_tokens(t1, OuterKey(HEX))
    assert (outer.shape, outer.dtype) == ((7, 16), np.uint8)
    assert [row.tobytes() for row in outer] == [plain(row.tobytes().hex())[:16] for row in t1]
    assert np.array_equal(outer_tokens(t1[::-1], OuterKey(HEX)), outer[::-1])


def test_tokens_of_texts_are_the_outer_tokens_of_their_inner_ones_in_every_slice() -> None:
    texts, outer = pl.Series([f"{n}.example" for n in range(_SLICE + 3)]), OuterKey(HEX[::-1])
    expected = outer_tokens(inner_tokens(texts, TokenKey(HEX)).t1, outer)
    assert np.array_equal(tokens_of_texts(texts, TokenKey(HEX), outer), expected)


def test_tokens_that_end_in_zero_bytes_keep_them() -> None:
    t1 = np.zeros((2, 16), dtype=np.uint8)
    t1[1, 0] = 7
    outer = outer_tokens(t1, OuterKey(HEX))
    assert [row.tobytes() for row in outer] == [plain("00" * 16)[:16], plain("07" + "00" * 15)[:16]]


@pytest.mark.parametrize(
    "t1",
    [
        np.zeros((3, 32), np.uint8),
        np.zeros(16, np.uint8),
        np.zeros((3, 16), np.int8),
        np.zeros((3, 2), ">u8"),
    ],
)
def test_inner_tokens_of_another_shape_are_refused(t1: Any) -> None:
    with pytest.raises(EncodingError, match="pass uint8"):
        outer_tokens(t1, OuterKey(HEX))


def test_evidence_codes_stand_where_a_value_is_known() -> None:
    values = pl.Series(["de", None, "de", "fr", None, "scheme\x1fid", "münchen"])
    codes = evidence_codes(KEYS, "country", values, EvidenceKey(HEX))
    assert (codes.shape, codes.dtype) == ((7,), np.uint16)
    expected = [
        0 if value is None else int.from_bytes(plain(f"{key}\x1fcountry\x1f{value}")[:2])
        for key, value in zip(TEXTS, values, strict=True)
    ]
    assert codes.tolist() == expected
    assert codes[0] != codes[2]


def test_evidence_of_another_attribute_or_length_is_another() -> None:
    values = pl.Series(["de"] * 7)
    country, city = (evidence_codes(KEYS, name, values, EvidenceKey(HEX)) for name in ("country", "city"))
    assert (country != city).all()
    with pytest.raises(EncodingError, match="6 values stand beside 7 keys"):
        evidence_codes(KEYS, "city", values[:6], EvidenceKey(HEX))


@pytest.mark.parametrize("attribute", ["", "a\x1fb", "a\n"])
def test_an_attribute_that_could_be_read_as_two_is_refused(attribute: str) -> None:
    with pytest.raises(KeyTextError, match="attribute"):
        evidence_codes(KEYS, attribute, KEYS, EvidenceKey(HEX))


def test_references_name_an_account_in_one_partnership_only() -> None:
    accounts = pl.Series(["A|7", "42", "42", "ключ"])
    refs = references(PARTNERSHIP, accounts, ReferenceKey(HEX))
    assert refs.dtype == np.uint64
    assert refs.tolist() == [int.from_bytes(plain(f"{PARTNERSHIP}|{text}")[:8]) for text in accounts]
    other = references(PARTNERSHIP[:-1] + "b", accounts, ReferenceKey(HEX))
    assert not set(refs.tolist()) & set(other.tolist())


@pytest.mark.parametrize("accounts", [pl.Series(["a", ""]), pl.Series(["a", None]), pl.Series([1, 2])])
def test_accounts_without_an_id_have_no_reference(accounts: pl.Series) -> None:
    with pytest.raises(EncodingError, match="account"):
        references(PARTNERSHIP, accounts, ReferenceKey(HEX))


def test_a_reference_needs_a_partnership_in_the_right_form() -> None:
    with pytest.raises(EncodingError):
        references(PARTNERSHIP.upper(), pl.Series(["a"]), ReferenceKey(HEX))


Hashing = Callable[[pl.Series], Any]
HASHING: dict[str, Hashing] = {
    "tokens": lambda texts: inner_tokens(texts, TokenKey(HEX)),
    "tokens at once": lambda texts: tokens_of_texts(texts, TokenKey(HEX), OuterKey(HEX)),
    "keys of evidence": lambda texts: evidence_codes(texts, "city", pl.Series(["ulm"] * 3), EvidenceKey(HEX)),
    "values of evidence": lambda texts: evidence_codes(
        KEYS[:3], "city", texts.fill_null(""), EvidenceKey(HEX)
    ),
    "the check alone": check_key_texts,
}


@pytest.mark.parametrize("hashing", HASHING.values(), ids=HASHING.keys())
@pytest.mark.parametrize(
    "bad", ["", None, "geheim\x00", "geheim\n", "ge\x1eheim", "\x7fgeheim", "geheim\x85"]
)
def test_a_bad_key_text_is_named_by_its_row_and_never_printed(hashing: Hashing, bad: str | None) -> None:
    with pytest.raises(KeyTextError, match=r"1 of 3 .* in row 1:") as refused:
        hashing(pl.Series(["gut", bad, "gut"]))
    assert "geheim" not in f"{refused.value}{refused.value.__cause__}{refused.value.__context__}"


def test_the_row_of_a_bad_value_counts_the_unknown_ones() -> None:
    with pytest.raises(KeyTextError, match=r"in row 2:"):
        evidence_codes(KEYS[:3], "city", pl.Series([None, "ulm", "a\tb"]), EvidenceKey(HEX))


def test_the_separator_of_a_composite_key_is_no_bad_text() -> None:
    check_key_texts(pl.Series(["a\x1fb", "é", "\U0001d518", "a\u200bb", "\u00a0"]))


@pytest.mark.parametrize("keys", [pl.Series([1]), pl.Series([b"a"]), pl.Series([None])])
def test_a_column_that_is_not_text_is_refused(keys: pl.Series) -> None:
    text = pl.Series(["a"])
    for refused in (
        lambda: inner_tokens(keys, TokenKey(HEX)),
        lambda: evidence_codes(keys, "city", text, EvidenceKey(HEX)),
        lambda: evidence_codes(text, "city", keys, EvidenceKey(HEX)),
        lambda: hmac_column(keys, TokenKey(HEX)),
    ):
        with pytest.raises(EncodingError, match=r"pl\.String"):
            refused()


def test_nulls_are_not_hashed_silently() -> None:
    with pytest.raises(EncodingError, match="1 nulls"):
        hmac_column(pl.Series(["a", None]), TokenKey(HEX))


def test_forged_and_reflected_proofs_do_not_fit() -> None:
    tokens = inner_tokens(KEYS, TokenKey(HEX))
    assert fits_proof(tokens, tokens.proof_hi, Side.HI).all()
    assert not fits_proof(tokens, tokens.proof_lo, Side.HI).any()
    forged = np.random.default_rng(1).integers(0, 256, (7, 8), dtype=np.uint8)
    assert not fits_proof(tokens, forged, Side.HI).any()
    assert not fits_proof(tokens, np.zeros((7, 8), np.uint8), Side.HI).any()


def test_a_proof_fits_only_its_own_row() -> None:
    tokens = inner_tokens(KEYS, TokenKey(HEX))
    received = tokens.proof_hi.copy()
    received[[2, 3]] = received[[3, 2]]
    received[5, 7] ^= 1
    assert fits_proof(tokens, received, Side.HI).tolist() == [True, True, False, False, True, False, True]


def test_proofs_of_another_shape_are_refused() -> None:
    tokens = inner_tokens(KEYS, TokenKey(HEX))
    for received in (tokens.proof_hi[:6], tokens.t1, tokens.proof_hi.astype(np.uint16)):
        with pytest.raises(EncodingError, match="pass uint8"):
            fits_proof(tokens, received, Side.HI)
