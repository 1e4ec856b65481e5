from dataclasses import replace

import pytest

from service.crypto import (
    FieldPlace,
    RestKey,
    RestPlace,
    SealKey,
    SecretBytes,
    outer_key,
    read_reference,
    reference_text,
    rest_key,
)
from service.crypto.errors import EncodingError, RecordError, RecordVersionError, StaleRevisionError
from service.crypto.sealing import pad, unpad

PARTNERSHIP = "0190b000-0000-7000-8000-0000000000aa"
LO = "0190a000-0000-7000-8000-00000000000a"
HI = "0190a000-0000-7000-8000-00000000000b"
SECRET = SecretBytes(bytes(range(32)))
PLACE = FieldPlace(reference=0x2EB90F808A158CEC, field="industry", revision=4)
REST = RestPlace(org=LO, kind="domain", segment=7, column="proof")


def _key(partnership: str = PARTNERSHIP, epoch: int = 1, from_org: str = LO, to_org: str = HI) -> SealKey:
    return SealKey(SECRET, partnership, epoch, from_org=from_org, to_org=to_org)


@pytest.mark.parametrize(
    ("length", "padded"),
    [(0, 32), (31, 32), (32, 64), (63, 64), (64, 128), (200, 256), (2048, 4096), (4095, 4096)],
)
def test_a_field_is_padded_to_a_power_of_two(length: int, padded: int) -> None:
    assert len(pad("x" * length)) == padded
    assert unpad(pad("x" * length)) == "x" * length


@pytest.mark.parametrize("value", ["x" * 4096, "ü" * 2048])
def test_a_field_that_is_too_long_is_refused_and_not_cut(value: str) -> None:
    with pytest.raises(EncodingError, match="4096 bytes"):
        pad(value)


@pytest.mark.parametrize(
    "padded",
    [
        b"",
        bytes(32),
        b"a\x80".ljust(33, b"\0"),
        b"a\x80".ljust(64, b"\0"),
        b"a\x80".ljust(31, b"\0") + b"b",
        b"\xff\x80".ljust(32, b"\0"),
        b"\x80".rjust(4097, b"a"),
    ],
)
def test_wrongly_padded_text_is_refused(padded: bytes) -> None:
    with pytest.raises(RecordError, match="padded"):
        unpad(padded)


def test_a_text_that_ends_like_padding_comes_back_whole() -> None:
    for value in ("À", "\x80", "a\x80\x00", "\x00", ""):
        assert unpad(pad(value)) == value


@pytest.mark.parametrize(
    "moved",
    [
        {"reference": 0x2EB90F808A158CED},
        {"field": "owner"},
        {"revision": 5},
    ],
)
def test_a_record_opens_only_where_it_was_sealed(moved: dict[str, int | str]) -> None:
    record = _key().seal("Banking", PLACE)
    assert _key().unseal(record, PLACE) == "Banking"
    with pytest.raises(RecordError):
        _key().unseal(record, replace(PLACE, **moved))


def test_a_record_opens_only_in_its_partnership_epoch_and_direction() -> None:
    record = _key().seal("Banking", PLACE)
    for other in (_key(partnership=PARTNERSHIP[:-1] + "b"), _key(epoch=2), _key(from_org=HI, to_org=LO)):
        with pytest.raises(RecordError):
            other.unseal(record, PLACE)


def test_an_older_revision_is_refused_and_the_same_is_not() -> None:
    record = _key().seal("Banking", PLACE)
    assert _key().unseal(record, PLACE, seen=4) == "Banking"
    with pytest.raises(StaleRevisionError, match="revision 5 was seen"):
        _key().unseal(record, PLACE, seen=5)


def test_a_record_of_another_version_or_too_short_is_refused() -> None:
    record = _key().seal("Banking", PLACE)
    for broken in (b"\x02" + record[1:], b"\x00" + record[1:], b"", record[:28]):
        with pytest.raises(RecordVersionError, match="begin with 01"):
            _key().unseal(broken, PLACE)


def test_the_same_field_is_never_sealed_to_the_same_bytes() -> None:
    records = {_key().seal("Banking", PLACE) for _ in range(1000)}
    assert len({record[1:13] for record in records}) == 1000


def test_the_size_of_a_record_shows_the_value_only_by_its_step() -> None:
    assert len(_key().seal("", PLACE)) == len(_key().seal("x" * 31, PLACE)) == 61


@pytest.mark.parametrize(
    "place",
    [
        replace(PLACE, reference=-1),
        replace(PLACE, reference=1 << 64),
        replace(PLACE, field=""),
        replace(PLACE, field="a|b"),
        replace(PLACE, revision=-1),
    ],
)
def test_a_place_outside_the_encodings_is_refused(place: FieldPlace) -> None:
    with pytest.raises(EncodingError):
        _key().seal("x", place)


def test_references_are_written_with_all_their_zeros() -> None:
    assert reference_text(1) == "0000000000000001"
    assert read_reference("ffffffffffffffff") == (1 << 64) - 1
    with pytest.raises(EncodingError):
        read_reference("1")


def test_what_rests_opens_only_in_its_own_place() -> None:
    record = rest_key(SECRET, PARTNERSHIP, 1).store(b"proofs", REST)
    key = rest_key(SECRET, PARTNERSHIP, 1)
    assert key.load(record, REST) == b"proofs"
    for moved in (
        replace(REST, org=HI),
        replace(REST, kind="name"),
        replace(REST, segment=8),
        replace(REST, column="codes"),
    ):
        with pytest.raises(RecordError):
            key.load(record, moved)


def test_what_rests_opens_only_under_the_secret_of_its_epoch() -> None:
    record = rest_key(SECRET, PARTNERSHIP, 1).store(b"proofs", REST)
    for other in (
        rest_key(SECRET, PARTNERSHIP, 2),
        rest_key(SECRET, PARTNERSHIP[:-1] + "b", 1),
        rest_key(SecretBytes(bytes(32)), PARTNERSHIP, 1),
    ):
        with pytest.raises(RecordError):
            other.load(record, REST)


def test_what_rests_is_bound_to_its_epoch_beside_its_key() -> None:
    record = RestKey(SECRET, PARTNERSHIP, 1).store(b"proofs", REST)
    for other in (RestKey(SECRET, PARTNERSHIP, 2), RestKey(SECRET, PARTNERSHIP[:-1] + "b", 1)):
        with pytest.raises(RecordError):
            other.load(record, REST)


def test_outer_and_rest_key_differ_by_partnership_and_epoch() -> None:
    texts = {
        outer_key(SECRET, partnership, epoch).reveal()
        for partnership in (PARTNERSHIP, PARTNERSHIP[:-1] + "b")
        for epoch in (1, 2)
    }
    assert len(texts) == 4
    with pytest.raises(EncodingError):
        outer_key(SECRET, PARTNERSHIP, 0)
