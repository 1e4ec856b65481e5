"""Laws of tokens, codes and references."""

import hmac
from functools import cache

import numpy as np
import polars as pl
from hypothesis import given, settings
from hypothesis import strategies as st

from service.crypto import (
    EvidenceKey,
    ExchangeKey,
    HmacKey,
    IdentityKey,
    Mode,
    OuterKey,
    PairKeys,
    Party,
    ReferenceKey,
    SecretBytes,
    Side,
    Statement,
    TokenKey,
    agree_pair,
    code_secret,
    outer_key,
)
from service.crypto.columns import (
    evidence_codes,
    fits_proof,
    hmac_column,
    inner_tokens,
    outer_tokens,
    references,
)

PARTNERSHIPS = [f"0190b000-0000-7000-8000-0000000000{number:02x}" for number in (1, 2)]
ORGS = [f"0190a000-0000-7000-8000-00000000000{letter}" for letter in "ab"]
SERVICE = SecretBytes(b"\x09" * 32)
KEYS = [SecretBytes(bytes([number]) * 32) for number in (1, 2)]
PARTIES = [Party(org, Mode.PRIVATE, IdentityKey(key).public) for org, key in zip(ORGS, KEYS, strict=True)]

key_texts = st.text(
    st.characters(exclude_categories=["Cc", "Cs"], include_characters="\x1f"), min_size=1, max_size=120
)
companies = st.sampled_from(["acme", "acme\x1fde", "acme ", "ACME", "trapani"]) | key_texts
hmac_texts = st.binary(min_size=32, max_size=32).map(bytes.hex)
contexts = st.tuples(
    st.sampled_from(PARTNERSHIPS),
    st.integers(1, 2),
    st.sampled_from(["name", "name_weak"]),
    st.sampled_from(["n1.psl20261022", "n2.psl20261022"]),
    st.sampled_from(["acme", "acme\x1fde", "acme "]),
)


@cache
def _pair(partnership: str, epoch: int, own: int) -> PairKeys:
    """The same exchange keys everywhere, so that only the statements tell partnerships and epochs apart."""
    exchanges = [ExchangeKey(key) for key in KEYS]
    statements = [
        Statement(partnership, epoch, PARTIES[side], PARTIES[1 - side], exchanges[side].public)
        for side in (0, 1)
    ]
    return agree_pair(exchanges[own], statements[own], statements[1 - own], code_secret(None))


def _token(context: tuple[str, int, str, str, str], own: int) -> bytes:
    partnership, epoch, kind, normaliser, text = context
    key = _pair(partnership, epoch, own).token_key(kind, normaliser)
    t1 = inner_tokens(pl.Series([text]), key).t1
    return outer_tokens(t1, outer_key(SERVICE, partnership, epoch)).tobytes()


@given(contexts, contexts)
@settings(deadline=None, max_examples=200)
def test_tokens_are_equal_exactly_when_key_kind_normaliser_epoch_and_partnership_are(
    mine: tuple[str, int, str, str, str], theirs: tuple[str, int, str, str, str]
) -> None:
    assert (_token(mine, 0) == _token(theirs, 1)) == (mine == theirs)


@given(st.lists(companies, max_size=12), st.lists(companies, max_size=12))
@settings(deadline=None)
def test_two_lists_share_as_many_tokens_as_keys(mine: list[str], theirs: list[str]) -> None:
    key, outer = TokenKey("ab" * 32), OuterKey("cd" * 32)

    def pushed(texts: list[str]) -> set[bytes]:
        t1 = inner_tokens(pl.Series(texts, dtype=pl.String), key).t1
        return {row.tobytes() for row in outer_tokens(t1, outer)}

    assert len(pushed(mine) & pushed(theirs)) == len(set(mine) & set(theirs))


@given(st.lists(key_texts, max_size=12), hmac_texts)
@settings(deadline=None)
def test_columns_are_plain_hmac_row_for_row(texts: list[str], key: str) -> None:
    def plain(text: str) -> bytes:
        return hmac.digest(key.encode("ascii"), text.encode(), "sha256")

    column = pl.Series(texts, dtype=pl.String)
    assert [row.tobytes() for row in hmac_column(column, HmacKey(key))] == [plain(text) for text in texts]
    tokens = inner_tokens(column, TokenKey(key))
    whole = np.hstack([tokens.t1, tokens.proof_lo, tokens.proof_hi])
    assert [row.tobytes() for row in whole] == [plain(text) for text in texts]
    outer = outer_tokens(tokens.t1, OuterKey(key))
    assert [row.tobytes() for row in outer] == [plain(plain(text)[:16].hex())[:16] for text in texts]
    refs = references(PARTNERSHIPS[0], column, ReferenceKey(key))
    assert refs.tolist() == [int.from_bytes(plain(f"{PARTNERSHIPS[0]}|{text}")[:8]) for text in texts]


@given(st.lists(st.tuples(key_texts, st.none() | key_texts), max_size=12), hmac_texts)
@settings(deadline=None)
def test_codes_are_plain_hmac_where_a_value_is_known(rows: list[tuple[str, str | None]], key: str) -> None:
    def plain(text: str, value: str | None) -> int:
        if value is None:
            return 0
        message = f"{text}\x1fcity\x1f{value}".encode()
        return int.from_bytes(hmac.digest(key.encode("ascii"), message, "sha256")[:2]) or 1

    keys = pl.Series([text for text, _ in rows], dtype=pl.String)
    values = pl.Series([value for _, value in rows], dtype=pl.String)
    codes = evidence_codes(keys, "city", values, EvidenceKey(key))
    assert codes.tolist() == [plain(text, value) for text, value in rows]


@given(st.lists(key_texts, min_size=10, max_size=50, unique=True))
@settings(deadline=None)
def test_one_value_under_different_keys_gives_nothing_to_count(texts: list[str]) -> None:
    """Codes of one value repeat no more than random 16-bit numbers would (fewer than 5 of 50 alike)."""
    values = pl.repeat("de", len(texts), eager=True)
    codes = evidence_codes(pl.Series(texts), "country", values, EvidenceKey("ef" * 32))
    assert np.unique(codes, return_counts=True)[1].max() < 5


@given(st.lists(key_texts, min_size=1, max_size=30, unique=True))
@settings(deadline=None)
def test_references_of_two_partnerships_do_not_join(accounts: list[str]) -> None:
    column, key = pl.Series(accounts), ReferenceKey("12" * 32)
    one, other = (set(references(partnership, column, key).tolist()) for partnership in PARTNERSHIPS)
    assert len(one) == len(other) == len(accounts)
    assert not one & other


@given(st.lists(key_texts, min_size=1, max_size=12), st.data())
@settings(deadline=None)
def test_a_proof_fits_exactly_where_both_sides_hold_one_key(texts: list[str], data: st.DataObject) -> None:
    theirs = [data.draw(st.sampled_from([text, text + "x"])) for text in texts]
    key = TokenKey("34" * 32)
    mine, sent = inner_tokens(pl.Series(texts), key), inner_tokens(pl.Series(theirs), key)
    for sender in Side:
        fits = fits_proof(mine, sent.proof(sender), sender)
        assert fits.tolist() == [text == their for text, their in zip(texts, theirs, strict=True)]
