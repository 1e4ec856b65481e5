"""What the vectors say must be refused; KEY-8."""

from typing import Any

import pytest

from service.crypto import (
    EpochBook,
    ExchangeKey,
    FieldPlace,
    Mode,
    Party,
    Pins,
    SecretBytes,
    SignedStatement,
    Statement,
    read_reference,
)
from service.crypto.errors import ExchangeKeyError, RecordError, SignatureError
from service.crypto.exchange import _nonzero, _product, check_public
from service.crypto.record import RecordKey
from service.crypto.sealing import SealKey

Vector = dict[str, Any]


def _party(side: Vector) -> Party:
    return Party(side["org"], Mode(side["mode"]), bytes.fromhex(side["IK"]))


def test_all_seven_low_order_points_are_refused_everywhere(document: Vector) -> None:
    points = [bytes.fromhex(text) for text in document["refuse"]["x25519_public"]]
    assert len(set(points)) == 7
    vector = document["vectors"][0]
    for point in points:
        with pytest.raises(ExchangeKeyError, match="low order"):
            ExchangeKey.draw().agree(point)
        with pytest.raises(ExchangeKeyError):
            Statement(vector["partnership"], 1, _party(vector["lo"]), _party(vector["hi"]), point)


def test_the_second_line_refuses_low_order_points_too(document: Vector) -> None:
    key = ExchangeKey.draw()
    for text in document["refuse"]["x25519_public"]:
        with pytest.raises(ExchangeKeyError):
            _product(key._key, bytes.fromhex(text))
    with pytest.raises(ExchangeKeyError):
        _nonzero(bytes(32))


@pytest.mark.parametrize("offset", [0, 1, 2, 18, (1 << 255) + 18])
def test_keys_of_the_prime_or_more_are_refused(offset: int) -> None:
    with pytest.raises(ExchangeKeyError):
        check_public((2**255 - 19 + offset).to_bytes(32, "little"))


def test_a_key_just_below_the_bound_is_accepted() -> None:
    check_public((2**255 - 21).to_bytes(32, "little"))


def test_sealed_records_of_the_refusals_do_not_open(document: Vector) -> None:
    vectors = {vector["number"]: vector for vector in document["vectors"]}
    for refusal in document["refuse"]["sealed"]:
        sealed = vectors[refusal["vector"]]["sealed"]
        key = RecordKey(SecretBytes(bytes.fromhex(refusal.get("key", sealed["key"]))))
        with pytest.raises(RecordError):
            key.open(bytes.fromhex(sealed["record"]), refusal.get("aad", sealed["aad"]).encode("ascii"))


def test_the_refused_bindings_are_what_a_moved_or_repeated_record_would_have(document: Vector) -> None:
    vector = document["vectors"][0]
    sealed = vector["sealed"]
    src, dst = sealed["src"], sealed["dst"]
    key = SealKey(
        SecretBytes(bytes.fromhex(sealed["key"])),
        vector["partnership"],
        vector["epoch"],
        from_org=src,
        to_org=dst,
    )
    ref = read_reference(vector["reference"]["ref"])
    bindings = {
        key._bound_to(FieldPlace(ref, *place)).decode("ascii") for place in (("owner", 1), ("industry", 2))
    }
    assert bindings == {refusal["aad"] for refusal in document["refuse"]["sealed"] if "aad" in refusal}


def test_the_statement_of_the_refusals_is_not_believed(document: Vector) -> None:
    vectors = {vector["number"]: vector for vector in document["vectors"]}
    for refusal in document["refuse"]["statement"]:
        vector = vectors[refusal["vector"]]
        pins = Pins(vector["partnership"], _party(vector["hi"]), _party(vector["lo"]))
        signed = SignedStatement(refusal["statement"].encode("ascii"), bytes.fromhex(refusal["signature"]))
        with pytest.raises(SignatureError, match="safety numbers"):
            EpochBook(pins, highest=1).accept(signed)
