"""One company in three partnerships of three organizations: no token, code or reference of one is any other's."""

from itertools import combinations

import polars as pl

from service.crypto import (
    ExchangeKey,
    PairKeys,
    ReferenceKey,
    SecretBytes,
    Statement,
    agree_pair,
    code_secret,
    outer_key,
)
from service.crypto.columns import evidence_codes, inner_tokens, outer_tokens, references
from tests.unit.crypto.support import Organization, organization

A, B, C = (
    organization(f"0190a000-0000-7000-8000-00000000000{letter}", seed) for seed, letter in enumerate("abc", 1)
)
PARTNERSHIPS = {
    pair: f"0190b000-0000-7000-8000-0000000000a{number}" for number, pair in enumerate(combinations("ABC", 2))
}
SIDES = {"A": A, "B": B, "C": C}
EXCHANGES = {name: ExchangeKey(SecretBytes(bytes([7 + number]) * 32)) for number, name in enumerate("ABC")}
SECRET = SecretBytes(b"\x05" * 32)
DOMAIN = "orchidbakery.com"


def agreed(one: str, other: str, epoch: int) -> PairKeys:
    """With one exchange key an organization everywhere, and one secret of the service: only the context differs."""

    def says(own: Organization, partner: Organization, key: ExchangeKey) -> Statement:
        return Statement(PARTNERSHIPS[one, other], epoch, own.party, partner.party, key.public)

    mine = says(SIDES[one], SIDES[other], EXCHANGES[one])
    theirs = says(SIDES[other], SIDES[one], EXCHANGES[other])
    return agree_pair(EXCHANGES[one], mine, theirs, code_secret(None))


def token(pair: tuple[str, str], epoch: int, kind: str) -> bytes:
    t1 = inner_tokens(pl.Series([DOMAIN]), agreed(*pair, epoch).token_key(kind, "n1")).t1
    return outer_tokens(t1, outer_key(SECRET, PARTNERSHIPS[pair], epoch)).tobytes()


def test_tokens_of_pairs_kinds_and_epochs_are_all_different() -> None:
    tokens = [
        token(pair, epoch, kind)
        for pair in PARTNERSHIPS
        for epoch in (1, 2)
        for kind in ("domain", "name", "registry_id")
    ]
    assert len(tokens) == len(set(tokens)) == 18


def test_outer_keys_alone_keep_pairs_and_epochs_apart() -> None:
    """Even where two partnerships had one inner token, by whatever mistake, the stored ones don't join."""
    t1 = inner_tokens(pl.Series([DOMAIN]), agreed("A", "B", 1).token_key("domain", "n1")).t1
    stored = {
        outer_tokens(t1, outer_key(SECRET, partnership, epoch)).tobytes()
        for partnership in PARTNERSHIPS.values()
        for epoch in (1, 2)
    }
    assert len(stored) == 6


def test_evidence_and_references_of_pairs_do_not_join() -> None:
    values = {"country": pl.Series(["fr"] * 200)}
    texts = pl.Series([f"orchid{number}.com" for number in range(200)])
    codes = {
        pair: evidence_codes(
            texts, "country", values["country"], agreed(*pair, 1).evidence_key("domain", "n1")
        ).tobytes()
        for pair in PARTNERSHIPS
    }
    assert len(set(codes.values())) == 3
    key = ReferenceKey.of(b"\x09" * 32)
    account = pl.Series(["0190c000-0000-7000-8000-000000000001"])
    named = {int(references(partnership, account, key)[0]) for partnership in PARTNERSHIPS.values()}
    assert len(named) == 3
