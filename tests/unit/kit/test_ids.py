from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from random import Random
from uuid import RFC_4122, UUID, uuid4

import pytest

from service.kit.clock import FixedClock
from service.kit.ids import UuidV7Ids, created_at

MOMENT = datetime(2022, 2, 22, 19, 22, 22, tzinfo=UTC)  # of the example in RFC 9562, appendix A.6


def test_an_id_has_the_bits_of_the_example_in_the_rfc() -> None:
    tail = (0xCC3 << 62) | 0x18C4DC0C0C07398F
    ids = UuidV7Ids(FixedClock(MOMENT), tail.to_bytes)
    assert ids.new() == UUID("017F22E2-79B0-7CC3-98C4-DC0C0C07398F")


def test_ids_are_of_version_seven_and_carry_their_millisecond() -> None:
    clock = FixedClock(MOMENT + timedelta(microseconds=1999))
    new = UuidV7Ids(clock).new()
    assert (new.version, new.variant) == (7, RFC_4122)
    assert created_at(new) == MOMENT + timedelta(milliseconds=1)


def test_ids_of_one_millisecond_rise() -> None:
    ids = UuidV7Ids(FixedClock(MOMENT), Random(1).randbytes)
    made = [ids.new() for _ in range(5000)]
    assert made == sorted(set(made))
    assert created_at(made[-1]) == MOMENT


def test_ids_rise_when_the_clock_is_set_back() -> None:
    clock = FixedClock(MOMENT)
    ids = UuidV7Ids(clock)
    before = ids.new()
    clock.advance(timedelta(hours=-1))
    assert ids.new() > before
    clock.advance(timedelta(hours=2))
    assert created_at(ids.new()) == MOMENT + timedelta(hours=1)


def test_a_millisecond_that_is_full_borrows_from_the_next() -> None:
    ids = UuidV7Ids(FixedClock(MOMENT), lambda count: b"\xff" * count)
    first, second = ids.new(), ids.new()
    assert second > first
    assert created_at(second) == MOMENT + timedelta(milliseconds=1)


def test_the_same_time_and_randomness_give_the_same_ids() -> None:
    one, other = (UuidV7Ids(FixedClock(MOMENT), Random(7).randbytes) for _ in range(2))
    assert [one.new() for _ in range(10)] == [other.new() for _ in range(10)]


def test_threads_never_get_one_id_twice_and_each_sees_them_rise() -> None:
    ids = UuidV7Ids()
    with ThreadPoolExecutor(8) as threads:
        batches = list(threads.map(lambda _: [ids.new() for _ in range(2000)], range(8)))
    assert len({new for batch in batches for new in batch}) == 16_000
    assert all(batch == sorted(batch) for batch in batches)


def test_an_id_of_another_version_carries_no_time() -> None:
    with pytest.raises(ValueError, match="no UUIDv7"):
        created_at(uuid4())
