"""What row-level security alone keeps apart, for the tables of a partnership: raw SQL as the app's role."""

from pathlib import Path
from uuid import UUID

import asyncpg
import pytest

from service.db.database import Database
from service.db.names import Duty
from service.partnerships.models import SharingLevel
from tests.factories.world import Pair, World, apart, company_list, make_pair

OF_THE_PARTNERSHIP = (
    "partnership", "partnership_side", "sharing_rule", "token_segment", "token_change", "match_run", "evidence_request",
    "overlap", "partnership_event", "shared_record", "account_reference",
)  # fmt: skip


@pytest.fixture(scope="module")
async def staged(staged_world: World) -> Pair:
    pair = await make_pair(staged_world)
    await pair.world.upload(
        pair.left, company_list(("Siemens AG", "siemens.com"), ("Harbour", "harbour.com"))
    )
    await pair.world.upload(
        pair.right, company_list(("Siemens", "siemens.com"), ("Harbour", "harbour.co.uk"))
    )
    await pair.world.work()
    return pair


@pytest.fixture
def pair(staged: Pair, db: Database, tmp_path: Path) -> Pair:
    return apart(staged, tmp_path)


@pytest.fixture
def world(pair: Pair) -> World:
    return pair.world


async def visible(pair: Pair, org_id: UUID, table: str) -> int | str:
    """How many rows a session of `org_id` sees, or that it may not even ask."""
    async with pair.world.database.tenant(org_id) as session:
        driver = await session.raw()
        if await refused(driver, f"SELECT FROM {table} LIMIT 1"):
            return "refused"
        count: int = await driver.fetchval(f"SELECT count(*) FROM {table}")
    return count


async def refused(driver: asyncpg.Connection, statement: str) -> bool:
    """Whether the role may not even ask; nothing of the statement stays."""
    await driver.execute("SAVEPOINT attempt")
    try:
        await driver.execute(statement)
    except asyncpg.InsufficientPrivilegeError:
        return True
    finally:
        await driver.execute("ROLLBACK TO SAVEPOINT attempt")
    return False


@pytest.mark.parametrize("table", OF_THE_PARTNERSHIP)
async def test_a_third_organization_sees_no_row_of_a_partnership(pair: Pair, table: str) -> None:
    third = await pair.world.organization("third")
    assert await visible(pair, third.id, table) in {0, "refused"}


async def test_a_side_sees_neither_the_partners_tokens_nor_its_accounts(pair: Pair) -> None:
    async with pair.world.database.tenant(pair.left.id) as session:
        driver = await session.raw()
        for table, column in (("token_segment", "org_id"), ("account", "org_id"), ("token_change", "org_id")):
            owners = await driver.fetch(f"SELECT DISTINCT {column} FROM {table}")
            assert [row[0] for row in owners] == [pair.left.id]


async def test_an_owner_can_neither_read_nor_count_what_it_shows(pair: Pair) -> None:
    async with pair.world.database.tenant(pair.left.id) as session:
        rows = await (await session.raw()).fetch("SELECT owner_org_id, viewer_org_id FROM shared_record")
    assert {(r["owner_org_id"], r["viewer_org_id"]) for r in rows} == {(pair.right.id, pair.left.id)}


async def test_events_meetings_and_requests_are_not_for_people(pair: Pair) -> None:
    for table in ("partnership_event", "evidence_request"):
        assert await visible(pair, pair.left.id, table) == 0
    assert await visible(pair, pair.left.id, "match_run") == "refused"


async def test_the_matcher_has_no_right_on_any_account(pair: Pair) -> None:
    for table in ("account", "shared_record", "account_reference", "api_key", "population", "sharing_rule"):
        async with pair.world.database.matcher(pair.partnership.id) as session:
            assert await refused(await session.raw(), f"SELECT FROM {table}")


async def test_an_overlap_row_appears_only_once_the_partners_record_stands(pair: Pair) -> None:
    async with pair.world.database.duty(pair.right.id, Duty.PUBLISH) as session:
        await (await session.raw()).execute("UPDATE overlap SET lo_shows = false, hi_shows = false")
    for member in (pair.left, pair.right):
        assert await visible(pair, member.id, "overlap") == 0


async def test_nobody_can_write_an_overlap_as_a_person(pair: Pair) -> None:
    async with pair.world.database.tenant(pair.left.id) as session:
        driver = await session.raw()
        assert await driver.execute("UPDATE overlap SET lo_shows = true, hi_shows = true") == "UPDATE 0"
        assert await refused(driver, "DELETE FROM overlap")


async def test_a_partners_rule_cannot_be_written(pair: Pair) -> None:
    async with pair.world.database.tenant(pair.left.id) as session:
        driver = await session.raw()
        tag = await driver.execute(
            "UPDATE sharing_rule SET level = 'all' WHERE owner_org_id = $1", pair.right.id
        )
    assert tag == "UPDATE 0"


async def test_neither_what_the_partner_signed_nor_the_threshold_can_be_changed(pair: Pair) -> None:
    async with pair.world.database.tenant(pair.left.id) as session:
        driver = await session.raw()
        assert await refused(driver, "UPDATE partnership_side SET statement = ''")
        assert await driver.execute("UPDATE partnership_side SET reviews = false") == "UPDATE 1"  # its own
        assert await refused(driver, "UPDATE partnership SET threshold = 0")


async def test_a_population_that_the_partner_hides_is_not_even_named(pair: Pair) -> None:
    await pair.world.share(pair.right, pair.partnership, {"customers": SharingLevel.OVERLAPPING})
    async with pair.world.database.tenant(pair.left.id) as session:
        rows = await (await session.raw()).fetch(
            "SELECT population FROM sharing_rule WHERE owner_org_id = $1", pair.right.id
        )
    assert [row["population"] for row in rows] == ["customers"]
