"""A partnership's keys over the API: either side's admin asks, both see the epoch and find it in their logs."""

from datetime import timedelta

import asyncpg
import httpx

from tests.factories.world import Pair, company_list

PROBLEM = "urn:commonground:problem:"


async def test_keys_are_rotated_by_either_side_once_a_day_while_the_partnership_is_active(
    client: httpx.AsyncClient, pair: Pair, superuser: asyncpg.Connection
) -> None:
    path = f"/v1/partnerships/{pair.partnership.id}"
    for member in (pair.left, pair.right):
        await pair.world.upload(member, company_list(("Orchid Bakery", "orchid.com")))
    await pair.world.work()
    first = (await client.get(path, headers=pair.left.headers)).json()
    assert (first["epoch"], first["next_epoch"], first["epoch_since"]) == (1, None, first["created_at"])
    events = await superuser.fetchval("SELECT count(*) FROM partnership_event")

    # twice before the worker comes, and once more while it is under way, are one
    for member in (pair.right, pair.left):
        asked = await client.post(f"{path}/epochs", headers=member.headers)
        assert (asked.status_code, asked.json()["epoch"]) == (202, 1)
    await pair.world.work("partnerships.rotate")
    under_way = await client.post(f"{path}/epochs", headers=pair.left.headers)
    assert (under_way.status_code, under_way.json()["next_epoch"]) == (202, 2)
    await pair.world.work()
    for member in (pair.left, pair.right):
        seen = (await client.get(path, headers=member.headers)).json()
        assert (seen["epoch"], seen["next_epoch"]) == (2, None)
        assert seen["epoch_since"] > first["epoch_since"]
        assert seen["safety_number"] == first["safety_number"]
        log = (await client.get("/v1/audit-log", headers=member.headers)).json()["items"]
        [noted] = [entry for entry in log if entry["action"] == "partnership.epoch_changed"]
        assert noted["details"]["epoch"] == 2
        assert noted["actor"]["kind"] == "service"
        requests = [entry for entry in log if entry["action"] == "partnership.rotation_requested"]
        assert len(requests) == (2 if member is pair.left else 1)
    assert await superuser.fetchval("SELECT count(*) FROM partnership_event") == events

    lately = await client.post(f"{path}/epochs", headers=pair.left.headers)
    assert (lately.status_code, lately.json()["type"]) == (409, PROBLEM + "rotated-lately")
    again = f"{pair.world.clock.now() + timedelta(days=1):%Y-%m-%d}"
    assert again in lately.json()["detail"]
    for status, code, slug in (("paused", 409, "partnership-paused"), ("ended", 410, "partnership-ended")):
        await superuser.execute("UPDATE partnership SET status = $1", status)
        refused = await client.post(f"{path}/epochs", headers=pair.left.headers)
        assert (refused.status_code, refused.json()["type"]) == (code, PROBLEM + slug)
        assert await pair.world.work() == []
