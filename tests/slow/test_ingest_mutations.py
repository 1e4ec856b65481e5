"""Files of every format, damaged at random from a seed that is printed: each is read or refused in its own words."""

import io
import os
import random
import time

import pytest

from service.ingest import IngestError, Limits, RowReason, read_accounts
from tests.support.formats import WRITERS, zipped

SEED = int(os.environ.get("COMMONGROUND_TEST_SEED", "1"))
ROUNDS = int(os.environ.get("COMMONGROUND_MUTATION_ROUNDS", "150"))
"""Of each format; thousands for a run of a night."""
SECONDS = 5.0
ODD = [
    b"\x00",
    b'"',
    b"\r",
    b"\n",
    b",",
    b"\xff\xfe",
    b"\xef\xbb\xbf",
    b"{",
    b"[",
    b"PK\x03\x04",
    b"PAR1",
    b"\x1f\x8b",
    b"<!DOCTYPE x>",
]
TABLE = [["Company", "Website", "City"], *([f"Größe {n}", f"c{n}.com", "Köln"] for n in range(60))]


def mutated(data: bytes, random_: random.Random) -> bytes:
    """One to four of: bytes flipped, cut out, doubled, moved, put in, the end cut off."""
    found = bytearray(data)
    for _ in range(random_.randint(1, 4)):
        size = len(found) or 1
        at, length = random_.randrange(size), random_.randint(1, 40)
        match random_.randrange(6):
            case 0:
                found[at : at + 1] = bytes([random_.randrange(256)])
            case 1:
                del found[at : at + length]
            case 2:
                found[at:at] = found[at : at + length]
            case 3:
                found[at:at] = random_.choice(ODD)
            case 4:
                del found[at:]
            case _:
                found[at : at + length] = random_.randbytes(length)
    return bytes(found)


def outcome(data: bytes) -> list[int] | IngestError:
    """The rows that were kept or refused, or what refuses the file."""
    try:
        accounts, refused, _ = read_accounts(io.BytesIO(data), limits=Limits(bytes_raw=10 * 1024**2))
    except IngestError as error:
        return error
    assert set(refused["reason"]) <= set(RowReason)
    return [*accounts["row"], *refused["row"]]


@pytest.mark.slow
@pytest.mark.parametrize("format_", [*WRITERS, "zip"])
def test_a_damaged_file_is_read_or_refused_and_never_breaks_the_reader(format_: str) -> None:
    print(f"seed {SEED}")  # noqa: T201
    random_ = random.Random(f"{SEED} {format_}")
    whole = zipped({"accounts.csv": WRITERS["csv"](TABLE)}) if format_ == "zip" else WRITERS[format_](TABLE)
    read = 0
    for turn in range(ROUNDS):
        data, begun = mutated(whole, random_), time.monotonic()
        found = outcome(data)
        if isinstance(found, IngestError):
            assert found.mend.endswith("."), (turn, found)
        else:
            read += 1
            assert sorted(found) == list(range(1, len(found) + 1)), (
                turn,
                "each row is kept or refused, once",
            )
        assert time.monotonic() - begun < SECONDS, turn
    assert read < ROUNDS, "some of the damage shows"
