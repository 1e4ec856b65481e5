"""`commonground org delete` killed at random moments and run again ends with nothing of the organization left."""

import subprocess
from pathlib import Path
from random import Random

import asyncpg
import pytest

from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from service.settings import load_settings, open_keystore
from tests.factories.world import Pair, World, company_list, make_pair, make_world
from tests.support.processes import command, run_command, wait_for_line
from tests.support.servers import OwnDatabase
from tests.support.tables import tables

ROUNDS = 20
LONGEST_SECONDS = 0.4
"""About as long as erasing takes: later there is nothing to kill."""


async def peopled(world: World) -> Pair:
    pair = await make_pair(world, left="doomed", right="partner")
    await world.upload(pair.left, company_list(*((f"Quarzmarker {i}", f"common{i}.com") for i in range(500))))
    await world.upload(
        pair.right, company_list(*((f"Company {i}", f"common{i}.com") for i in range(0, 500, 3)))
    )
    await world.work()
    return pair


async def left_of(admin: asyncpg.Connection, pair: Pair) -> list[str]:
    found = []
    for table in await tables(admin):
        words = [
            "%quarzmarker%",
            "%doomed%",
            *([f"%{pair.left.id}%"] if table.name != "organization_standing" else []),
        ]
        if await admin.fetchval(
            f"SELECT count(*) FROM {table.quoted} t WHERE lower(t::text) LIKE ANY($1)", words
        ):
            found.append(table.name)
    return found


@pytest.mark.slow
async def test_killed_and_run_again_it_ends_with_nothing_left(
    own_database: OwnDatabase, tmp_path: Path, random: Random
) -> None:
    keystore = open_keystore(load_settings(data_dir=tmp_path))
    world = make_world(own_database.database, keystore, tmp_path, SystemClock(), UuidV7Ids())
    admin = await asyncpg.connect(own_database.urls.admin)
    killed = 0
    for _ in range(ROUNDS):
        pair = await peopled(world)
        for _ in range(3):
            with command(
                "org", "delete", "doomed", "--yes", data_dir=tmp_path, **own_database.environment()
            ) as process:
                if "No organization has the handle" in wait_for_line(
                    process, "Erasing", "No organization has"
                ):
                    break  # the one before was killed after its last commit
                try:
                    process.wait(timeout=random.uniform(0, LONGEST_SECONDS))
                except subprocess.TimeoutExpired:
                    process.kill()
                    killed += 1
                else:
                    break
        else:
            said, code = run_command(
                "org", "delete", "doomed", "--yes", data_dir=tmp_path, **own_database.environment()
            )
            assert code == 0 or "No organization has the handle" in said, said
        assert await left_of(admin, pair) == []
        assert not [name for name in keystore.names() if str(pair.left.id) in (name.owner, name.partnership)]
        ended = await admin.fetchval(
            "SELECT count(*) FROM audit_entry WHERE org_id = $1 AND action = 'partnership.ended'",
            pair.right.id,
        )
        assert ended == 1
        said, code = run_command(
            "org", "delete", "partner", "--yes", data_dir=tmp_path, **own_database.environment()
        )
        assert code == 0, said
    await admin.close()
    assert killed > ROUNDS // 2
