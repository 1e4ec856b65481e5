"""Whatever an import is at when its process is killed: nobody sees half a list, and the next worker brings it to its end."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import UUID

import pytest

from service.imports.models import Guard, Import, ImportKind, ImportMode, ImportStatus
from service.imports.operations import confirm, roll_back
from service.imports.tidy import tidy
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from tests.domain.imports.support import fetch, imported, one
from tests.factories.world import Member, World, make_world
from tests.support.dying_request import keystore_in
from tests.support.processes import ROOT
from tests.support.servers import OwnDatabase

pytestmark = pytest.mark.slow

ACCOUNTS = "Account ID,Company,Website\n1,Siemens AG,siemens.com\n2,Bosch,bosch.com\n"
OLD = {
    ImportKind.ACCOUNTS: ACCOUNTS,
    ImportKind.CONTACTS: "Contact ID,Email,Account ID\nc1,ann@siemens.com,1\nc2,ben@bosch.com,2\n",
    ImportKind.OPPORTUNITIES: "Deal ID,Opportunity Name,Account ID,Stage\no1,Turbines,1,Proposal\no2,Drills,2,Proposal\n",
}
NEW = {
    ImportKind.ACCOUNTS: "Account ID,Company,Website\n2,Bosch GmbH,bosch.com\n3,Linde,linde.com\n4,Basf,basf.com\nbroken\n",
    ImportKind.CONTACTS: "Contact ID,Email,Account ID\nc2,benno@bosch.com,2\nc3,cleo@bosch.com,2\nc4,dan@bosch.com,2\nbroken\n",
    ImportKind.OPPORTUNITIES: (
        "Deal ID,Opportunity Name,Account ID,Stage\no2,Big drills,2,Won\no3,Valves,1,Proposal\no4,Pumps,1,Proposal\nbroken\n"
    ),
}
SEEN = {
    ImportKind.ACCOUNTS: "SELECT name FROM account ORDER BY 1",
    ImportKind.CONTACTS: "SELECT external_id, account_id FROM contact ORDER BY 1",
    ImportKind.OPPORTUNITIES: "SELECT name, stage FROM opportunity ORDER BY 1",
}
STORED = {"after the commit", "discarded"}
POINTS = {
    ImportKind.ACCOUNTS: [
        "begun", "reading", "prepared", "rejects kept", "comparing", "compared", "written", "before the commit",
        "after the commit", "discarded",
    ],
    ImportKind.CONTACTS: ["compared", "before the commit", "after the commit"],
    ImportKind.OPPORTUNITIES: ["compared", "before the commit", "after the commit"],
}  # fmt: skip
"""Every one of accounts; what is the same code for all kinds once."""


class Doomed:
    """A process that runs imports to the point where they are killed."""

    def __init__(self, own: OwnDatabase, folder: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.support.dying_imports", str(folder)],
            cwd=ROOT, env=os.environ | own.environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip

    def dies(self, member: Member, import_id: UUID, kind: ImportKind, point: str, **more: str) -> None:
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        order = {"org": str(member.id), "import": str(import_id), "kind": kind.value, "point": point, **more}
        print(json.dumps(order), file=self.process.stdin, flush=True)
        assert int(self.process.stdout.readline()) == signal.SIGKILL, point

    def close(self) -> None:
        self.process.communicate(timeout=60)


@pytest.fixture
def world(own_database: OwnDatabase, tmp_path: Path) -> World:
    return make_world(own_database.database, keystore_in(tmp_path), tmp_path, SystemClock(), UuidV7Ids())


@pytest.fixture
def doomed(own_database: OwnDatabase, tmp_path: Path) -> Iterator[Doomed]:
    with closing(Doomed(own_database, tmp_path)) as process:
        yield process


async def seen(world: World, member: Member, kind: ImportKind) -> list[tuple[object, ...]]:
    return [tuple(row.values()) for row in await fetch(world, member, SEEN[kind])]


def lying(world: World) -> list[Path]:
    return list(world.spool.folder.iterdir())


async def with_lists(world: World, handle: str, of: ImportKind) -> Member:
    """An organization with accounts, and records of that kind."""
    member = await world.organization(handle)
    for kind in dict.fromkeys((ImportKind.ACCOUNTS, of)):
        record = await imported(world, member, OLD[kind], kind=kind)
        assert record.created == 2, (kind, record.problem)
    return member


async def ended(world: World, member: Member, import_id: UUID) -> Import:
    """What becomes of it where another worker takes over."""
    await world.work()
    record = await one(world, member, import_id)
    assert record.status is ImportStatus.COMPLETED, record.problem
    assert record.upload_key is None
    assert lying(world) == []
    return record


@pytest.mark.parametrize("kind", ImportKind)
async def test_a_killed_import_shows_the_old_list_or_the_new_one_and_ends_whole(
    world: World, doomed: Doomed, kind: ImportKind
) -> None:
    undisturbed = await with_lists(world, "undisturbed", kind)
    await imported(world, undisturbed, NEW[kind], kind=kind)
    whole = len(await seen(world, undisturbed, kind))
    pieces = "SELECT count(*) AS pieces FROM import_reject UNION ALL SELECT count(*) FROM import_error"
    for number, point in enumerate(POINTS[kind]):
        member = await with_lists(world, f"killed-{number}", kind)
        old = await seen(world, member, kind)
        import_id = await world.upload(member, NEW[kind], kind=kind, population=None)
        doomed.dies(member, import_id, kind, point)
        shown = await seen(world, member, kind)
        assert len(shown) == whole if point in STORED else shown == old, point
        record = await ended(world, member, import_id)
        assert (record.created, record.updated, record.rejected) == (2, 1, 1), point
        assert len(await seen(world, member, kind)) == whole == 4
        assert await fetch(world, member, pieces) == await fetch(world, undisturbed, pieces), point


@pytest.mark.parametrize("kind", ImportKind)
async def test_a_killed_rollback_undoes_all_or_nothing_and_ends_whole(
    world: World, doomed: Doomed, kind: ImportKind
) -> None:
    for number, point in enumerate(("undone", "discarded")):
        member = await with_lists(world, f"undone-{number}", kind)
        old = await seen(world, member, kind)
        brought = await imported(world, member, NEW[kind], kind=kind)
        new = await seen(world, member, kind)
        async with world.database.tenant(member.id) as session:
            undoing = await roll_back(session, world.clock, world.ids, brought.id)
        doomed.dies(member, undoing.id, kind, point)
        assert await seen(world, member, kind) == (old if point in STORED else new), point
        await ended(world, member, undoing.id)
        assert await seen(world, member, kind) == old, point


async def test_a_killed_import_that_is_held_waits_and_once_confirmed_is_stored(
    world: World, doomed: Doomed
) -> None:
    kind, lines = (
        ImportKind.ACCOUNTS,
        [f"{number},Company {number},c{number}.example" for number in range(10)],
    )
    shrunk = f"Account ID,Company,Website\n{lines[0]}\n"
    for number, point in enumerate(("written", "after the commit")):
        member = await world.organization(f"held-{number}")
        await imported(world, member, "\n".join(["Account ID,Company,Website", *lines, ""]))
        import_id = await world.upload(member, shrunk, kind=kind, population=None, mode=ImportMode.REPLACE)
        doomed.dies(member, import_id, kind, "holding")
        assert len(await seen(world, member, kind)) == 10
        await world.work()
        record = await one(world, member, import_id)
        assert record.status is ImportStatus.HELD
        assert record.report is not None
        assert [guard["guard"] for guard in record.report["guards"]] == [Guard.REMOVES_TOO_MANY]
        assert lying(world) == [world.spool.path(import_id)]
        async with world.database.tenant(member.id) as session:
            await confirm(session, world.clock, import_id)
        doomed.dies(member, import_id, kind, point)
        assert len(await seen(world, member, kind)) == (1 if point in STORED else 10), point
        record = await ended(world, member, import_id)
        assert (record.removed, record.unchanged) == (9, 1)


async def test_an_upload_whose_server_is_killed_is_accepted_or_leaves_nothing_for_longer_than_an_hour(
    world: World, doomed: Doomed
) -> None:
    kind = ImportKind.ACCOUNTS
    member = await with_lists(world, "receiving", kind)
    for point in ("receiving", "received", "spooled", "accepting", "accepted"):
        import_id = world.ids.new()
        doomed.dies(member, import_id, kind, point, content=NEW[kind])
        known = await fetch(world, member, f"SELECT id FROM import WHERE id = '{import_id}'")
        assert bool(known) == (point == "accepted"), point
        assert len(lying(world)) == 1, point
        assert await tidy(world.database, world.spool, world.clock) == 0, "what is fresh may be on its way"
        [file] = lying(world)
        os.utime(file, (0, 0))
        assert await tidy(world.database, world.spool, world.clock) == (0 if known else 1), point
    assert (await ended(world, member, import_id)).created == 2
