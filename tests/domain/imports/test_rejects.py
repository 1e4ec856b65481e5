"""Refused rows come back as they stood in the file, to be mended and sent again."""

import csv
import io
from uuid import UUID

import asyncpg
import polars as pl
import pytest

from service.cli.data_key import rotate_owner
from service.cli.operator import Desk
from service.imports.models import Import
from service.imports.refused import errors_of
from service.imports.rejects import WHERE, piece_after
from tests.domain.imports.support import FIRST, counts, fetch, imported
from tests.factories.world import Pair

HEADER = "Account ID,Company,Website,Notes,Status\n"


async def rejected(pair: Pair, record: Import) -> str:
    text, last = "", UUID(int=0)
    async with pair.world.database.tenant_read(pair.left.id) as session:
        while found := await piece_after(session, pair.world.keystore, record.id, last):
            last, piece = found
            text += piece.decode()
    return text


def rows_of(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


async def test_refused_rows_have_every_column_of_the_file_and_where_and_why(pair: Pair) -> None:
    text = HEADER + (
        '1,Siemens AG,siemens.com,"first, kept",Customer\n'
        "2,Ac\x00me,acme.com,has a NUL,Customer\n"
        '1,Siemens,siemens.com,"said, twice",Customer\n'
        "3,Few\n"
        "4,Many,many.com,note,Customer,more,still more\n"
    )
    record = await imported(pair.world, pair.left, text)
    assert counts(record) == (1, 0, 0, 0, 4)
    found = rows_of(await rejected(pair, record))
    assert list(found[0]) == ["Account ID", "Company", "Website", "Notes", "Status", *WHERE]
    assert [(r["_line"], r["_reason"]) for r in found] == [
        ("3", "nul_byte"), ("4", "duplicate_in_file"), ("5", "too_few_fields"), ("6", "too_many_fields"),
    ]  # fmt: skip
    assert found[0]["_column"] == "Company"
    assert (found[1]["Company"], found[1]["Notes"]) == ("Siemens", "said, twice")
    assert (found[2]["Company"], found[2]["Website"]) == ("Few", "")
    assert found[3]["Status"] == "Customer,more,still more"
    assert "Remove one of them" in found[1]["_message"] or "remove one of them" in found[1]["_message"]


async def test_mended_rows_are_sent_as_they_came(pair: Pair) -> None:
    record = await imported(pair.world, pair.left, FIRST + "3,Linde,linde.com,DE\n")
    text = await rejected(pair, record)
    mended = text.replace("linde.com,DE,,", "linde.com,DE,Customer,")
    assert mended != text
    again = await imported(pair.world, pair.left, mended)
    assert counts(again) == (1, 0, 0, 0, 0)
    assert again.report is not None
    assert again.report["unmapped"] == [*WHERE]
    [row] = await fetch(pair.world, pair.left, "SELECT name, status FROM account WHERE external_id = '3'")
    assert row == {"name": "Linde", "status": "Customer"}


@pytest.mark.parametrize("name", ["=cmd|' /C calc'!A0", "+49 Bakery", "-Minus GmbH", "@home", "\uff1dwide"])
async def test_what_a_spreadsheet_takes_for_a_formula_is_disarmed_and_comes_back(
    pair: Pair, name: str
) -> None:
    text = f"Account ID,Company,Website\n1,{name},one.com\n1,{name},one.com\n"
    record = await imported(pair.world, pair.left, text)
    [row] = rows_of(await rejected(pair, record))
    assert row["Company"] == f"'{name}"
    await imported(pair.world, pair.left, "Account ID,Company,Website\n" + f"2,'{name},two.com\n")
    [stored] = await fetch(pair.world, pair.left, "SELECT name FROM account WHERE external_id = '2'")
    assert stored["name"] == name


async def test_rows_of_a_file_of_which_nothing_was_kept_come_back_too(pair: Pair) -> None:
    record = await imported(pair.world, pair.left, FIRST + "3,too,few\n", all_or_nothing=True)
    [row] = rows_of(await rejected(pair, record))
    assert (row["Account ID"], row["Company"], row["_reason"]) == ("3", "too", "too_few_fields")


async def test_a_whole_file_has_nothing_to_mend(pair: Pair) -> None:
    assert await rejected(pair, await imported(pair.world, pair.left, FIRST)) == ""


async def test_refused_rows_are_sealed(pair: Pair) -> None:
    await imported(pair.world, pair.left, FIRST + "3,Linde,linde.com\n")
    [header, piece] = await fetch(pair.world, pair.left, "SELECT data FROM import_reject ORDER BY id")
    assert b"Company" not in header["data"]
    assert b"Linde" not in piece["data"]


async def test_many_refused_rows_come_in_pieces_and_whole(pair: Pair) -> None:
    text = "Account ID,Company,Website\n" + "".join(f"{i},few\n" for i in range(2500))
    record = await imported(pair.world, pair.left, text)
    found = rows_of(await rejected(pair, record))
    assert [row["Account ID"] for row in found] == [str(i) for i in range(2500)]
    assert len(await fetch(pair.world, pair.left, "SELECT 1 FROM import_reject")) == 4


async def test_rows_of_a_parquet_file_come_back_without_its_nested_columns(pair: Pair) -> None:
    buffer = io.BytesIO()
    pl.DataFrame(
        {"Account ID": ["1", "1"], "Company": ["One", "Two"], "Tags": [["a"], ["b"]], "Size": [5, 6]}
    ).write_parquet(buffer)
    record = await imported(pair.world, pair.left, buffer.getvalue())
    [row] = rows_of(await rejected(pair, record))
    assert (row["Company"], row["Tags"], row["Size"], row["_reason"]) == ("Two", "", "6", "duplicate_in_file")


async def test_what_a_refused_row_says_is_sealed_through_a_rotation_and_told_of_older_imports_too(
    pair: Pair, superuser: asyncpg.Connection
) -> None:
    world, left = pair.world, pair.left
    record = await imported(world, left, FIRST + "3,Maple Secret\n4,Pine Secret\n5,Oak Secret\n")

    async def said() -> list[str]:
        async with world.database.tenant_read(left.id) as session:
            return [one["text"] for one in await errors_of(session, world.keystore, record.id, limit=9)]

    texts = ["3,Maple Secret", "4,Pine Secret", "5,Oak Secret"]
    assert await said() == texts
    stored = await superuser.fetch("SELECT e::text AS all, original FROM import_error e")
    assert not any("Secret" in row["all"] for row in stored)
    desk = Desk(world.database, world.keystore, world.clock, world.ids)
    assert "5 values sealed again" in await rotate_owner(desk, str(left.id))  # two pieces to be mended too
    again = {row["original"] for row in await superuser.fetch("SELECT original FROM import_error")}
    assert not again & {row["original"] for row in stored}
    assert await said() == texts
    await superuser.execute("UPDATE import_error SET original = NULL, text = 'Plain' WHERE line = 5")
    assert (await said())[1:] == ["Plain", "5,Oak Secret"]
