"""Ten thousand requests of two tenants over one connection, with errors and cancellations among them."""

from random import Random

import pytest

from service.db.database import Database
from service.db.engine import Limits
from tests.domain.test_walls_one_connection import tenants_of
from tests.support.servers import OwnDatabase
from tests.support.turns import take_turns

pytestmark = pytest.mark.slow
TURNS = 10_000


async def test_ten_thousand_turns_see_no_foreign_row(own_database: OwnDatabase, random: Random) -> None:
    urls = own_database.urls
    async with Database(
        app_url=urls.app, matcher_url=urls.matcher, limits=Limits(connections=1, acquire=20)
    ) as narrow:
        seen = await take_turns(narrow, await tenants_of(narrow), random, TURNS)
    assert (seen.foreign, seen.left_over) == (0, [])
    assert seen.raised > TURNS / 50
    assert seen.cancelled > TURNS / 50
