"""An organization that is erased leaves nothing behind: no row in any table, no word of its list, no file, no secret."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from uuid import UUID, uuid4

import asyncpg
import pytest

from service.audit.models import AuditEntry
from service.audit.operations import verify_log
from service.audit.repository import AuditLog, Wanted
from service.cli.erasing import erase_again, open_erasing
from service.cli.operator import Desk
from service.crypto import Erased, SecretBytes
from service.imports.operations import Upload, accept
from service.jobs import enqueue
from service.organizations.errors import OrganizationSuspendedError
from service.organizations.keys import parse_key
from service.organizations.lifecycle import Erasing
from service.organizations.operations import identify
from service.organizations.repository import Directory
from service.organizations.standing import standing_of
from service.partnerships.models import Partnership
from tests.factories.world import Member, World, company_list
from tests.support.servers import OwnDatabase
from tests.support.tables import Table, fill, tables

MAY_KEEP_ITS_ID = {
    "organization_standing": "that it was erased, and when: what comes late is refused by it",
}
"""Tables in which an erased organization's id may stand, each with the reason; a name or anything else of it may in none."""

MARKERS = ("quarzmarker", "xylomarker")
"""Its handle and name; the companies and domains of its list."""


@dataclass(frozen=True)
class Scene:
    world: World
    desk: Desk
    admin: asyncpg.Connection
    doomed: Member
    partner: Member
    bystander: Member
    partnership: Partnership
    other_partnership: Partnership

    async def erase(self) -> None:
        async with open_erasing(self.desk) as erasing:
            await erasing.run(self.doomed.id)


@pytest.fixture
async def scene(own_world: World, own_database: OwnDatabase) -> AsyncIterator[Scene]:
    world = own_world
    doomed = await world.organization("quarzmarker")
    partner, bystander = await world.organization("partner"), await world.organization("bystander")
    partnership = await world.partnership(doomed, partner)
    other = await world.partnership(bystander, partner)
    for one, place in ((doomed, partnership), (partner, partnership), (bystander, other), (partner, other)):
        await world.share(one, place)
    own_list = company_list(("Xylomarker Works", "xylomarker.com"), ("Common AG", "common.com"))
    await world.upload(doomed, own_list + "broken xylomarker row\n")
    await world.upload(partner, company_list(("Common", "common.com"), ("Shared", "shared.com")))
    await world.upload(bystander, company_list(("Shared Inc", "shared.com")))
    await world.work()
    await world.upload(doomed, company_list(("Xylomarker Newest", "xylomarker.net")))  # still in the spool
    desk = Desk(
        world.database, world.keystore, world.clock, world.ids, world.spool, own_database.urls.migrator
    )
    admin = await asyncpg.connect(own_database.urls.admin)
    await people(admin, doomed, partner)
    lo, hi = sorted((doomed.id, partner.id))
    sides = {"partnership_id": partnership.id, "lo_org_id": lo, "hi_org_id": hi}
    mine = {
        "org_id": doomed.id,
        "owner_org_id": doomed.id,
        "partner_org_id": partner.id,
        "viewer_org_id": partner.id,
    }
    await fill(admin, sides | mine)
    yield Scene(world, desk, admin, doomed, partner, bystander, partnership, other)
    await admin.close()


async def people(admin: asyncpg.Connection, doomed: Member, partner: Member) -> None:
    """One person who belongs to the doomed organization alone, one who belongs to its partner too."""
    for name, places in (("ann xylomarker", (doomed,)), ("bob", (doomed, partner))):
        person = uuid4()
        await admin.execute(
            "INSERT INTO person (id, email, name, created_at, organizations_made) VALUES ($1, $2, $3, now(), 0)",
            person, f"{name.split()[0]}@{places[-1].organization.handle}.example", name,
        )  # fmt: skip
        for place in places:
            await admin.execute(
                "INSERT INTO membership (org_id, person_id, role, created_at) VALUES ($1, $2, 'admin', now())",
                place.id, person,
            )  # fmt: skip


async def rows_naming(admin: asyncpg.Connection, table: Table, text: str) -> int:
    """Rows in which this text stands anywhere: in a text, in JSON, or, as bytes, in a bytea."""
    pattern = [f"%{text.lower()}%", f"%{text.lower().encode().hex()}%", f"%{text.encode().hex()}%"]
    found: int = await admin.fetchval(
        f"SELECT count(*) FROM {table.quoted} t WHERE lower(t::text) LIKE ANY($1)", pattern
    )
    return found


async def left_behind(scene: Scene) -> list[str]:
    found = []
    for table in await tables(scene.admin):
        if table.owners and table.name not in MAY_KEEP_ITS_ID:
            count = await scene.admin.fetchval(
                f"SELECT count(*) FROM {table.quoted} WHERE {table.of()}", scene.doomed.id
            )
            found += [f"{table.name}: {count} rows of its own"] if count else []
        words = [*MARKERS]
        if table.name not in MAY_KEEP_ITS_ID:
            words.append(str(scene.doomed.id))
        if table.name != "audit_entry":  # its partner's log says which partnership ended
            words.append(str(scene.partnership.id))
        found += [f"{table.name}: {word}" for word in words if await rows_naming(scene.admin, table, word)]
    return found


async def of_the_others(scene: Scene) -> dict[str, str]:
    """Table → hash of all that names the bystander or its partnership, save the partner's growing log and the queue's."""
    return {
        table.name: await scene.admin.fetchval(
            f"SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {table.quoted} t"
            " WHERE t::text LIKE ANY($1)",
            [f"%{scene.bystander.id}%", f"%{scene.other_partnership.id}%"],
        )
        for table in await tables(scene.admin)
    }


async def test_before_it_is_erased_every_table_of_tenants_has_a_row_of_it(scene: Scene) -> None:
    """Or the checks below would prove nothing."""
    for table in await tables(scene.admin):
        if table.protected:
            assert await scene.admin.fetchval(
                f"SELECT count(*) FROM {table.quoted} WHERE {table.of()}", scene.doomed.id
            ), table.name


async def test_nothing_of_it_is_left_and_everything_of_the_others_is(scene: Scene) -> None:
    before = await of_the_others(scene)
    await scene.erase()
    assert await left_behind(scene) == []
    assert await of_the_others(scene) == before


async def test_its_files_and_secrets_are_gone(scene: Scene) -> None:
    world = scene.world
    assert list(world.spool.folder.iterdir()) != []
    await scene.erase()
    assert list(world.spool.folder.iterdir()) == []
    left = world.keystore.names()
    assert not [name for name in left if name.owner == str(scene.doomed.id)]
    assert not [name for name in left if name.partnership == str(scene.partnership.id)]
    assert [name for name in left if name.partnership == str(scene.other_partnership.id)]
    buried = {(stone.what, stone.id) for stone in world.keystore.buried()}
    assert (Erased.ORGANIZATION, str(scene.doomed.id)) in buried
    assert (Erased.PARTNERSHIP, str(scene.partnership.id)) in buried


async def test_the_partners_log_says_once_that_the_partnership_ended_and_stands(scene: Scene) -> None:
    await scene.erase()
    await scene.erase()
    [ended] = await ended_entries(scene)
    assert ended.target == f"partnership:{scene.partnership.id}"
    assert ended.actor_kind.value == "operator"
    assert str(scene.doomed.id) not in str(ended.details)
    async with scene.world.database.tenant_read(scene.partner.id) as session:
        assert (await verify_log(session)).number >= ended.number


async def ended_entries(scene: Scene) -> list[AuditEntry]:
    async with scene.world.database.tenant_read(scene.partner.id) as session:
        return await AuditLog(session).page(limit=10, wanted=Wanted(action="partnership.ended"))


async def test_who_belongs_elsewhere_too_stays_a_person_there(scene: Scene) -> None:
    await scene.erase()
    assert [row["name"] for row in await scene.admin.fetch("SELECT name FROM person")] == ["bob"]
    assert await scene.admin.fetchval("SELECT count(*) FROM membership") == 1


@pytest.mark.parametrize("after", range(7))
async def test_an_erasure_that_broke_off_anywhere_goes_on_where_it_was(scene: Scene, after: int) -> None:
    class BreaksOff:
        async def erase(self, _org_id: UUID) -> None:
            raise ConnectionResetError

    async with open_erasing(scene.desk) as erasing:
        first: Erasing = replace(
            erasing, departures=[*erasing.departures[:after], BreaksOff(), *erasing.departures[after:]]
        )
        with pytest.raises(ConnectionResetError):
            await first.run(scene.doomed.id)
        async with scene.world.database.directory() as session:
            assert await Directory(session).by_handle("quarzmarker") is not None  # it can be named again
        await erasing.run(scene.doomed.id)
    assert await left_behind(scene) == []
    assert len(await ended_entries(scene)) == 1


async def test_from_its_first_step_on_nobody_gets_in(scene: Scene) -> None:
    async with open_erasing(scene.desk) as erasing:
        nothing: Erasing = replace(erasing, departures=[])
        await nothing._begin(scene.doomed.id)
    database = scene.world.database
    with pytest.raises(OrganizationSuspendedError):
        async with database.tenant_read(scene.doomed.id) as session:
            await identify(session, parse_key(scene.doomed.key), scene.world.clock)
    upload = Upload(uuid4(), "late.csv", 10, b"late", SecretBytes.draw())
    with pytest.raises(OrganizationSuspendedError):
        async with database.tenant(scene.doomed.id) as session:
            await accept(session, scene.world.keystore, scene.world.clock, upload)


async def test_a_job_that_comes_late_brings_nothing_back(scene: Scene) -> None:
    names = ("imports.run", "accounts.changed", "sharing_rules.changed", "overlaps.push", "overlaps.publish")
    await scene.erase()
    org, partnership = str(scene.doomed.id), str(scene.partnership.id)
    async with scene.world.database.directory() as session:
        for name in names:
            place = {"org_id": org} | ({} if name == "accounts.changed" else {"partnership_id": partnership})
            await enqueue(
                session, name, {"org_id": org, "import_id": str(uuid4())} if name == "imports.run" else place
            )
        await enqueue(session, "overlaps.meet", {"partnership_id": partnership})
    await scene.world.work()
    assert await left_behind(scene) == []


async def test_what_a_restored_database_brings_back_is_erased_again(scene: Scene) -> None:
    kept = {"organization": "id", "account": "org_id", "population": "org_id", "api_key": "org_id"}
    await scene.admin.execute("CREATE SCHEMA backup")
    for table, column in kept.items():
        await scene.admin.execute(
            f"CREATE TABLE backup.{table} AS SELECT * FROM {table} WHERE {column} = '{scene.doomed.id}'"
        )
    await scene.erase()
    assert await erase_again(scene.desk) == []
    for table in kept:
        await scene.admin.execute(f"INSERT INTO {table} SELECT * FROM backup.{table}")
    assert await left_behind(scene) != []
    assert await erase_again(scene.desk) == [scene.doomed.id]
    assert await left_behind(scene) == []


async def test_when_it_was_erased_stands_and_nothing_else(scene: Scene) -> None:
    await scene.erase()
    async with scene.world.database.tenant_read(scene.doomed.id) as session:
        standing = await standing_of(session)
    assert standing.erased_at is not None
    assert standing.max_accounts is None
