"""Jobs over long lists go one behind the other where few cores are; those over short ones pass them."""

from asyncio import Semaphore, create_task, sleep

from service.crypto import MemoryKeystore
from service.db.database import Database
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from service.overlaps.jobs.parts import LONG, Parts


def parts() -> Parts:
    database = Database(
        app_url="postgresql://nobody@localhost/none", matcher_url="postgresql://nobody@localhost/none"
    )
    return Parts(database, MemoryKeystore(), SystemClock(), UuidV7Ids(), long=Semaphore(1))


async def test_a_second_long_list_waits_until_the_first_is_done() -> None:
    shared, order = parts(), []

    async def go_through(name: str) -> None:
        async with shared.turn(LONG):
            order.append(f"{name} begins")
            await sleep(0)
            order.append(f"{name} ends")

    first, second = create_task(go_through("one")), create_task(go_through("other"))
    await first
    await second
    assert order == ["one begins", "one ends", "other begins", "other ends"]


async def test_a_short_list_passes_a_long_one() -> None:
    shared = parts()
    async with shared.turn(LONG), shared.turn(LONG - 1), shared.turn(0):
        assert shared.long.locked()
