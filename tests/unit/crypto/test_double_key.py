"""KEY-9 and KEY-13: what a thief of the stored tokens can test, with one key, the other, or both.

Two private organizations, simulated. The thief knows the protocol, both statements and a dictionary of ten thousand
companies, a thousand of which are in the list.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from service.crypto import (
    FileKeystore,
    HmacKey,
    OuterKey,
    PairKeys,
    RestPlace,
    SecretBytes,
    SecretName,
    Side,
    TokenKey,
    load_or_create_kek,
    outer_key,
    rest_key,
)
from service.crypto.columns import hmac_column, inner_tokens, outer_tokens
from service.crypto.errors import RecordError, SecretMissingError
from tests.unit.crypto.support import HI, PARTNERSHIP, Meet

DICTIONARY = pl.Series([f"company{number}.example" for number in range(10_000)])
LISTED = DICTIONARY.gather_every(10)
KIND, NORMALISER = "domain", "n1.psl20261022"
NAME = SecretName("service-secret", "service", PARTNERSHIP, 1)
PLACE = RestPlace(org=HI, kind=KIND, segment=0, column="proof")
Bytes = NDArray[np.uint8]


@dataclass
class Stored:
    """What the service keeps of `hi`'s list after a push: the database, and the keystore beside it."""

    tokens: set[bytes]
    sealed_proofs: bytes
    keystore: FileKeystore
    folder: Path


@pytest.fixture
def pairs(meet: Meet) -> tuple[PairKeys, PairKeys]:
    return meet()


@pytest.fixture
def stored(pairs: tuple[PairKeys, PairKeys], tmp_path: Path) -> Stored:
    _, hi_pair = pairs
    keystore = FileKeystore(tmp_path / "keystore", load_or_create_kek(tmp_path / "kek"))
    secret = keystore.get_or_create(NAME)
    pushed = inner_tokens(LISTED, hi_pair.token_key(KIND, NORMALISER))
    tokens = outer_tokens(pushed.t1, outer_key(secret, PARTNERSHIP, 1))
    proofs = rest_key(secret, PARTNERSHIP, 1).store(pushed.proof(Side.HI).tobytes(), PLACE)
    return Stored(_rows(tokens), proofs, keystore, tmp_path)


def _rows(tokens: Bytes) -> set[bytes]:
    return {row.tobytes() for row in tokens}


def _hits(stored: Stored, guesses: Iterator[Bytes]) -> int:
    return len(stored.tokens & set().union(*(_rows(guess) for guess in guesses)))


def _inner_guesses(key: TokenKey) -> Iterator[Bytes]:
    digests = hmac_column(DICTIONARY, key)
    yield from (np.ascontiguousarray(digests[:, start : start + 16]) for start in (0, 8, 16))


def _with_pair_key(pair: PairKeys) -> Iterator[Bytes]:
    """t1 of the dictionary as it is, and under every outer key that can be had without `R`."""
    key = pair.token_key(KIND, NORMALISER)
    for inner in _inner_guesses(key):
        yield inner
        for outer in (OuterKey(key.reveal()), outer_key(SecretBytes(bytes(32)), PARTNERSHIP, 1)):
            yield outer_tokens(inner, outer)


def _with_service_secret(secret: SecretBytes) -> Iterator[Bytes]:
    """The outer hash over every inner hash that can be had without a pair key."""
    outer = outer_key(secret, PARTNERSHIP, 1)
    yield hmac_column(DICTIONARY, outer)[:, :16]
    for key in (HmacKey("0" * 64), HmacKey(outer.reveal()), HmacKey(secret.reveal().hex())):
        yield outer_tokens(np.ascontiguousarray(hmac_column(DICTIONARY, key)[:, :16]), outer)


def _with_both(pair: PairKeys, secret: SecretBytes) -> Iterator[Bytes]:
    t1 = inner_tokens(DICTIONARY, pair.token_key(KIND, NORMALISER)).t1
    yield outer_tokens(t1, outer_key(secret, PARTNERSHIP, 1))


def test_stored_tokens_and_the_pair_key_invert_nothing(
    stored: Stored, pairs: tuple[PairKeys, PairKeys]
) -> None:
    for pair in pairs:
        assert _hits(stored, _with_pair_key(pair)) == 0


def test_stored_tokens_and_the_service_secret_invert_nothing(stored: Stored) -> None:
    assert _hits(stored, _with_service_secret(stored.keystore.get(NAME))) == 0


def test_both_together_invert_all_and_only_what_is_listed(
    stored: Stored, pairs: tuple[PairKeys, PairKeys]
) -> None:
    for pair in pairs:
        assert _hits(stored, _with_both(pair, stored.keystore.get(NAME))) == len(LISTED) == 1000


@pytest.mark.parametrize("how", [_with_pair_key, lambda pair: _with_both(pair, SecretBytes.draw())])
def test_once_the_service_secret_is_deleted_nothing_left_inverts_a_token(
    stored: Stored, pairs: tuple[PairKeys, PairKeys], how: Callable[[PairKeys], Iterator[Bytes]]
) -> None:
    stored.keystore.delete_epoch(PARTNERSHIP, 1)
    restored = FileKeystore(stored.folder / "keystore", load_or_create_kek(stored.folder / "kek"))
    with pytest.raises(SecretMissingError):
        restored.get(NAME)
    for pair in pairs:
        assert _hits(stored, how(pair)) == 0


def test_proofs_are_no_second_way_in_without_the_service_secret(
    stored: Stored, pairs: tuple[PairKeys, PairKeys]
) -> None:
    secret = stored.keystore.get(NAME)
    opened = rest_key(secret, PARTNERSHIP, 1).load(stored.sealed_proofs, PLACE)
    guessed = _rows(inner_tokens(DICTIONARY, pairs[0].token_key(KIND, NORMALISER)).proof_hi)
    in_the_open = {opened[start : start + 8] for start in range(0, len(opened), 8)}
    assert in_the_open <= guessed, "the control: unsealed, proofs would tell the pair key's thief every name"
    assert not any(guess in stored.sealed_proofs for guess in guessed)
    stored.keystore.delete(NAME)
    with pytest.raises(RecordError):
        rest_key(stored.keystore.get_or_create(NAME), PARTNERSHIP, 1).load(stored.sealed_proofs, PLACE)
