import copy
import pickle
import traceback
from typing import Any

import polars as pl
import pytest

from service.crypto import (
    EvidenceKey,
    ExchangeKey,
    HmacKey,
    IdentityKey,
    InvitationCode,
    KeyEncryptionKey,
    MemoryKeystore,
    OuterKey,
    ReferenceKey,
    SecretBytes,
    SecretName,
    TokenKey,
    rest_key,
)
from service.crypto.columns import inner_tokens
from service.crypto.errors import KeyMaterialError, SecretCopyError

SEED = bytes(range(32))
TEXT = SEED.hex()
PARTNERSHIP = "0190b000-0000-7000-8000-0000000000aa"


def _store() -> MemoryKeystore:
    store = MemoryKeystore()
    store.put_new(SecretName("ik", "service"), SecretBytes(SEED))
    return store


GUARDED: dict[str, Any] = {
    "secret bytes": SecretBytes(SEED),
    "hmac key": HmacKey(TEXT),
    "token key": TokenKey(TEXT),
    "evidence key": EvidenceKey(TEXT),
    "outer key": OuterKey(TEXT),
    "reference key": ReferenceKey(TEXT),
    "exchange key": ExchangeKey(SecretBytes(SEED)),
    "identity key": IdentityKey(SecretBytes(SEED)),
    "kek": KeyEncryptionKey("kek-1", SecretBytes(SEED)),
    "rest key": rest_key(SecretBytes(SEED), PARTNERSHIP, 1),
    "code": InvitationCode("7ZQK3M9T2VX4B8R6NDHC5YJW1E"),
    "keystore": _store(),
    "inner tokens": inner_tokens(pl.Series(["example.com"]), TokenKey(TEXT)),
}
guarded = pytest.mark.parametrize("holder", GUARDED.values(), ids=GUARDED.keys())


@guarded
def test_what_holds_a_secret_shows_only_its_class(holder: Any) -> None:
    shown = f"{holder} {holder!r} {[holder]}"
    assert f"{type(holder).__name__}(hidden)" in shown
    assert TEXT not in shown
    assert repr(SEED) not in shown
    assert not hasattr(holder, "__dict__")


@guarded
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_what_holds_a_secret_is_never_pickled(holder: Any, protocol: int) -> None:
    with pytest.raises(SecretCopyError, match="keystore"):
        pickle.dumps(holder, protocol)


@guarded
def test_what_holds_a_secret_is_never_copied(holder: Any) -> None:
    for copied in (copy.copy, copy.deepcopy):
        with pytest.raises(SecretCopyError):
            copied(holder)


def test_the_state_of_a_secret_is_not_handed_out() -> None:
    with pytest.raises(SecretCopyError):
        SecretBytes(SEED).__getstate__()


def test_pair_keys_are_guarded_too(meet: Any) -> None:
    pair, _ = meet()
    assert repr(pair) == "PairKeys(hidden)"
    with pytest.raises(SecretCopyError):
        pickle.dumps(pair)
    assert "hidden" in repr(pair.seal_key(pair.lo, pair.hi))


@pytest.mark.parametrize(
    "text", ["", "ab" * 31, "ab" * 33, "AB" * 32, "xy" * 32, "ab" * 32 + "\n", "é" * 64, "٣" * 64]
)
def test_an_hmac_key_that_is_not_64_lowercase_hex_characters_is_refused(text: str) -> None:
    for kind in (HmacKey, TokenKey, EvidenceKey, OuterKey, ReferenceKey):
        with pytest.raises(KeyMaterialError, match="64 lowercase hex") as refused:
            kind(text)
        assert text == "" or text not in str(refused.value)


@pytest.mark.parametrize("length", [0, 16, 31, 33, 64])
def test_a_secret_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(KeyMaterialError, match=f"{length} bytes"):
        SecretBytes(bytes(length))
    with pytest.raises(KeyMaterialError, match=f"{length} bytes"):
        HmacKey.of(bytes(length))


def test_secrets_compare_by_value_only_when_asked() -> None:
    assert SecretBytes(SEED).equals(SecretBytes(SEED))
    assert not SecretBytes(SEED).equals(SecretBytes(bytes(32)))
    assert SecretBytes.draw(lambda count: SEED[:count]).equals(SecretBytes(SEED))
    assert not SecretBytes.draw().equals(SecretBytes.draw())


def test_identity_and_exchange_keys_hand_their_secret_to_the_keystore() -> None:
    assert IdentityKey(SecretBytes(SEED)).seed.reveal() == SEED
    assert ExchangeKey(SecretBytes(SEED)).secret.reveal() == SEED
    assert IdentityKey.draw().public != IdentityKey.draw().public


def test_a_plan_that_holds_a_key_shows_it_neither_printed_nor_in_a_failure() -> None:
    key = TokenKey(TEXT)
    with pytest.raises(Exception, match="text") as failed:
        inner_tokens(pl.Series([1, 2]), key)
    shown = "".join(traceback.format_exception(failed.value))
    assert TEXT not in shown
