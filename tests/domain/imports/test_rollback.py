"""An import is undone by another one."""

from typing import Any

import asyncpg
import pytest

from service.accounts.target import AccountTarget
from service.imports.errors import ImportStateError
from service.imports.models import Import, ImportKind, ImportMode, ImportStatus
from service.imports.operations import REMEMBERED_IMPORTS, roll_back
from tests.domain.imports.support import FIRST, counts, fetch, imported, one
from tests.factories.world import Pair, World, company_list
from tests.support.servers import OwnDatabase

ROWS = """
    SELECT id, identity, external_id, name, website, domain, country, status, populations, encode(digest, 'hex') AS digest
    FROM account ORDER BY id
"""


async def state(pair: Pair) -> list[dict[str, Any]]:
    return await fetch(pair.world, pair.left, ROWS)


async def undone(pair: Pair, record: Import) -> Import:
    async with pair.world.database.tenant(pair.left.id) as session:
        made = await roll_back(session, pair.world.clock, pair.world.ids, record.id)
    await pair.world.work()
    return await one(pair.world, pair.left, made.id)


async def test_an_undone_import_leaves_the_list_as_it_was(pair: Pair) -> None:
    await imported(pair.world, pair.left, FIRST)
    before = await state(pair)
    second = (
        FIRST.replace("Siemens AG", "Siemens Energy").replace("2,Bosch", "3,Linde").replace("bosch", "linde")
    )
    record = await imported(pair.world, pair.left, second, mode=ImportMode.REPLACE)
    assert counts(record) == (1, 1, 0, 1, 0)
    after = await state(pair)
    back = await undone(pair, record)
    assert (back.status, back.rollback_of) == (ImportStatus.COMPLETED, record.id)
    assert (back.created, back.updated, back.removed, back.skipped) == (1, 1, 1, 0)
    assert await state(pair) == before
    forth = await undone(pair, back)
    assert (forth.created, forth.updated, forth.removed, forth.skipped) == (1, 1, 1, 0)
    assert await state(pair) == after


async def test_the_first_import_undone_leaves_nothing(pair: Pair) -> None:
    back = await undone(pair, await imported(pair.world, pair.left, FIRST))
    assert back.removed == 2
    assert await state(pair) == []


async def test_what_a_later_import_wrote_stays_and_is_counted(pair: Pair) -> None:
    first = await imported(pair.world, pair.left, FIRST)
    await imported(pair.world, pair.left, FIRST.replace("Bosch", "Robert Bosch"))
    back = await undone(pair, first)
    assert (back.removed, back.skipped) == (1, 1)
    assert [row["name"] for row in await state(pair)] == ["Robert Bosch"]


async def test_a_removed_account_that_was_made_again_is_not_brought_back_twice(pair: Pair) -> None:
    await imported(pair.world, pair.left, FIRST)
    gone = await imported(
        pair.world, pair.left, "\n".join(FIRST.splitlines()[:2]) + "\n", mode=ImportMode.REPLACE
    )
    await imported(pair.world, pair.left, FIRST)
    back = await undone(pair, gone)
    assert (back.created, back.skipped) == (0, 1)
    assert len(await state(pair)) == 2


async def test_overlaps_follow_an_undone_import(pair: Pair) -> None:
    await pair.world.upload(pair.right, company_list(("Siemens", "siemens.com")))
    await imported(pair.world, pair.left, company_list(("Bosch", "bosch.com")), population="customers")
    record = await imported(
        pair.world, pair.left, company_list(("Siemens AG", "siemens.com")), population="customers"
    )
    await pair.world.work()
    assert len(await pair.world.told(pair.left, pair.partnership)) == 1
    await undone(pair, record)
    assert await pair.world.told(pair.left, pair.partnership) == []


@pytest.mark.parametrize("how", [{"dry_run": True}, {"all_or_nothing": True}])
async def test_what_was_not_stored_cannot_be_undone(pair: Pair, how: dict[str, Any]) -> None:
    record = await imported(pair.world, pair.left, FIRST + "3,too,few\n", **how)
    with pytest.raises(ImportStateError, match="rolled back"):
        await undone(pair, record)


async def test_before_images_are_kept_ninety_days_and_of_the_last_ten_imports(
    pair: Pair, superuser: asyncpg.Connection
) -> None:
    await imported(pair.world, pair.left, FIRST)
    changed = await imported(pair.world, pair.left, FIRST.replace("Bosch", "Bosch 0"))
    for number in range(1, REMEMBERED_IMPORTS):
        await imported(pair.world, pair.left, FIRST.replace("Bosch", f"Bosch {number}"))
    remembered = "SELECT DISTINCT import_id FROM record_history"
    assert len(await fetch(pair.world, pair.left, remembered)) == REMEMBERED_IMPORTS
    long_ago = "now() - interval '91 days'"
    await superuser.execute(f"UPDATE import SET created_at = {long_ago}, finished_at = {long_ago}")
    await superuser.execute(f"UPDATE record_history SET changed_at = {long_ago}")
    await imported(pair.world, pair.left, FIRST.replace("Bosch", "Bosch last"))
    assert len(await fetch(pair.world, pair.left, remembered)) == REMEMBERED_IMPORTS
    with pytest.raises(ImportStateError, match="too old"):
        await undone(pair, changed)


async def test_what_was_at_an_account_is_at_it_again_when_it_comes_back(pair: Pair) -> None:
    people = "Email,Account ID\nann@orchid.example,1\nbo@kestrel.example,2\ncy@kestrel.example,2\n"
    deals = "Opportunity Name,Account ID,Stage\nRollout,2,Won\nPilot,1,Open\n"

    async def at() -> list[tuple[str, int]]:
        """Of each account how much is at it."""
        rows = await fetch(
            pair.world,
            pair.left,
            "SELECT a.external_id, count(*) AS found FROM account a JOIN (SELECT account_id FROM contact UNION ALL SELECT account_id"
            " FROM opportunity) held ON held.account_id = a.id GROUP BY 1 ORDER BY 1",
        )
        return [(row["external_id"], row["found"]) for row in rows]

    first = await imported(pair.world, pair.left, FIRST)
    await imported(pair.world, pair.left, people, kind=ImportKind.CONTACTS)
    await imported(pair.world, pair.left, deals, kind=ImportKind.OPPORTUNITIES)
    siemens_alone = "\n".join([*FIRST.splitlines()[:2], ""])
    gone = await imported(pair.world, pair.left, siemens_alone, mode=ImportMode.REPLACE)
    assert await at() == [("1", 2)]
    await imported(pair.world, pair.left, people, kind=ImportKind.CONTACTS)  # whose account isn't there
    back = await undone(pair, gone)
    assert await at() == [("1", 2), ("2", 3)]
    again = await undone(pair, back)
    assert await at() == [("1", 2)]
    elsewhere = people.replace("bo@kestrel.example,2", "bo@kestrel.example,1")
    await imported(pair.world, pair.left, elsewhere, kind=ImportKind.CONTACTS)
    await undone(pair, again)
    assert await at() == [("1", 3), ("2", 2)]
    await undone(pair, first)
    assert await at() == [("2", 2)]


async def test_undoing_one_record_reads_no_list(own_world: World, own_database: OwnDatabase) -> None:
    world, member = own_world, await own_world.organization("left")
    rows = "".join(f"{at},Orchid {at},orchid{at}.com,DE,Customer\n" for at in range(400))
    await imported(world, member, FIRST.splitlines()[0] + "\n" + rows)
    record = await imported(world, member, "Account ID,Company\n1,Orchid Hall\n400,Orchid 400\n")
    admin = await asyncpg.connect(own_database.urls.admin)
    await admin.execute("ANALYZE account")  # as the server does by itself
    await admin.close()
    read = "SELECT seq_tup_read + coalesce(idx_tup_fetch, 0) FROM pg_stat_xact_user_tables WHERE relname = 'account'"
    async with world.database.tenant(member.id) as session:
        driver = await session.raw()
        # the list is short: the planner would rather read it whole
        await driver.execute("SET LOCAL enable_seqscan = off")
        before = await driver.fetchval(read)  # of earlier transactions too, for a moment
        outcome, _ = await AccountTarget().roll_back(session, undone=record.id, import_id=world.ids.new())
        found = await driver.fetchval(read) - before
    assert (outcome.updated, outcome.removed) == (1, 1)
    assert found < 50
