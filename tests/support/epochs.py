"""A partnership before and after its keys were rotated: what has to stay, and what mustn't."""

from typing import Any

import asyncpg

from service.kit.actors import OPERATOR
from service.overlaps.blobs import frame_of
from service.overlaps.stored import read_sent
from service.partnerships.rotation import ask_for_rotation
from tests.factories.world import Pair

STAYS = (
    "SELECT * FROM overlap WHERE partnership_id = $1",
    "SELECT * FROM shared_record WHERE partnership_id = $1",
    "SELECT * FROM account_reference WHERE partnership_id = $1",
    "SELECT * FROM related_pair WHERE partnership_id = $1",
    "SELECT * FROM decision WHERE partnership_id = $1",
    "SELECT * FROM decided_account WHERE partnership_id = $1",
    "SELECT * FROM partnership_event WHERE partnership_id = $1",
    "SELECT partnership_id, org_id, name, handle, mode, identity FROM partnership_side WHERE partnership_id = $1",
)


async def standing(admin: asyncpg.Connection, pair: Pair) -> list[list[Any]]:
    """Every column of what a rotation leaves as it is: overlaps with their ids, what is shown, references, events."""
    found = []
    for statement in STAYS:
        rows = await admin.fetch(statement, pair.partnership.id)
        found.append(sorted(str(tuple(row.items())) for row in rows))
    return found


async def rests(admin: asyncpg.Connection, pair: Pair) -> list[str]:
    """What stays of another epoch than the present one, in any place."""
    epoch = await present(admin, pair)
    found = [
        f"{table}: {number}"
        for table, column in (("token_segment", "epoch"), ("evidence_request", "epoch"))
        for (number,) in await admin.fetch(
            f"SELECT DISTINCT {column} FROM {table} WHERE partnership_id = $1 AND {column} <> $2",
            pair.partnership.id,
            epoch,
        )
    ]
    runs = await admin.fetch("SELECT terms FROM match_run WHERE partnership_id = $1", pair.partnership.id)
    found += [f"match_run: {row[0]}" for row in runs if not row[0].startswith(f"{epoch}|")]
    found += await left_out_elsewhere(admin, pair)
    found += [str(name) for name in pair.world.keystore.names() if name.epoch not in {None, epoch}]
    side = await admin.fetchrow(
        "SELECT * FROM partnership_side WHERE partnership_id = $1 LIMIT 1", pair.partnership.id
    )
    assert side is not None
    return found + [key for key, value in side.items() if key.startswith("next_") and value is not None]


async def left_out_elsewhere(admin: asyncpg.Connection, pair: Pair) -> list[str]:
    """Tokens counted as too many that aren't those of the present epoch."""
    epoch = await present(admin, pair)
    async with pair.world.database.matcher(pair.partnership.id) as session:
        sides = list((await read_sent(session, epoch=epoch)).values())
    words = {int(word) for side in sides for column in side.values() for word in column.high}
    counted = await admin.fetch(
        "SELECT left_out FROM match_run WHERE partnership_id = $1", pair.partnership.id
    )
    return [f"left out: {word}" for row in counted for word in frame_of(row[0])["high"] if word not in words]


async def present(admin: asyncpg.Connection, pair: Pair) -> int:
    found: int = await admin.fetchval("SELECT epoch FROM partnership WHERE id = $1", pair.partnership.id)
    return found


async def ask(pair: Pair) -> None:
    async with pair.world.database.tenant(pair.left.id) as session:
        session.actor = OPERATOR
        await ask_for_rotation(session, pair.world.clock, pair.partnership.id)


async def age(admin: asyncpg.Connection, pair: Pair) -> None:
    """Let the last rotation be long ago."""
    await admin.execute(
        "UPDATE partnership SET epoch_since = epoch_since - interval '2 days' WHERE id = $1",
        pair.partnership.id,
    )


async def rotated(admin: asyncpg.Connection, pair: Pair) -> list[str]:
    """Rotate to the end, whenever the last time was; the jobs that ran."""
    await age(admin, pair)
    await ask(pair)
    return await pair.world.work()
