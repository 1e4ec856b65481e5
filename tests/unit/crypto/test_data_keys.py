"""Values sealed under an owner's data key: bound to their place, over versions, never under a nonce twice."""

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from service.crypto import DataKeys, DataPlace, FileKeystore, MemoryKeystore, SecretName, load_or_create_kek
from service.crypto.data_keys import RETIRE_AFTER, version_of
from service.crypto.errors import (
    DataKeyInUseError,
    DataKeyMissingError,
    EncodingError,
    RecordError,
    RecordVersionError,
    SecretCopyError,
)

ROOT = Path(__file__).parents[3]
ORG = "0190a000-0000-7000-8000-00000000000a"
OTHER = "0190a000-0000-7000-8000-00000000000b"
PLACE = DataPlace("contact", "0190c000-0000-7000-8000-000000000001", "email")
NOW = datetime(2026, 11, 22, 6, tzinfo=UTC)


@pytest.fixture
def store() -> MemoryKeystore:
    return MemoryKeystore()


@pytest.fixture
def keys(store: MemoryKeystore) -> DataKeys:
    return DataKeys(store, ORG)


@pytest.mark.parametrize("value", [b"", b"a@b.example", b"\x00" * 5000])
def test_value_comes_back_where_it_was_put(keys: DataKeys, value: bytes) -> None:
    record = keys.seal(value, PLACE)
    assert len(record) == len(value) + 49
    assert value not in record or not value
    assert keys.open(record, PLACE) == value


@pytest.mark.parametrize(
    "elsewhere",
    [
        replace(PLACE, table="person"),
        replace(PLACE, row="0190c000-0000-7000-8000-000000000002"),
        replace(PLACE, column="phone"),
    ],
    ids=["table", "row", "column"],
)
def test_value_that_was_moved_does_not_open(keys: DataKeys, elsewhere: DataPlace) -> None:
    record = keys.seal(b"a@b.example", PLACE)
    with pytest.raises(RecordError, match="moved"):
        keys.open(record, elsewhere)


def test_value_moved_to_another_organization_opens_neither_without_nor_with_the_same_key(
    store: MemoryKeystore, keys: DataKeys
) -> None:
    record = keys.seal(b"a@b.example", PLACE)
    other = DataKeys(store, OTHER)
    with pytest.raises(DataKeyMissingError, match="no version 1"):
        other.open(record, PLACE)
    other.seal(b"", PLACE)
    with pytest.raises(RecordError, match="moved"):
        other.open(record, PLACE)
    copied = MemoryKeystore()
    copied.put_new(SecretName("data-1", OTHER), store.get(SecretName("data-1", ORG)))
    with pytest.raises(RecordError, match="moved"):
        DataKeys(copied, OTHER).open(record, PLACE)


def test_any_changed_byte_is_noticed(keys: DataKeys) -> None:
    record = keys.seal(b"a@b.example", PLACE)
    for position in range(len(record)):
        changed = bytearray(record)
        changed[position] ^= 1
        with pytest.raises(RecordError):
            keys.open(bytes(changed), PLACE)


@pytest.mark.parametrize("record", [b"", b"\x01" * 60, b"\x02" * 48])
def test_what_is_no_record_is_told_apart(keys: DataKeys, record: bytes) -> None:
    with pytest.raises(RecordVersionError, match="begin with 02"):
        keys.open(record, PLACE)


def test_version_in_the_record_is_bound(store: MemoryKeystore, keys: DataKeys) -> None:
    record = keys.seal(b"a@b.example", PLACE)
    store.put_new(SecretName("data-2", ORG), store.get(SecretName("data-1", ORG)))
    renamed = record[:1] + (2).to_bytes(8) + record[9:]
    with pytest.raises(RecordError, match="moved"):
        DataKeys(store, ORG).open(renamed, PLACE)


def test_new_version_seals_and_the_old_one_still_opens(store: MemoryKeystore, keys: DataKeys) -> None:
    old = keys.seal(b"old", PLACE)
    version = keys.rotate(NOW)
    new = keys.seal(b"new", PLACE)
    assert [version_of(old), version_of(new)] == [1, version]
    fresh = DataKeys(store, ORG)
    assert [fresh.open(old, PLACE), fresh.open(new, PLACE)] == [b"old", b"new"]
    assert fresh.newest() == version


def test_versions_rise_though_the_clock_is_set_back(keys: DataKeys) -> None:
    versions = [keys.rotate(NOW), keys.rotate(NOW), keys.rotate(NOW - timedelta(days=1))]
    assert versions == sorted(set(versions))


def test_first_key_is_drawn_once_by_whoever_seals_first(store: MemoryKeystore) -> None:
    one, other = DataKeys(store, ORG), DataKeys(store, ORG)
    assert other.open(one.seal(b"x", PLACE), PLACE) == one.open(other.seal(b"x", PLACE), PLACE) == b"x"
    assert one.versions() == [1]


def test_old_version_goes_when_nothing_needs_it_and_not_before(keys: DataKeys) -> None:
    old = keys.seal(b"old", PLACE)
    keys.rotate(NOW)
    with pytest.raises(DataKeyInUseError, match="younger than 1 h"):
        keys.retire(NOW + RETIRE_AFTER - timedelta(seconds=1), lambda _: False)
    with pytest.raises(DataKeyInUseError, match="still sealed under version 1"):
        keys.retire(NOW + RETIRE_AFTER, lambda version: version == 1)
    assert keys.open(old, PLACE) == b"old"
    assert keys.retire(NOW + RETIRE_AFTER, lambda _: False) == [1]
    assert keys.retire(NOW + RETIRE_AFTER, lambda _: False) == []
    with pytest.raises(DataKeyMissingError):
        keys_again(keys).open(old, PLACE)


def keys_again(keys: DataKeys) -> DataKeys:
    return DataKeys(keys._keystore, keys.owner)


def test_without_any_key_there_is_nothing_to_retire(keys: DataKeys) -> None:
    assert keys.retire(NOW, lambda _: True) == []


def test_erased_owner_takes_every_version_along(store: MemoryKeystore, keys: DataKeys) -> None:
    record = keys.seal(b"x", PLACE)
    keys.rotate(NOW)
    assert store.delete_owner(ORG) == 2
    with pytest.raises(DataKeyMissingError, match="erased"):
        DataKeys(store, ORG).open(record, PLACE)


def test_keys_are_neither_printed_nor_copied(keys: DataKeys) -> None:
    keys.seal(b"x", PLACE)
    assert repr(keys) == "DataKeys(hidden)"
    with pytest.raises(SecretCopyError):
        keys.__reduce_ex__(2)


def test_place_with_a_bar_is_refused(keys: DataKeys) -> None:
    with pytest.raises(EncodingError):
        keys.seal(b"x", replace(PLACE, column="a|b"))


def nonce_of(record: bytes) -> bytes:
    return record[9:33]


def test_no_nonce_twice_from_threads(keys: DataKeys) -> None:
    with ThreadPoolExecutor(8) as pool:
        nonces = [
            nonce_of(record)
            for record in pool.map(lambda _: keys.seal(b"x", PLACE), range(20_000), chunksize=500)
        ]
    assert len(set(nonces)) == len(nonces)


FORKED = """
import os, sys
from pathlib import Path
from service.crypto import DataKeys, DataPlace, FileKeystore, load_or_create_kek
folder = Path(sys.argv[1])
keys = DataKeys(FileKeystore(folder / "keystore", load_or_create_kek(folder / "kek")), sys.argv[2])
place = DataPlace("contact", "1", "email")
keys.seal(b"before", place)
child = os.fork()
for _ in range(2000):
    os.write(1, keys.seal(b"x", place)[9:33])
if child:
    os.waitpid(child, 0)
"""


def test_no_nonce_twice_after_a_fork_and_after_a_restart(tmp_path: Path) -> None:
    runs = [
        subprocess.run(
            [sys.executable, "-c", FORKED, str(tmp_path), ORG], cwd=ROOT, capture_output=True, check=True
        ).stdout
        for _ in range(2)
    ]
    nonces = [told[start : start + 24] for told in runs for start in range(0, len(told), 24)]
    assert len(nonces) == len(set(nonces)) == 8000
    store = FileKeystore(tmp_path / "keystore", load_or_create_kek(tmp_path / "kek"))
    assert DataKeys(store, ORG).versions() == [1]  # one key for all of them


def test_each_record_has_a_key_of_its_own_so_that_no_counter_is_needed(store: MemoryKeystore) -> None:
    """Two nonces that differ only in their first half share GCM's nonce: under one AES key that would be a catastrophe."""

    def drawing(first: int) -> Callable[[int], bytes]:
        return lambda count: bytes([first]) * 12 + bytes(12) if count == 24 else os.urandom(count)

    DataKeys(store, ORG).newest()
    one, other = (DataKeys(store, ORG, drawing(first)).seal(bytes(64), PLACE) for first in (1, 2))
    keystreams = [record[33:97] for record in (one, other)]
    assert keystreams[0] != keystreams[1]
