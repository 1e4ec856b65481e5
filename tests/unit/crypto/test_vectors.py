"""Every value of the known-answer vectors, from both sides."""

import hashlib
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from service.crypto import (
    EpochBook,
    EvidenceKey,
    ExchangeKey,
    FieldPlace,
    IdentityKey,
    InvitationCode,
    KeyEncryptionKey,
    Mode,
    PairKeys,
    Party,
    Pins,
    ReferenceKey,
    SecretBytes,
    SecretName,
    Side,
    SignedStatement,
    Statement,
    agree_pair,
    code_secret,
    line,
    outer_key,
    parse_statement,
    read_reference,
    reference_text,
    rest_key,
    safety_number,
    sign_statement,
)
from service.crypto.columns import (
    evidence_codes,
    fits_proof,
    hmac_column,
    inner_tokens,
    outer_tokens,
    references,
)
from service.crypto.identity import safety_half
from service.crypto.outer import _derive
from service.crypto.pair import statement_context
from service.crypto.record import RecordKey
from service.crypto.sealing import pad

Vector = dict[str, Any]
NORMALISER = "n1.psl20261022"


def secret(text: str) -> SecretBytes:
    return SecretBytes(bytes.fromhex(text))


def party(side: Vector) -> Party:
    return Party(side["org"], Mode(side["mode"]), bytes.fromhex(side["IK"]))


def code_of(vector: Vector) -> SecretBytes:
    return code_secret(InvitationCode(vector["code"]) if vector["code"] else None)


def statement_of(vector: Vector, own: str) -> Statement:
    other = "hi" if own == "lo" else "lo"
    return Statement(
        vector["partnership"],
        vector["epoch"],
        party(vector[own]),
        party(vector[other]),
        bytes.fromhex(vector[own]["X"]),
    )


def pair_of(vector: Vector, own: str) -> PairKeys:
    other = "hi" if own == "lo" else "lo"
    key = ExchangeKey(secret(vector[own]["x"]))
    return agree_pair(key, statement_of(vector, own), statement_of(vector, other), code_of(vector))


@pytest.mark.parametrize("own", ["lo", "hi"])
def test_keys_statement_and_signature_of_each_side(vector: Vector, own: str) -> None:
    side = vector[own]
    identity = IdentityKey(secret(side["ik_seed"]))
    assert identity.public.hex() == side["IK"]
    assert ExchangeKey(secret(side["x"])).public.hex() == side["X"]
    signed = sign_statement(statement_of(vector, own), identity)
    assert signed.text.decode("ascii") == side["statement"]
    assert signed.signature.hex() == side["signature"]
    assert parse_statement(signed.text) == statement_of(vector, own)


@pytest.mark.parametrize("own", ["lo", "hi"])
def test_each_side_accepts_both_statements(vector: Vector, own: str) -> None:
    other = "hi" if own == "lo" else "lo"
    pins = Pins(vector["partnership"], party(vector[own]), party(vector[other]))
    book = EpochBook(pins, highest=vector["epoch"] - 1)
    for side in (vector[own], vector[other]):
        signed = SignedStatement(side["statement"].encode("ascii"), bytes.fromhex(side["signature"]))
        book = book.accept(signed)
    assert book.both() == (statement_of(vector, own), statement_of(vector, other))
    assert book.highest == vector["epoch"]


def test_safety_numbers(vector: Vector) -> None:
    lo, hi = party(vector["lo"]), party(vector["hi"])
    assert (safety_half(lo), safety_half(hi)) == (vector["lo"]["safety_half"], vector["hi"]["safety_half"])
    assert safety_number(lo, hi) == safety_number(hi, lo) == vector["safety_number"]


@pytest.mark.parametrize("own", ["lo", "hi"])
def test_both_sides_derive_the_same_secret_and_context(vector: Vector, own: str) -> None:
    other = "hi" if own == "lo" else "lo"
    shared = ExchangeKey(secret(vector[own]["x"])).agree(bytes.fromhex(vector[other]["X"]))
    assert shared.reveal().hex() == vector["S"]
    assert code_of(vector).reveal().hex() == vector["C"]
    context = statement_context(statement_of(vector, "lo"), statement_of(vector, "hi"))
    assert context.hex() == vector["ctx"]


@pytest.mark.parametrize("own", ["lo", "hi"])
def test_confirmations(vector: Vector, own: str) -> None:
    pair = pair_of(vector, own)
    for side in ("lo", "hi"):
        expected = bytes.fromhex(vector[side]["confirm"])
        assert pair.confirmation(vector[side]["org"]) == expected
        pair.check_confirmation(vector[side]["org"], expected)


@pytest.mark.parametrize("own", ["lo", "hi"])
def test_tokens_and_proofs(vector: Vector, own: str) -> None:
    token = vector["token"]
    assert line("token", token["kind"], NORMALISER).decode("ascii") == token["info"]
    assert token["key"].encode().hex() == token["key_utf8"]
    key = pair_of(vector, own).token_key(token["kind"], NORMALISER)
    assert key.reveal() == token["K"]
    texts = pl.Series([token["key"]])
    assert hmac_column(texts, key).tobytes().hex() == token["h"]
    tokens = inner_tokens(texts, key)
    assert tokens.t1.tobytes().hex() == token["t1"]
    assert tokens.proof(Side.LO).tobytes().hex() == token["proof_lo"]
    assert tokens.proof(Side.HI).tobytes().hex() == token["proof_hi"]
    assert fits_proof(tokens, tokens.proof_hi, Side.HI).all()
    outer = outer_key(secret(token["R"]), vector["partnership"], vector["epoch"])
    assert outer.reveal() == token["Ro"]
    assert outer_tokens(tokens.t1, outer).tobytes().hex() == token["t"]


@pytest.mark.parametrize("own", ["lo", "hi"])
def test_evidence_codes(vector: Vector, own: str) -> None:
    for evidence in vector["evidence"]:
        key = pair_of(vector, own).evidence_key(vector["token"]["kind"], NORMALISER)
        assert key.reveal() == evidence["Ke"]
        values = pl.Series([evidence["value"]])
        codes = evidence_codes(pl.Series([vector["token"]["key"]]), evidence["attribute"], values, key)
        assert f"{codes[0]:04x}" == evidence["code"]


def test_references(vector: Vector) -> None:
    expected = vector["reference"]
    key = ReferenceKey(expected["Kref"])
    refs = references(vector["partnership"], pl.Series([expected["account"]]), key)
    assert reference_text(int(refs[0])) == expected["ref"]
    assert read_reference(expected["ref"]) == refs[0]


@pytest.mark.parametrize("own", ["lo", "hi"])
def test_sealed_fields(vector: Vector, own: str) -> None:
    sealed = vector["sealed"]
    pair = pair_of(vector, own)
    assert pair._derive("seal", sealed["src"], sealed["dst"]).hex() == sealed["key"]
    key = pair.seal_key(sealed["src"], sealed["dst"])
    place = FieldPlace(read_reference(vector["reference"]["ref"]), sealed["field"], sealed["rev"])
    nonce = bytes.fromhex(sealed["nonce"])
    record = bytes.fromhex(sealed["record"])
    assert key.seal(sealed["value"], place, lambda _: nonce) == record
    assert key.unseal(record, place, seen=sealed["rev"]) == sealed["value"]
    opened = RecordKey(secret(sealed["key"])).open(record, sealed["aad"].encode("ascii"))
    assert opened == pad(sealed["value"])


def test_wrapping_and_rest_keys(vector: Vector) -> None:
    wrapped = vector["wrapped"]
    outer_secret = secret(vector["token"]["R"])
    kek = KeyEncryptionKey(wrapped["kek_id"], secret(wrapped["kek"]))
    name = SecretName(wrapped["what"], wrapped["owner"], vector["partnership"], vector["epoch"])
    nonce = bytes.fromhex(wrapped["nonce"])
    record = bytes.fromhex(wrapped["record"])
    assert kek.wrap(outer_secret, name, lambda _: nonce) == record
    assert kek.unwrap(record, name).equals(outer_secret)
    info = line("rest", vector["partnership"], vector["epoch"])
    assert _derive(outer_secret, info).hex() == wrapped["Rr"]
    sealed = rest_key(outer_secret, vector["partnership"], vector["epoch"]).close(b"x", b"y")
    assert RecordKey(secret(wrapped["Rr"])).open(sealed, b"y") == b"x"


def test_the_code_of_a_key_that_comes_out_as_zero_is_sent_as_one() -> None:
    key = EvidenceKey("ab" * 32)
    keys = pl.Series([f"company{i}.example" for i in range(1 << 18)])
    values = pl.repeat("de", len(keys), eager=True)
    joined = keys + "\x1fcountry\x1fde"
    plain = hmac_column(joined, key)[:, :2]
    zero = (plain == 0).all(axis=1)
    codes = evidence_codes(keys, "country", values, key)
    assert zero.any()
    assert (codes[zero] == 1).all()
    assert (codes != 0).all()


def test_the_vectors_are_the_published_ones_byte_for_byte() -> None:
    published = Path(__file__).parents[2] / "vectors" / "commonground-1.json"
    assert hashlib.sha256(published.read_bytes()).hexdigest() == (
        "ac1eb76b68a2d99f9a6e0e269c98b9be3c152599bf2696ef1c333a0118a7fcde"
    )
