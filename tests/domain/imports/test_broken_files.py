"""A file whose frame is broken ends with a reason that names the place, whatever it was sent for; the list stays whole as it was."""

import gzip

import pytest

from service.imports.models import ImportMode, ImportStatus
from tests.domain.imports.support import FIRST, fetch, imported
from tests.factories.world import Pair

ROWS = "".join(f"{number},Company {number},c{number}.example,DE,Customer\n" for number in range(10_000))
HEAD = FIRST.splitlines()[0] + "\n"
PACKED = gzip.compress((HEAD + ROWS[:20_000].rpartition("\n")[0] + "\n").encode())
HEADERS = ",".join(f"Header {number}" for number in range(1_000))
BROKEN: dict[str, tuple[bytes, str, str]] = {
    **{
        f"gzip cut at {part}/16": (PACKED[: len(PACKED) * part // 16], "truncated_archive", "")
        for part in range(1, 16)
    },
    "gzip with a wrong sum": (
        PACKED[:-8] + bytes([PACKED[-8] ^ 1]) + PACKED[-7:], "corrupt_archive", "",
    ),
    "bytes behind a gzip": (PACKED + b"more", "trailing_data", ""),
    "quote left open": ((HEAD + '1,A,a.com,DE,Customer\n2,"B' + ROWS).encode(), "unclosed_quote", "line 3"),
    "damaged UTF-8": (HEAD.encode() + "1,Müller & Söhne,m.de,DE,\n2,".encode() + b"\xff\xfe\n", "undecodable_text", "line 3"),
    "NUL in the header": (HEAD.replace("Company", "Com\0pany").encode() + ROWS.encode(), "bad_header", "U+0000"),
    "duplicate headers": (b"Company,Company\nA,B\n", "duplicate_header", "'Company'"),
    "a header without a name": (b"Company,,Website\nA,B,c.com\n", "bad_header", "column 2"),
    "a thousand headers": (f"Company,{HEADERS}\nA{',' * 1_000}\n".encode(), "too_many_columns", "1001 columns"),
    "a header alone": (HEAD.encode(), "no_data_rows", ""),
    "white space": (b"\n\n\n", "empty_file", ""),
}  # fmt: skip


async def test_a_broken_file_is_refused_whole_with_its_place_and_the_list_stays(pair: Pair) -> None:
    world, member = pair.world, pair.left
    await imported(world, member, FIRST)
    old = await fetch(world, member, "SELECT * FROM account ORDER BY id")
    for name, (content, code, place) in BROKEN.items():
        record = await imported(world, member, content, mode=ImportMode.REPLACE, confirmed=True)
        assert record.status is ImportStatus.FAILED, name
        assert record.problem is not None
        assert record.problem["code"] == code, (name, record.problem)
        assert place in record.problem["message"], (name, record.problem)
        assert await fetch(world, member, "SELECT * FROM account ORDER BY id") == old, name
        assert list(world.spool.folder.iterdir()) == [], name


@pytest.mark.parametrize("between", ["\0\n", "\0\0\0\0", "9,X,\0x.com,DE,Customer\n"])
async def test_a_nul_costs_its_own_row_alone(pair: Pair, between: str) -> None:
    record = await imported(
        pair.world, pair.left, f"{FIRST}{between}3,Linde,linde.com,DE,Customer\n4,Basf,basf.com,DE,\n"
    )
    assert record.status is ImportStatus.COMPLETED
    found = await fetch(pair.world, pair.left, "SELECT row, line, reason FROM import_error")
    assert [(row["row"], row["line"], row["reason"]) for row in found] == [(3, 4, "nul_byte")]
    assert record.created == (3 if between == "\0\0\0\0" else 4)
