"""What an upload may change: modes, guards that hold it, and what a file doesn't speak of."""

from typing import Any

import asyncpg
import pytest

from service.imports.errors import ImportStateError
from service.imports.models import Guard, Import, ImportMode, ImportStatus
from service.imports.operations import cancel, confirm, queue_import
from service.imports.progress import Progress
from service.imports.tidy import tidy
from tests.domain.imports.support import FIRST, counts, fetch, imported, one
from tests.factories.world import Member, Pair, company_list

TEN = "Account ID,Company,Website,Status\n" + "".join(
    f"{i},Company {i},company{i}.com,Customer\n" for i in range(10)
)


def lines(text: str, count: int) -> str:
    return "".join(text.splitlines(keepends=True)[: count + 1])


async def names(pair: Pair, member: Member | None = None) -> dict[str, Any]:
    rows = await fetch(pair.world, member or pair.left, "SELECT external_id, name FROM account ORDER BY id")
    return {row["external_id"]: row["name"] for row in rows}


async def settle(pair: Pair, record: Import, how: Any) -> Import:
    async with pair.world.database.tenant(pair.left.id) as session:
        await how(session, pair.world.clock, record.id)
    await pair.world.work()
    return await one(pair.world, pair.left, record.id)


async def test_append_adds_and_leaves_what_is_there_and_says_so(pair: Pair) -> None:
    await imported(pair.world, pair.left, FIRST)
    more = FIRST.replace("Siemens AG", "Another AG") + "3,Linde,linde.com,DE,Customer\n"
    record = await imported(pair.world, pair.left, more, mode=ImportMode.APPEND)
    assert (*counts(record), record.skipped) == (1, 0, 0, 0, 0, 2)
    assert await names(pair) == {"1": "Siemens AG", "2": "Bosch", "3": "Linde"}
    told = await fetch(pair.world, pair.left, 'SELECT "row", reason FROM import_error ORDER BY "row"')
    assert told == [{"row": 1, "reason": "already_there"}, {"row": 2, "reason": "already_there"}]


async def test_replace_that_removes_more_than_a_fifth_is_held_until_confirmed(pair: Pair) -> None:
    await imported(pair.world, pair.left, TEN)
    held = await imported(pair.world, pair.left, lines(TEN, 4), mode=ImportMode.REPLACE)
    assert (held.status, held.removed, held.unchanged) == (ImportStatus.HELD, 6, 4)
    assert held.report is not None
    assert held.report["guards"][0]["guard"] == Guard.REMOVES_TOO_MANY
    assert "6 of 10 records" in held.report["guards"][0]["message"]
    assert len(await names(pair)) == 10
    done = await settle(pair, held, confirm)
    assert (done.status, done.removed) == (ImportStatus.COMPLETED, 6)
    assert len(await names(pair)) == 4
    assert list(pair.world.spool.folder.iterdir()) == []


async def test_a_fifth_may_be_removed_unasked(pair: Pair) -> None:
    await imported(pair.world, pair.left, TEN)
    record = await imported(pair.world, pair.left, lines(TEN, 8), mode=ImportMode.REPLACE)
    assert (record.status, record.removed) == (ImportStatus.COMPLETED, 2)


async def test_what_was_confirmed_beforehand_is_not_held(pair: Pair) -> None:
    await imported(pair.world, pair.left, TEN)
    record = await imported(pair.world, pair.left, lines(TEN, 1), mode=ImportMode.REPLACE, confirmed=True)
    assert (record.status, record.removed) == (ImportStatus.COMPLETED, 9)


async def test_the_bytes_of_a_held_import_sent_again_as_confirmed_let_it_go_on(pair: Pair) -> None:
    await imported(pair.world, pair.left, TEN)
    held = await imported(pair.world, pair.left, lines(TEN, 1), mode=ImportMode.REPLACE)
    done = await imported(pair.world, pair.left, lines(TEN, 1), mode=ImportMode.REPLACE, confirmed=True)
    assert (done.id, done.status, done.removed) == (held.id, ImportStatus.COMPLETED, 9)


async def test_a_held_import_that_is_cancelled_changes_nothing_and_keeps_no_file(pair: Pair) -> None:
    await imported(pair.world, pair.left, TEN)
    held = await imported(pair.world, pair.left, lines(TEN, 1), mode=ImportMode.REPLACE)
    done = await settle(pair, held, cancel)
    assert done.status is ImportStatus.CANCELLED
    assert len(await names(pair)) == 10
    assert list(pair.world.spool.folder.iterdir()) == []
    with pytest.raises(ImportStateError, match="cancelled and can't be confirmed"):
        await settle(pair, held, confirm)


async def test_a_held_import_waits_for_a_week(pair: Pair, superuser: asyncpg.Connection) -> None:
    await imported(pair.world, pair.left, TEN)
    held = await imported(pair.world, pair.left, lines(TEN, 1), mode=ImportMode.REPLACE)
    world = pair.world
    assert await tidy(world.database, world.spool, world.clock, older_than_seconds=-1) == 0
    await superuser.execute(
        "UPDATE import SET created_at = created_at - interval '8 days' WHERE id = $1", held.id
    )
    assert await tidy(world.database, world.spool, world.clock, older_than_seconds=-1) == 1
    over = await one(world, pair.left, held.id)
    assert over.problem is not None
    assert (over.status, over.problem["code"]) == (ImportStatus.FAILED, "expired")


async def test_a_hold_that_a_newer_list_overtook_cannot_be_confirmed(
    pair: Pair, superuser: asyncpg.Connection
) -> None:
    await imported(pair.world, pair.left, TEN)
    held = await imported(pair.world, pair.left, lines(TEN, 1), mode=ImportMode.REPLACE)
    await imported(pair.world, pair.left, TEN.replace("Company 9", "Company Nine"))
    await superuser.execute(
        "UPDATE import SET status = 'held' WHERE id = $1", held.id
    )  # confirmed while it ran
    with pytest.raises(ImportStateError, match="newer list"):
        await settle(pair, held, confirm)
    await superuser.execute("UPDATE import SET status = 'received', confirmed = true WHERE id = $1", held.id)
    async with pair.world.database.tenant(pair.left.id) as session:
        await queue_import(session, held.id)
    await pair.world.work()
    over = await one(pair.world, pair.left, held.id)
    assert over.problem is not None
    assert over.problem["code"] == "superseded"
    assert len(await names(pair)) == 10


async def test_an_import_that_is_to_be_cancelled_is_not_begun_again_nor_held(
    pair: Pair, superuser: asyncpg.Connection
) -> None:
    await imported(pair.world, pair.left, TEN)
    running = await pair.world.upload(pair.left, lines(TEN, 1), mode=ImportMode.REPLACE, population=None)
    await superuser.execute("UPDATE import SET status = 'running' WHERE id = $1", running)
    async with pair.world.database.tenant(pair.left.id) as session:
        assert (await cancel(session, pair.world.clock, running)).status is ImportStatus.RUNNING
    again = await pair.world.upload(pair.left, lines(TEN, 1), mode=ImportMode.REPLACE, population=None)
    assert again != running
    await pair.world.work()
    assert (await one(pair.world, pair.left, running)).status is ImportStatus.CANCELLED
    assert (await one(pair.world, pair.left, again)).status is ImportStatus.HELD


async def test_an_import_is_given_up_while_it_is_read(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(self: Progress, rows: int) -> None:
        self.stop.set()
        self.check()

    monkeypatch.setattr(Progress, "advance", stopped)
    record = await imported(pair.world, pair.left, TEN)
    assert record.status is ImportStatus.CANCELLED
    assert await names(pair) == {}
    assert list(pair.world.spool.folder.iterdir()) == []


async def test_a_newer_list_supersedes_one_that_is_held(pair: Pair) -> None:
    await imported(pair.world, pair.left, TEN)
    held = await imported(pair.world, pair.left, lines(TEN, 1), mode=ImportMode.REPLACE)
    await imported(pair.world, pair.left, TEN.replace("Company 9", "Company Nine"))
    over = await one(pair.world, pair.left, held.id)
    assert over.problem is not None
    assert (over.status, over.problem["code"]) == (ImportStatus.FAILED, "superseded")
    assert list(pair.world.spool.folder.iterdir()) == []


async def test_a_list_that_grows_more_than_tenfold_is_held(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.imports.guards.FROM_RECORDS", 2)
    await imported(pair.world, pair.left, lines(TEN, 2))
    many = TEN + "".join(f"m{i},More {i},more{i}.com,Customer\n" for i in range(15))
    record = await imported(pair.world, pair.left, many)
    assert record.report is not None
    assert (record.status, record.report["guards"][0]["guard"]) == (ImportStatus.HELD, Guard.GROWS_TOO_MUCH)
    assert len(await names(pair)) == 2


async def test_all_or_nothing_keeps_nothing_of_a_file_with_a_refused_row_and_tells_the_row(
    pair: Pair,
) -> None:
    record = await imported(pair.world, pair.left, FIRST + "3,too,few\n", all_or_nothing=True)
    assert record.problem is not None
    assert (record.status, record.problem["code"]) == (ImportStatus.FAILED, "rows_refused")
    assert "1 of 3 rows" in record.problem["message"]
    assert await names(pair) == {}
    [error] = await fetch(pair.world, pair.left, 'SELECT "row", reason FROM import_error')
    assert error == {"row": 3, "reason": "too_few_fields"}


async def test_all_or_nothing_keeps_a_file_without_refused_rows(pair: Pair) -> None:
    assert counts(await imported(pair.world, pair.left, FIRST, all_or_nothing=True)) == (2, 0, 0, 0, 0)


async def test_what_a_file_does_not_speak_of_stays(pair: Pair) -> None:
    await imported(pair.world, pair.left, FIRST)
    record = await imported(pair.world, pair.left, "Account ID,Industry\n1,Machines\n")
    assert record.problem is not None  # no column names a company
    record = await imported(pair.world, pair.left, "Account ID,Company,Industry\n1,Siemens AG,Machines\n")
    assert counts(record) == (0, 1, 0, 0, 0)
    [row] = await fetch(
        pair.world, pair.left,
        "SELECT name, website, domain, country, status, industry, populations FROM account WHERE external_id = '1'",
    )  # fmt: skip
    assert row == {
        "name": "Siemens AG", "website": "siemens.com", "domain": "siemens.com", "country": "DE", "status": "Customer",
        "industry": "Machines", "populations": 1,
    }  # fmt: skip
    again = await imported(pair.world, pair.left, FIRST.replace("Bosch", "Bosch"))
    assert counts(again) == (0, 0, 2, 0, 0)


async def test_an_empty_cell_clears_what_was_there(pair: Pair) -> None:
    await imported(pair.world, pair.left, FIRST)
    await imported(pair.world, pair.left, FIRST.replace("siemens.com", ""))
    [row] = await fetch(pair.world, pair.left, "SELECT website, domain FROM account WHERE external_id = '1'")
    assert row == {"website": None, "domain": None}


async def test_lists_of_two_populations_do_not_undo_each_other(pair: Pair) -> None:
    customers = company_list(("Siemens", "siemens.com"), ("Bosch", "bosch.com"))
    prospects = company_list(("Bosch", "bosch.com"), ("Linde", "linde.com"))
    await imported(pair.world, pair.left, customers, population="customers", mode=ImportMode.REPLACE)
    await imported(pair.world, pair.left, prospects, population="prospects", mode=ImportMode.REPLACE)
    query = "SELECT domain, populations FROM account ORDER BY domain"
    rows = {r["domain"]: r["populations"] for r in await fetch(pair.world, pair.left, query)}
    assert rows == {"bosch.com": 0b101, "linde.com": 0b100, "siemens.com": 0b001}
    record = await imported(
        pair.world,
        pair.left,
        company_list(("Linde", "linde.com")),
        population="prospects",
        mode=ImportMode.REPLACE,
    )
    assert record.removed == 1
    rows = {r["domain"]: r["populations"] for r in await fetch(pair.world, pair.left, query)}
    assert rows == {"bosch.com": 0b001, "linde.com": 0b100, "siemens.com": 0b001}
    past = await fetch(pair.world, pair.left, "SELECT change, before FROM record_history")
    assert ("updated", 0b101) in [(p["change"], p["before"]["populations"]) for p in past]


async def test_an_account_of_a_replaced_population_alone_goes(pair: Pair) -> None:
    await imported(pair.world, pair.left, company_list(("Siemens", "siemens.com")), population="prospects")
    await imported(pair.world, pair.left, company_list(("Bosch", "bosch.com")), population="customers")
    other = company_list(("Linde", "linde.com"))
    await imported(pair.world, pair.left, other, population="prospects", mode=ImportMode.REPLACE)
    found = await fetch(pair.world, pair.left, "SELECT domain FROM account ORDER BY domain")
    assert [r["domain"] for r in found] == ["bosch.com", "linde.com"]


async def test_a_list_that_gets_external_ids_later_is_the_same_list(pair: Pair) -> None:
    bare = "Company,Website\nSiemens AG,siemens.com\nBosch,bosch.com\n"
    await imported(pair.world, pair.left, bare)
    ids = {r["id"] for r in await fetch(pair.world, pair.left, "SELECT id FROM account")}
    record = await imported(pair.world, pair.left, "Account ID,Company,Website\n1,Siemens AG,siemens.com\n")
    assert counts(record) == (0, 1, 0, 0, 0)
    assert await names(pair) == {"1": "Siemens AG", None: "Bosch"}
    assert {r["id"] for r in await fetch(pair.world, pair.left, "SELECT id FROM account")} == ids
    without = await imported(pair.world, pair.left, bare + "\n")
    assert counts(without) == (0, 0, 2, 0, 0)
    assert await names(pair) == {"1": "Siemens AG", None: "Bosch"}


async def test_a_row_without_id_is_nobodys_where_two_accounts_have_its_domain(pair: Pair) -> None:
    two = "Account ID,Company,Website\n1,Siemens Energy,siemens.com\n2,Siemens Mobility,siemens.com\n"
    await imported(pair.world, pair.left, two)
    record = await imported(pair.world, pair.left, "Company,Website\nSiemens,siemens.com\n")
    assert counts(record) == (1, 0, 0, 0, 0)


async def test_two_ids_under_one_domain_are_two_accounts(pair: Pair) -> None:
    await imported(pair.world, pair.left, "Account ID,Company,Website\n1,Siemens,siemens.com\n")
    record = await imported(pair.world, pair.left, "Account ID,Company,Website\n2,Siemens,siemens.com\n")
    assert counts(record) == (1, 0, 0, 0, 0)


async def test_the_newest_bytes_again_are_the_same_import(pair: Pair) -> None:
    first = await imported(pair.world, pair.left, FIRST)
    assert (await imported(pair.world, pair.left, FIRST)).id == first.id
    assert list(pair.world.spool.folder.iterdir()) == []
    assert (await imported(pair.world, pair.left, FIRST, mode=ImportMode.REPLACE)).id != first.id
    newer = await imported(pair.world, pair.left, FIRST.replace("Bosch", "Robert Bosch"))
    back = await imported(pair.world, pair.left, FIRST)
    assert back.id not in {first.id, newer.id}
    assert await names(pair) == {"1": "Siemens AG", "2": "Bosch"}


async def test_a_failed_import_is_not_taken_for_the_newest_of_its_bytes(pair: Pair) -> None:
    broken = 'Company,Website\n"Siemens,siemens.com\n'
    first = await imported(pair.world, pair.left, broken)
    assert first.status is ImportStatus.FAILED
    assert (await imported(pair.world, pair.left, broken)).id != first.id


async def test_a_row_takes_no_account_over_whose_domain_others_have(pair: Pair) -> None:
    two = "Account ID,Company,Website\n1,Siemens Energy,siemens.com\n2,Siemens Mobility,siemens.com\n"
    await imported(pair.world, pair.left, two)
    text = "Account ID,Company,Website\n1,Siemens Energy,siemens.com\n,Siemens Healthineers,siemens.com\n"
    assert counts(await imported(pair.world, pair.left, text)) == (1, 0, 1, 0, 0)
    assert await names(pair) == {"1": "Siemens Energy", "2": "Siemens Mobility", None: "Siemens Healthineers"}


async def test_a_list_without_ids_that_lacks_the_website_is_the_same_list(pair: Pair) -> None:
    await imported(pair.world, pair.left, "Company,Website\nSiemens AG,siemens.com\nBosch,bosch.com\n")
    record = await imported(pair.world, pair.left, "Company,Industry\nSiemens AG,Machines\nBosch,Parts\n")
    assert counts(record) == (0, 2, 0, 0, 0)
    rows = await fetch(pair.world, pair.left, "SELECT domain, industry FROM account ORDER BY domain")
    assert rows == [
        {"domain": "bosch.com", "industry": "Parts"},
        {"domain": "siemens.com", "industry": "Machines"},
    ]


async def test_a_new_column_makes_no_new_accounts_of_those_that_have_a_name_alone(pair: Pair) -> None:
    await imported(pair.world, pair.left, "Company,Country\nOrchid Bakery,DE\n")
    text = "Company,Country,LinkedIn\nOrchid Bakery,DE,linkedin.com/company/orchid\n"
    assert counts(await imported(pair.world, pair.left, text)) == (0, 1, 0, 0, 0)


async def test_rows_of_one_name_are_told_apart_by_what_else_they_say(pair: Pair) -> None:
    text = "Company,VAT\nOrchid Bakery,DE129273398\nOrchid Bakery,DE811569869\n"
    assert counts(await imported(pair.world, pair.left, text)) == (2, 0, 0, 0, 0)
    assert counts(await imported(pair.world, pair.left, text + "\n")) == (0, 0, 2, 0, 0)


async def test_rows_that_name_no_company_are_refused(pair: Pair) -> None:
    record = await imported(pair.world, pair.left, "Company,City\n---,Berlin\n...,Paris\nSiemens,Berlin\n")
    assert counts(record) == (1, 0, 0, 0, 2)
    told = await fetch(pair.world, pair.left, "SELECT reason, line FROM import_error ORDER BY line")
    assert told == [{"reason": "no_key", "line": 2}, {"reason": "no_key", "line": 3}]


async def test_another_wording_that_says_the_same_is_compared_whole_once(pair: Pair) -> None:
    await imported(pair.world, pair.left, FIRST)
    digests = "SELECT encode(digest, 'hex') AS digest FROM account ORDER BY id"
    before = await fetch(pair.world, pair.left, digests)
    wider = "\n".join(line + "," for line in FIRST.splitlines()).replace("Status,", "Status,City") + "\n"
    assert counts(await imported(pair.world, pair.left, wider)) == (0, 0, 2, 0, 0)
    assert await fetch(pair.world, pair.left, digests) != before


async def test_duplicates_do_not_keep_a_list_from_being_replaced_and_nothing_else_is_said(pair: Pair) -> None:
    await imported(pair.world, pair.left, TEN)
    text = lines(TEN, 8) + "1,Company 1,company1.com,Customer\n"
    record = await imported(pair.world, pair.left, text, mode=ImportMode.REPLACE)
    assert counts(record) == (0, 0, 8, 2, 1)
    assert record.report is not None
    assert record.report["warnings"] == []
