"""Uploads wait sealed, open for their own import alone, and survive every change of keys."""

import gzip
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.cli.data_key import retire_owner, rotate_owner
from service.cli.operator import Desk
from service.crypto import FileKeystore, load_or_create_kek
from service.crypto.data_keys import RETIRE_AFTER
from service.crypto.rotation import retire_kek, rotate_kek
from service.imports.models import ImportKind, ImportStatus
from service.kit.clock import FixedClock
from tests.domain.imports.support import FIRST, counts, fetch, one
from tests.factories.world import Pair, World, make_world
from tests.support.formats import as_ods, as_parquet, as_xlsx, zipped

ROWS = [line.split(",") for line in FIRST.splitlines()]
PACKED: dict[str, bytes] = {
    "csv": FIRST.encode(),
    "gzip": gzip.compress(FIRST.encode()),
    "zip": zipped({"list.csv": FIRST}),
    "xlsx": as_xlsx(ROWS),
    "ods": as_ods(ROWS),
    "parquet": as_parquet(ROWS),
    "xlsx in gzip": gzip.compress(as_xlsx(ROWS)),
}


def lying(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.exists() else []


async def test_a_list_of_any_format_waits_sealed_and_is_read(pair: Pair) -> None:
    for name, content in PACKED.items():
        import_id = await pair.world.upload(pair.left, content, population=None, dry_run=True)
        spooled = pair.world.spool.path(import_id).read_bytes()
        assert content[:8] not in spooled, name
        assert content[-8:] not in spooled, name
        await pair.world.work()
        record = await one(pair.world, pair.left, import_id)
        assert counts(record) == (2, 0, 0, 0, 0), (name, record.problem)
    assert lying(pair.world.spool.folder) == []
    kept = await fetch(pair.world, pair.left, "SELECT upload_key FROM import")
    assert [row["upload_key"] for row in kept] == [None] * len(PACKED)


def cut(sealed: bytes) -> bytes:
    return sealed[:-1]


def changed(sealed: bytes) -> bytes:
    return bytes([sealed[0] ^ 1]) + sealed[1:]


@pytest.mark.parametrize("spoil", [cut, changed, lambda _: b"", lambda _: FIRST.encode()])
async def test_an_upload_that_is_not_what_came_is_refused_whole(
    pair: Pair, spoil: Callable[[bytes], bytes]
) -> None:
    import_id = await pair.world.upload(pair.left, FIRST, population=None)
    path = pair.world.spool.path(import_id)
    path.write_bytes(spoil(path.read_bytes()))
    await pair.world.work()
    record = await one(pair.world, pair.left, import_id)
    assert record.problem is not None
    assert (record.status, record.problem["code"]) == (ImportStatus.FAILED, "upload_damaged")
    assert await fetch(pair.world, pair.left, "SELECT id FROM account") == []
    assert lying(pair.world.spool.folder) == []


async def test_what_was_accepted_before_uploads_were_sealed_is_read_if_it_is_what_came(pair: Pair) -> None:
    """As such an upload lies after the upgrade: in plain, and without a key."""
    world, spool = pair.world, pair.world.spool
    ids = [await world.upload(pair.left, FIRST + "3,Linde,,,\n" * n, population=None) for n in range(2)]
    async with world.database.tenant(pair.left.id) as session:
        await session.sql("UPDATE import SET upload_key = NULL")
    spool.path(ids[0]).write_bytes(FIRST.encode())
    spool.path(ids[1]).write_bytes((FIRST + "3,Linde,,,\n")[:-4].encode())
    await world.work()
    kept, cut_short = [await one(world, pair.left, import_id) for import_id in ids]
    assert counts(kept) == (2, 0, 0, 0, 0)
    assert cut_short.problem is not None
    assert cut_short.problem["code"] == "upload_damaged"
    assert lying(spool.folder) == []


async def test_files_and_keys_that_change_places_open_nothing(pair: Pair) -> None:
    first = await pair.world.upload(pair.left, FIRST, population=None)
    second = await pair.world.upload(pair.left, FIRST + "\n", population=None)
    one_path, other = pair.world.spool.path(first), pair.world.spool.path(second)
    here, there = one_path.read_bytes(), other.read_bytes()
    one_path.write_bytes(there)
    other.write_bytes(here)
    await pair.world.work()
    for import_id in (first, second):
        record = await one(pair.world, pair.left, import_id)
        assert record.problem is not None
        assert record.problem["code"] == "upload_damaged"


async def test_uploads_outlive_the_rotation_of_their_organizations_data_key(
    pair: Pair,
) -> None:
    world, org_id = pair.world, str(pair.left.id)
    clock = FixedClock(datetime.now(UTC))
    waiting = await world.upload(pair.left, FIRST, population=None)
    contacts = await world.upload(
        pair.left, "Email,Company\nann@siemens.com,Siemens AG\n", population=None, kind=ImportKind.CONTACTS
    )
    desk = Desk(world.database, world.keystore, clock, world.ids)
    assert "2 values sealed again" in await rotate_owner(desk, org_id)
    clock.advance(RETIRE_AFTER)
    assert await retire_owner(desk, org_id) == "deleted version 1"
    await world.work()
    assert counts(await one(world, pair.left, waiting)) == (2, 0, 0, 0, 0)
    assert counts(await one(world, pair.left, contacts)) == (1, 0, 0, 0, 0)


async def test_uploads_outlive_the_rotation_of_the_key_encryption_key(world: World, tmp_path: Path) -> None:
    kek = load_or_create_kek(tmp_path / "kek" / "kek")
    store = FileKeystore(tmp_path / "keystore", kek)
    kept = make_world(world.database, store, world.spool.folder, world.clock, world.ids)
    member = await kept.organization("kept")
    import_id = await kept.upload(member, FIRST, population=None)
    rotate_kek(kek, store)
    retire_kek(kek, store)
    await kept.work()
    assert counts(await one(kept, member, import_id)) == (2, 0, 0, 0, 0)
