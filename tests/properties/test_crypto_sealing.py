"""Laws of what is sealed, stored and wrapped."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.crypto import FieldPlace, KeyEncryptionKey, MemoryKeystore, SealKey, SecretBytes, SecretName
from service.crypto.errors import (
    CryptoError,
    EncodingError,
    RecordError,
    SecretMissingError,
    StaleRevisionError,
)
from service.crypto.sealing import pad, unpad

PARTNERSHIPS = [f"0190b000-0000-7000-8000-0000000000{number:02x}" for number in (1, 2)]
ORGS = [f"0190a000-0000-7000-8000-00000000000{letter}" for letter in "ab"]

secrets = st.binary(min_size=32, max_size=32).map(SecretBytes)
values = st.text(st.characters(exclude_categories=["Cs"]), max_size=300)
places = st.builds(
    FieldPlace,
    reference=st.integers(0, 2**64 - 1),
    field=st.sampled_from(["name", "owner", "industry"]),
    revision=st.integers(0, 2**40),
)
directions = st.builds(
    lambda partnership, epoch, turned: (partnership, epoch, *(ORGS[::-1] if turned else ORGS)),
    st.sampled_from(PARTNERSHIPS),
    st.integers(1, 3),
    st.booleans(),
)
names = st.builds(
    SecretName,
    what=st.sampled_from(["x", "ik", "service-secret"]),
    owner=st.sampled_from(["service", *ORGS]),
    partnership=st.sampled_from([None, *PARTNERSHIPS]),
    epoch=st.sampled_from([None, 1, 2, 11]),
)


def _key(secret: SecretBytes, direction: tuple[str, int, str, str]) -> SealKey:
    partnership, epoch, from_org, to_org = direction
    return SealKey(secret, partnership, epoch, from_org=from_org, to_org=to_org)


@given(secrets, directions, values, places)
@settings(deadline=None)
def test_what_is_sealed_opens_to_the_same(
    secret: SecretBytes, direction: tuple[str, int, str, str], value: str, place: FieldPlace
) -> None:
    record = _key(secret, direction).seal(value, place)
    assert _key(secret, direction).unseal(record, place, seen=place.revision) == value
    assert len(record) - 29 in {32, 64, 128, 256, 512, 1024, 2048}


@given(secrets, directions, directions, places, places)
@settings(deadline=None, max_examples=200)
def test_a_record_opens_exactly_in_its_place_and_direction(
    secret: SecretBytes,
    sealed: tuple[str, int, str, str],
    opened: tuple[str, int, str, str],
    place: FieldPlace,
    other: FieldPlace,
) -> None:
    record = _key(secret, sealed).seal("value", place)
    if (sealed, place) == (opened, other):
        assert _key(secret, opened).unseal(record, other) == "value"
    else:
        with pytest.raises(RecordError):
            _key(secret, opened).unseal(record, other)


@given(secrets, values, places, st.data())
@settings(deadline=None)
def test_any_changed_byte_is_refused(
    secret: SecretBytes, value: str, place: FieldPlace, data: st.DataObject
) -> None:
    key = _key(secret, (PARTNERSHIPS[0], 1, *ORGS))
    record = bytearray(key.seal(value, place))
    record[data.draw(st.integers(0, len(record) - 1))] ^= data.draw(st.integers(1, 255))
    with pytest.raises(RecordError):
        key.unseal(bytes(record), place)


@given(secrets, places, st.integers(0, 2**40))
@settings(deadline=None)
def test_a_revision_opens_exactly_when_no_newer_one_was_seen(
    secret: SecretBytes, place: FieldPlace, seen: int
) -> None:
    key = _key(secret, (PARTNERSHIPS[0], 1, *ORGS))
    record = key.seal("value", place)
    if place.revision >= seen:
        assert key.unseal(record, place, seen=seen) == "value"
    else:
        with pytest.raises(StaleRevisionError):
            key.unseal(record, place, seen=seen)


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=5000))
@settings(deadline=None)
def test_padding_is_undone_or_refused_and_never_cuts(value: str) -> None:
    if len(value.encode()) > 4095:
        with pytest.raises(EncodingError):
            pad(value)
    else:
        assert unpad(pad(value)) == value


@given(st.binary(max_size=200))
@settings(deadline=None)
def test_only_what_pad_writes_is_unpadded(padded: bytes) -> None:
    try:
        value = unpad(padded)
    except RecordError:
        return
    assert pad(value) == padded


@given(secrets, secrets, names, names)
@settings(deadline=None)
def test_a_wrapped_secret_opens_exactly_under_its_key_and_name(
    kek: SecretBytes, secret: SecretBytes, name: SecretName, other: SecretName
) -> None:
    key = KeyEncryptionKey("kek-1", kek)
    packed = key.pack(secret, name)
    assert key.unpack(packed, name).equals(secret)
    if other != name:
        with pytest.raises(RecordError):
            key.unpack(packed, other)
    for wrong in (KeyEncryptionKey("kek-2", kek), KeyEncryptionKey.draw("kek-1")):
        with pytest.raises(CryptoError):
            wrong.unpack(packed, name)


@given(st.lists(names, unique=True), st.sampled_from(PARTNERSHIPS), st.sampled_from([1, 2, 11]))
@settings(deadline=None)
def test_deleting_an_epoch_takes_its_secrets_and_no_other(
    known: list[SecretName], partnership: str, epoch: int
) -> None:
    store = MemoryKeystore()
    for name in known:
        store.put_new(name, SecretBytes.draw())
    doomed = [name for name in known if (name.partnership, name.epoch) == (partnership, epoch)]
    assert store.delete_epoch(partnership, epoch) == len(doomed)
    for name in known:
        if name in doomed:
            with pytest.raises(SecretMissingError):
                store.get(name)
        else:
            store.get(name)
