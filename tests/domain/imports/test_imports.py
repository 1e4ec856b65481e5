"""An upload against what is stored: only the difference is written, and what was there before is kept."""

from threading import Event
from typing import Any

import asyncpg
import polars as pl
import pytest

from service.accounts.target import AccountTarget
from service.imports.errors import EmptyUploadError, UploadIncompleteError, UploadTooLargeError
from service.imports.files import read_file
from service.imports.models import ImportKind, ImportMode, ImportStatus
from service.imports.operations import RUN_JOB
from service.imports.progress import CancelledImportError, Progress
from service.imports.reader import Reader
from service.imports.refused import errors_of
from service.imports.repository import Imports
from service.imports.spool import Spool
from service.imports.target import Order, Ready
from service.imports.tidy import tidy
from service.ingest import Limits
from service.jobs import enqueue
from tests.domain.imports.support import FIRST, counts, fetch, imported, one
from tests.factories.world import Pair, World, company_list


async def test_the_same_file_again_changes_nothing(pair: Pair) -> None:
    assert counts(await imported(pair.world, pair.left, FIRST)) == (2, 0, 0, 0, 0)
    before = await fetch(pair.world, pair.left, "SELECT * FROM account ORDER BY id")
    assert counts(await imported(pair.world, pair.left, FIRST + "\n")) == (0, 0, 2, 0, 0)
    assert await fetch(pair.world, pair.left, "SELECT * FROM account ORDER BY id") == before


async def test_a_changed_row_is_updated_in_place_and_its_past_kept(pair: Pair) -> None:
    await imported(pair.world, pair.left, FIRST)
    [[before]] = [
        [
            r["id"]
            for r in await fetch(pair.world, pair.left, "SELECT id FROM account WHERE external_id = '1'")
        ]
    ]
    record = await imported(pair.world, pair.left, FIRST.replace("Siemens AG", "Siemens Energy AG"))
    assert counts(record) == (0, 1, 1, 0, 0)
    [after] = await fetch(pair.world, pair.left, "SELECT id, name FROM account WHERE external_id = '1'")
    assert after == {"id": before, "name": "Siemens Energy AG"}
    [past] = await fetch(pair.world, pair.left, "SELECT record_id, change, before FROM record_history")
    assert (past["record_id"], past["change"], past["before"]["name"]) == (before, "updated", "Siemens AG")


async def test_merge_keeps_what_the_file_lacks_and_replace_removes_it(pair: Pair) -> None:
    await imported(pair.world, pair.left, FIRST)
    short = "\n".join(FIRST.splitlines()[:2]) + "\n"
    assert counts(await imported(pair.world, pair.left, short)) == (0, 0, 1, 0, 0)
    assert counts(await imported(pair.world, pair.left, short, mode=ImportMode.REPLACE)) == (0, 0, 1, 1, 0)
    assert [
        r["external_id"] for r in await fetch(pair.world, pair.left, "SELECT external_id FROM account")
    ] == ["1"]
    [past] = await fetch(pair.world, pair.left, "SELECT change, before FROM record_history")
    assert (past["change"], past["before"]["name"]) == ("removed", "Bosch")


async def test_the_status_column_gives_the_population(pair: Pair) -> None:
    await imported(pair.world, pair.left, FIRST)
    rows = await fetch(
        pair.world, pair.left, "SELECT external_id, populations FROM account ORDER BY external_id"
    )
    assert [r["populations"] for r in rows] == [0b001, 0b100]


async def test_rows_without_a_population_are_kept_and_warned_of(pair: Pair) -> None:
    record = await imported(pair.world, pair.left, FIRST.replace("Prospect", "Churned"))
    assert counts(record) == (2, 0, 0, 0, 0)
    assert record.report is not None
    assert "1 rows belong to no population" in record.report["warnings"][0]
    assert "Churned" in record.report["warnings"][0]


async def test_without_ids_a_domain_names_the_account_so_a_rename_is_the_same_one(pair: Pair) -> None:
    await imported(pair.world, pair.left, company_list(("Facebook", "meta.com")), population="customers")
    record = await imported(
        pair.world, pair.left, company_list(("Meta Platforms", "www.meta.com")), population="customers"
    )
    assert counts(record) == (0, 1, 0, 0, 0)


async def test_two_names_under_one_domain_are_two_accounts(pair: Pair) -> None:
    text = company_list(("Siemens Energy", "siemens.com"), ("Siemens Mobility", "siemens.com"))
    assert counts(await imported(pair.world, pair.left, text, population="customers")) == (2, 0, 0, 0, 0)


async def test_a_finished_import_is_not_run_again(pair: Pair) -> None:
    record = await imported(pair.world, pair.left, FIRST)
    async with pair.world.database.tenant(pair.left.id) as session:
        await enqueue(session, RUN_JOB, {"org_id": str(pair.left.id), "import_id": str(record.id)})
    await pair.world.work()
    assert (await one(pair.world, pair.left, record.id)).finished_at == record.finished_at


async def test_an_import_interrupted_while_running_begins_again(pair: Pair) -> None:
    import_id = await pair.world.upload(pair.left, FIRST, population=None)
    async with pair.world.database.tenant(pair.left.id) as session:
        found = await Imports(session).by_id(import_id)
        assert found is not None
        found.status = ImportStatus.RUNNING
    await pair.world.work()
    assert counts(await one(pair.world, pair.left, import_id)) == (2, 0, 0, 0, 0)


async def test_uploads_are_imported_in_their_order_whichever_job_comes_first(pair: Pair) -> None:
    older = await pair.world.upload(pair.left, FIRST, population=None)
    newer = await pair.world.upload(pair.left, FIRST.replace("Siemens AG", "Newest AG"), population=None)
    reader = Reader(
        pair.world.database,
        pair.world.keystore,
        pair.world.spool,
        {ImportKind.ACCOUNTS: AccountTarget()},
        Limits(),
        pair.world.clock,
        pair.world.ids,
    )
    await reader.run(pair.left.id, newer)
    assert (await one(pair.world, pair.left, newer)).status is ImportStatus.RECEIVED
    await reader.run(pair.left.id, older)
    await pair.world.work()
    assert (await one(pair.world, pair.left, newer)).status is ImportStatus.COMPLETED
    rows = await fetch(pair.world, pair.left, "SELECT name FROM account WHERE external_id = '1'")
    assert [r["name"] for r in rows] == ["Newest AG"]


async def test_an_import_given_up_is_failed_and_the_next_one_is_read(pair: Pair) -> None:
    class Broken(AccountTarget):
        def ready(self, rows: pl.DataFrame, order: Order) -> Ready[pl.DataFrame]:
            raise RuntimeError("broken")

    first = await pair.world.upload(pair.left, FIRST, population=None)
    second = await pair.world.upload(pair.left, FIRST + "\n", population=None)
    reader = Reader(
        pair.world.database,
        pair.world.keystore,
        pair.world.spool,
        {ImportKind.ACCOUNTS: Broken()},
        Limits(),
        pair.world.clock,
        pair.world.ids,
    )
    with pytest.raises(RuntimeError):
        await reader.run(pair.left.id, first, last_attempt=True)
    failed = await one(pair.world, pair.left, first)
    assert failed.problem is not None
    assert (failed.status, failed.problem["code"]) == (ImportStatus.FAILED, "internal")
    await pair.world.work()
    assert counts(await one(pair.world, pair.left, second)) == (2, 0, 0, 0, 0)


@pytest.mark.parametrize(
    ("change", "became"),
    [
        ("DELETE FROM pgqueuer", ImportStatus.COMPLETED),  # it came before its turn, and nobody called it
        ("UPDATE pgqueuer SET status = 'failed'", ImportStatus.FAILED),  # its worker died at every attempt
    ],
)
async def test_an_import_that_nobody_calls_is_called_by_the_next_unless_it_was_given_up(
    pair: Pair, superuser: asyncpg.Connection, change: str, became: ImportStatus
) -> None:
    older = await pair.world.upload(pair.left, FIRST, population=None)
    await superuser.execute(f"{change} WHERE position(convert_to($1, 'UTF8') IN payload) > 0", str(older))
    newer = await pair.world.upload(pair.left, FIRST.replace("Siemens AG", "Newest AG"), population=None)
    await pair.world.work()
    assert (await one(pair.world, pair.left, older)).status is became
    assert (await one(pair.world, pair.left, newer)).status is ImportStatus.COMPLETED
    rows = await fetch(pair.world, pair.left, "SELECT name FROM account WHERE external_id = '1'")
    assert [r["name"] for r in rows] == ["Newest AG"]


async def test_an_upload_whose_file_is_gone_fails_and_says_so(pair: Pair) -> None:
    import_id = await pair.world.upload(pair.left, FIRST, population=None)
    pair.world.spool.discard(import_id)
    await pair.world.work()
    record = await one(pair.world, pair.left, import_id)
    assert record.problem is not None
    assert record.problem["code"] == "upload_lost"


async def test_the_upload_is_gone_once_it_is_read(pair: Pair) -> None:
    await imported(pair.world, pair.left, FIRST)
    assert list(pair.world.spool.folder.iterdir()) == []


async def test_a_broken_upload_leaves_no_file(world: World) -> None:
    async def chunks(*parts: bytes) -> Any:
        for part in parts:
            yield part

    small = Spool(world.spool.folder, 10)
    with pytest.raises(UploadTooLargeError):
        await small.receive(world.ids.new(), chunks(b"12345678", b"9012345"))
    with pytest.raises(UploadTooLargeError):
        await small.receive(world.ids.new(), chunks(b"1"), announced=11)
    with pytest.raises(UploadIncompleteError):
        await small.receive(world.ids.new(), chunks(b"123"), announced=5)
    with pytest.raises(EmptyUploadError):
        await small.receive(world.ids.new(), chunks())
    assert list(small.folder.iterdir()) == []


async def test_what_a_crash_left_goes_and_what_an_import_waits_for_stays(pair: Pair) -> None:
    world = pair.world
    waiting = await world.upload(pair.left, FIRST, population=None)
    orphan = world.ids.new()
    for path in (world.spool.folder / "x.part", world.spool.path(orphan)):
        path.write_bytes(b"1")
    assert await tidy(world.database, world.spool, world.clock) == 0
    assert await tidy(world.database, world.spool, world.clock, older_than_seconds=-1) == 2
    assert list(world.spool.folder.iterdir()) == [world.spool.path(waiting)]


async def test_an_upload_whose_job_came_too_early_keeps_its_file(
    pair: Pair, superuser: asyncpg.Connection
) -> None:
    world = pair.world
    await world.upload(pair.left, FIRST, population=None)
    second = await world.upload(pair.left, FIRST + "\n", population=None)
    await superuser.execute(
        "DELETE FROM pgqueuer WHERE position(convert_to($1, 'UTF8') IN payload) > 0", str(second)
    )
    await tidy(world.database, world.spool, world.clock, older_than_seconds=-1)
    await world.work()
    assert (await one(world, pair.left, second)).status is ImportStatus.COMPLETED


async def test_a_row_with_a_nul_is_refused_and_the_good_ones_kept(pair: Pair) -> None:
    record = await imported(pair.world, pair.left, FIRST + "3,Ac\x00me,acme-one.com,DE,Customer\n")
    assert counts(record) == (2, 0, 0, 0, 1)
    async with pair.world.database.tenant_read(pair.left.id) as session:
        [error] = await errors_of(session, pair.world.keystore, record.id, limit=9)
    assert "Ac␀me" in error["text"]


async def test_a_long_external_id_is_kept(pair: Pair) -> None:
    long = "".join(f"{i:05}" for i in range(700))
    text = FIRST + f"{long},Long Id,longid.com,DE,Customer\n"
    assert counts(await imported(pair.world, pair.left, text)) == (3, 0, 0, 0, 0)
    assert counts(await imported(pair.world, pair.left, text + "\n")) == (0, 0, 3, 0, 0)


async def test_replace_removes_nothing_while_a_row_was_refused(pair: Pair) -> None:
    await imported(pair.world, pair.left, FIRST)
    short = "\n".join(FIRST.splitlines()[:2]) + "\nbroken\n"
    record = await imported(pair.world, pair.left, short, mode=ImportMode.REPLACE)
    assert counts(record) == (0, 0, 1, 0, 1)
    assert record.report is not None
    assert "nothing was removed" in record.report["warnings"][-1]


async def test_replace_by_a_file_of_which_every_row_is_refused_fails(pair: Pair) -> None:
    await imported(pair.world, pair.left, FIRST)
    header = FIRST.splitlines()[0]
    record = await imported(pair.world, pair.left, f"{header}\nbroken\nbroken\n", mode=ImportMode.REPLACE)
    assert record.problem is not None
    assert (record.status, record.problem["code"]) == (ImportStatus.FAILED, "nothing_kept")
    assert len(await fetch(pair.world, pair.left, "SELECT id FROM account")) == 2


async def test_a_second_job_of_a_finished_import_changes_nothing(pair: Pair) -> None:
    """It read the file before the first one finished, and comes to store it after a newer list."""
    old = await pair.world.upload(pair.left, FIRST, population=None)
    reader = Reader(
        pair.world.database,
        pair.world.keystore,
        pair.world.spool,
        {ImportKind.ACCOUNTS: AccountTarget()},
        Limits(),
        pair.world.clock,
        pair.world.ids,
    )
    stale = await one(pair.world, pair.left, old)
    read = read_file(await pair.world.opener(pair.left, old), stale, Limits(), Progress(Event()))
    order = Order(pair.left.id, old, ImportMode.UPSERT, None, read.headers)
    ready = AccountTarget().ready(read.rows, order)
    await pair.world.work()
    await imported(pair.world, pair.left, FIRST.replace("Siemens AG", "Newest AG"))
    async with pair.world.database.tenant(pair.left.id) as session:
        await reader._store(session, read, ready, order, Progress(Event()))
    await reader._fail(pair.left.id, old, {"code": "upload_lost", "message": ""})
    assert (await one(pair.world, pair.left, old)).status is ImportStatus.COMPLETED
    names = await fetch(pair.world, pair.left, "SELECT name FROM account ORDER BY external_id")
    assert names[0]["name"] == "Newest AG"


async def test_an_import_that_is_cancelled_while_it_is_compared_stores_nothing(
    pair: Pair, superuser: asyncpg.Connection
) -> None:
    world = pair.world
    import_id = await world.upload(pair.left, FIRST, population=None)
    reader = Reader(
        world.database,
        world.keystore,
        world.spool,
        {ImportKind.ACCOUNTS: AccountTarget()},
        Limits(),
        world.clock,
        world.ids,
    )
    opener = await world.opener(pair.left, import_id)
    read = read_file(opener, await one(world, pair.left, import_id), Limits(), Progress(Event()))
    order = Order(pair.left.id, import_id, ImportMode.UPSERT, None, read.headers)
    ready = AccountTarget().ready(read.rows, order)
    await superuser.execute("UPDATE import SET cancelling = true WHERE id = $1", import_id)
    with pytest.raises(CancelledImportError):
        async with world.database.tenant(pair.left.id) as session:
            await reader._store(session, read, ready, order, Progress(Event()))
    assert await fetch(world, pair.left, "SELECT id FROM account") == []
