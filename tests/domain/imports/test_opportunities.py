"""Opportunities from a file: values, the account they are at, the stages they were in, and what they were before."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from service.accounts.attached.repository import Opportunities
from service.imports.models import Guard, Import, ImportKind, ImportMode, ImportStatus
from service.imports.operations import roll_back
from tests.domain.imports.support import FIRST, counts, fetch, one
from tests.factories.world import Pair

HEADER = "Opportunity ID,Opportunity Name,Account ID,Account Name,Stage,Amount,Currency,Probability (%),Created Date,Close Date,Owner\n"
TURBINES = 'o1,Turbines,1,Siemens AG,Proposal,"1,200,000.50",EUR,40%,2026-01-31,2026-12-24,Ann\n'
DRILLS = "o2,Drills,,bosch,Closed Won,$20k,,100%,2026-02-01,2026-03-01,Bob\n"


async def brought(pair: Pair, text: str, **how: Any) -> Import:
    how = {"kind": ImportKind.OPPORTUNITIES, "population": None, **how}
    import_id = await pair.world.upload(pair.left, text, **how)
    await pair.world.work()
    return await one(pair.world, pair.left, import_id)


async def undone(pair: Pair, record: Import) -> Import:
    async with pair.world.database.tenant(pair.left.id) as session:
        made = await roll_back(session, pair.world.clock, pair.world.ids, record.id)
    await pair.world.work()
    return await one(pair.world, pair.left, made.id)


async def accounts(pair: Pair, text: str = FIRST) -> dict[str, Any]:
    await brought(pair, text, kind=ImportKind.ACCOUNTS)
    rows = await fetch(pair.world, pair.left, "SELECT id, external_id FROM account")
    return {row["external_id"]: row["id"] for row in rows}


async def deals(pair: Pair, columns: str) -> list[tuple[Any, ...]]:
    rows = await fetch(pair.world, pair.left, f"SELECT {columns} FROM opportunity ORDER BY external_id, name")
    return [tuple(row.values()) for row in rows]


async def stages(pair: Pair, name: str) -> list[str]:
    [row] = await fetch(pair.world, pair.left, f"SELECT id FROM opportunity WHERE name = '{name}'")
    async with pair.world.database.tenant_read(pair.left.id) as session:
        return [stage["stage"] for stage in await Opportunities(session).stages(row["id"])]


async def test_values_are_read_and_each_deal_is_at_its_account(pair: Pair) -> None:
    ids = await accounts(pair)
    record = await brought(pair, HEADER + TURBINES + DRILLS)
    assert record.problem is None
    assert counts(record) == (2, 0, 0, 0, 0)
    assert await deals(pair, "name, account_id, amount, currency, probability, outcome") == [
        ("Turbines", ids["1"], Decimal("1200000.5"), "EUR", Decimal(40), "open"),
        ("Drills", ids["2"], Decimal(20000), "USD", Decimal(100), "won"),
    ]
    assert await deals(pair, "created, expected_close, closed, owner") == [
        (date(2026, 1, 31), date(2026, 12, 24), None, "Ann"),
        (date(2026, 2, 1), date(2026, 3, 1), None, "Bob"),
    ]


async def test_a_value_that_cannot_be_read_refuses_its_row_with_what_stood_there(pair: Pair) -> None:
    bad = TURBINES.replace('"1,200,000.50"', "a lot").replace("o1", "o3")
    wrong = [
        bad,
        DRILLS.replace("100%", "140%"),
        DRILLS.replace("o2", "o4").replace("2026-03-01", "soon"),
        DRILLS.replace("o2", "").replace("Drills", ""),
    ]
    record = await brought(pair, HEADER + TURBINES + "".join(wrong))
    assert counts(record) == (1, 0, 0, 0, 4)
    query = 'SELECT line, "column", reason, message FROM import_error ORDER BY line'
    errors = await fetch(pair.world, pair.left, query)
    assert [(e["line"], e["column"], e["reason"]) for e in errors] == [
        (3, "Amount", "unreadable_value"),
        (4, "Probability (%)", "unreadable_value"),
        (5, "Close Date", "unreadable_value"),
        (6, None, "nothing_named"),
    ]
    assert "'a lot' is no amount" in errors[0]["message"]
    assert "write an amount such as" in errors[0]["message"]
    assert "'140%' is no probability: write per cent" in errors[1]["message"]


async def test_an_account_is_found_by_domain_and_by_name_and_never_guessed(pair: Pair) -> None:
    two = FIRST + "3,Bosch Power,bosch.com,DE,Customer\n4,Linde plc,linde.com,IE,Customer\n"
    ids = await accounts(pair, two)
    rows = (
        "Opportunity Name,Account Domain,Account Name\n"
        "by domain,https://www.siemens.com/x,\nby name,,LINDE\ntwo have it,bosch.com,\nnobody,unknown.com,Unknown\nsilent,,\n"
    )
    record = await brought(pair, rows)
    assert dict(await deals(pair, "name, account_id")) == {
        "by domain": ids["1"], "by name": ids["4"], "two have it": None, "nobody": None, "silent": None,
    }  # fmt: skip
    assert record.report is not None
    [warning] = record.report["warnings"]
    assert warning.startswith("2 rows name an account that isn't in the list")


async def test_the_same_bytes_find_accounts_that_came_after_them(pair: Pair) -> None:
    first = await brought(pair, HEADER + TURBINES)
    assert (await brought(pair, HEADER + TURBINES)).id == first.id
    ids = await accounts(pair)
    again = await brought(pair, HEADER + TURBINES)
    assert counts(again) == (0, 1, 0, 0, 0)
    assert await deals(pair, "account_id") == [(ids["1"],)]


async def test_a_deal_outlives_its_account(pair: Pair) -> None:
    await accounts(pair)
    await brought(pair, HEADER + TURBINES)
    short = "".join(line for line in FIRST.splitlines(keepends=True) if not line.startswith("1,"))
    await brought(pair, short, kind=ImportKind.ACCOUNTS, mode=ImportMode.REPLACE)
    assert await deals(pair, "name, account_id") == [("Turbines", None)]


async def test_only_changed_deals_are_written_and_their_stages_follow(pair: Pair) -> None:
    await brought(pair, HEADER + TURBINES + DRILLS)
    changed = TURBINES.replace("Proposal", "Negotiation")
    record = await brought(pair, HEADER + changed + DRILLS)
    assert counts(record) == (0, 1, 1, 0, 0)
    assert await stages(pair, "Turbines") == ["Proposal", "Negotiation"]
    assert await stages(pair, "Drills") == ["Closed Won"]
    [past] = await fetch(pair.world, pair.left, "SELECT kind, change, before FROM record_history")
    before = past["before"] if isinstance(past["before"], dict) else json.loads(past["before"])
    assert (past["kind"], past["change"], before["stage"]) == ("opportunities", "updated", "Proposal")
    assert [stage["stage"] for stage in before["stages"]] == ["Proposal"]


async def test_a_history_of_stages_in_the_file_is_kept_in_its_order(pair: Pair) -> None:
    text = "Name,Stage,Stage History\nTurbines,Won,Proposal: 2026-02-01; Qualified: 2026-01-05 | Won = 2026-03-09T10:00:00Z\n"
    record = await brought(pair, text)
    assert counts(record) == (1, 0, 0, 0, 0)
    rows = await fetch(
        pair.world, pair.left, "SELECT stage, entered_at FROM opportunity_stage ORDER BY place"
    )
    assert [tuple(row.values()) for row in rows] == [
        ("Qualified", datetime(2026, 1, 5, tzinfo=UTC)),
        ("Proposal", datetime(2026, 2, 1, tzinfo=UTC)),
        ("Won", datetime(2026, 3, 9, 10, tzinfo=UTC)),
    ]
    assert counts(await brought(pair, text + "\n")) == (0, 0, 1, 0, 0)
    longer = text.replace("Proposal: 2026-02-01", "Proposal: 2026-02-02")
    assert counts(await brought(pair, longer)) == (0, 1, 0, 0, 0)
    assert await stages(pair, "Turbines") == ["Qualified", "Proposal", "Won"]
    broken = await brought(pair, text.replace("2026-02-01", "Monday"))
    assert counts(broken) == (0, 0, 0, 0, 1)


async def test_what_a_file_does_not_speak_of_stays_with_the_deal(pair: Pair) -> None:
    await accounts(pair)
    await brought(pair, HEADER + TURBINES)
    record = await brought(pair, "Opportunity ID,Opportunity Name,Next Step\no1,Turbines,Call Ann\n")
    assert counts(record) == (0, 1, 0, 0, 0)
    [(account, amount, stage, outcome, step)] = await deals(
        pair, "account_id, amount, stage, outcome, next_step"
    )
    assert account is not None
    assert (amount, stage, outcome, step) == (Decimal("1200000.5"), "Proposal", "open", "Call Ann")
    amounts = await brought(pair, "Opportunity ID,Amount\no1,7\n")
    assert counts(amounts) == (0, 1, 0, 0, 0)
    assert await deals(pair, "name, amount, currency") == [("Turbines", Decimal(7), "EUR")]


async def test_replace_and_append_and_dry_run_are_those_of_accounts(pair: Pair) -> None:
    many = HEADER + "".join(
        TURBINES.replace("o1", f"o{i}").replace("Turbines", f"Deal {i}") for i in range(10)
    )
    tried = await brought(pair, many, dry_run=True)
    assert (tried.status, tried.created) == (ImportStatus.COMPLETED, 10)
    assert await deals(pair, "id") == []
    await brought(pair, many)
    held = await brought(pair, HEADER + TURBINES.replace("Turbines", "Deal 1"), mode=ImportMode.REPLACE)
    assert held.report is not None
    assert (held.status, held.report["guards"][0]["guard"]) == (ImportStatus.HELD, Guard.REMOVES_TOO_MANY)
    await accounts(pair)
    assert (await one(pair.world, pair.left, held.id)).status is ImportStatus.HELD, "a list of another kind"
    added = await brought(pair, many + TURBINES.replace("o1", "new"), mode=ImportMode.APPEND)
    assert (*counts(added), added.skipped) == (1, 0, 0, 0, 0, 10)
    less = "".join(many.splitlines(keepends=True)[:-1]) + TURBINES.replace("o1", "new")
    assert counts(await brought(pair, less, mode=ImportMode.REPLACE))[3] == 1
    gone = await fetch(pair.world, pair.left, "SELECT kind FROM record_history WHERE change = 'removed'")
    assert [row["kind"] for row in gone] == ["opportunities"]


async def test_an_undone_import_gives_deals_back_with_stages_and_account(pair: Pair) -> None:
    ids = await accounts(pair)
    await brought(pair, HEADER + TURBINES + DRILLS)
    columns = "name, account_id, amount, stage, outcome, owner, identity, encode(digest, 'hex')"
    before = await deals(pair, columns)
    changed = TURBINES.replace("Proposal", "Closed Lost").replace(",1,Siemens", ",2,Siemens")
    record = await brought(pair, HEADER + changed + DRILLS.replace("o2", "o3"), mode=ImportMode.REPLACE)
    assert counts(record) == (1, 1, 0, 1, 0)
    assert [deal[1] for deal in await deals(pair, columns)] == [ids["2"], ids["2"]]
    back = await undone(pair, record)
    assert (back.kind, back.status) == (ImportKind.OPPORTUNITIES, ImportStatus.COMPLETED)
    assert (back.created, back.updated, back.removed, back.skipped) == (1, 1, 1, 0)
    assert await deals(pair, columns) == before
    assert await stages(pair, "Turbines") == ["Proposal"]
    assert await stages(pair, "Drills") == ["Closed Won"]
    assert len(await fetch(pair.world, pair.left, "SELECT id FROM account")) == 2


async def test_the_same_deal_twice_in_a_file_is_one(pair: Pair) -> None:
    record = await brought(pair, HEADER + TURBINES + TURBINES)
    assert counts(record) == (1, 0, 0, 0, 1)
    [error] = await fetch(pair.world, pair.left, "SELECT reason, message FROM import_error")
    assert error["reason"] == "duplicate_in_file"
    assert "same opportunity as row 1" in error["message"]


async def test_deals_that_get_external_ids_later_are_the_same_deals(pair: Pair) -> None:
    await accounts(pair)
    await brought(pair, HEADER + TURBINES + DRILLS.replace("o2", ""))
    before = await deals(pair, "name, id")
    record = await brought(pair, HEADER + TURBINES + DRILLS, mode=ImportMode.REPLACE)
    assert counts(record) == (0, 1, 1, 0, 0)
    assert sorted(await deals(pair, "name, id")) == sorted(before)
    assert [name for name, _ in await deals(pair, "external_id, name")] == ["o1", "o2"]
