"""What one side keeps of a partnership for itself: listed by it, and never the partner's to see."""

from typing import Any

import asyncpg
import httpx
import pytest

from service.organizations.members import remove_member
from service.organizations.models import Person, Role
from service.organizations.passwords import Passwords
from service.organizations.people import People
from tests.factories.people import member
from tests.factories.world import Pair

EMPTY = {"owner": None, "tier": None, "tags": [], "notes": None}


@pytest.fixture
async def person(pair: Pair) -> Person:
    world = pair.world
    people = People(world.database, world.keystore, world.clock, world.ids, Passwords())
    return await member(people, pair.left.id, Role.PARTNER_MANAGER)


def path_of(pair: Pair) -> str:
    return f"/v1/partnerships/{pair.partnership.id}/profile"


async def change(client: httpx.AsyncClient, pair: Pair, **said: Any) -> dict[str, Any]:
    answer = await client.patch(path_of(pair), json=said, headers=pair.left.headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def listed(client: httpx.AsyncClient, who: dict[str, str], **query: Any) -> int:
    answer = await client.get("/v1/partnerships", params=query, headers=who)
    assert answer.status_code == 200, answer.text
    return len(answer.json()["items"])


async def test_a_profile_is_kept_changed_in_part_and_listed_by(
    client: httpx.AsyncClient, pair: Pair, person: Person
) -> None:
    left = pair.left.headers
    assert (await client.get(path_of(pair), headers=left)).json() == EMPTY
    kept = await change(
        client, pair, owner_id=str(person.id), tier=" gold ", tags=["emea", "apac", "emea"], notes="Ours."
    )
    owner = {"person_id": str(person.id), "name": person.name}
    assert kept == {"owner": owner, "tier": "gold", "tags": ["apac", "emea"], "notes": "Ours."}
    assert (await change(client, pair, tier=None)) == kept | {"tier": None}
    assert (await client.get(path_of(pair), headers=left)).json() == kept | {"tier": None}
    assert await listed(client, left, tag=["emea", "apac"]) == 1
    assert await listed(client, left, tag=["emea", "latam"]) == 0
    assert await listed(client, left, tier="gold") == 0
    assert await listed(client, left, owner=str(person.id)) == 1
    assert await listed(client, left) == 1


async def test_the_partner_is_told_none_of_it(
    client: httpx.AsyncClient, pair: Pair, superuser: asyncpg.Connection
) -> None:
    right, one = pair.right.headers, f"/v1/partnerships/{pair.partnership.id}"
    before = await client.get(one, headers=right)
    await change(client, pair, tier="gold", tags=["emea"], notes="They pay late.")
    assert (await client.get(path_of(pair), headers=right)).json() == EMPTY
    after = await client.get(one, headers=right)
    assert (after.content, after.headers["etag"]) == (before.content, before.headers["etag"])
    assert await listed(client, right, tier="gold") == await listed(client, right, tag="emea") == 0
    log = (await client.get("/v1/audit-log", headers=right)).json()["items"]
    assert "partnership.described" not in {entry["action"] for entry in log}
    # one's own log says what was changed, and not to what; the notes rest sealed
    own = (await client.get("/v1/audit-log", headers=pair.left.headers)).json()["items"]
    assert [one["details"] for one in own if one["action"] == "partnership.described"] == [
        {"changed": "notes, tags, tier"}
    ]
    assert b"late" not in await superuser.fetchval("SELECT notes FROM partnership_profile")


async def test_a_change_is_made_to_what_was_seen(client: httpx.AsyncClient, pair: Pair) -> None:
    left, path = pair.left.headers, path_of(pair)
    seen = (await client.get(path, headers=left)).headers["etag"]
    first = await client.patch(path, json={"tier": "gold"}, headers=left | {"If-Match": seen})
    late = await client.patch(path, json={"tier": "silver"}, headers=left | {"If-Match": seen})
    assert (first.status_code, late.status_code) == (200, 412)
    assert (await client.get(path, headers=left)).headers["etag"] == first.headers["etag"] != seen
    unchanged = await client.patch(path, json={"tier": "gold"}, headers=left)
    assert unchanged.headers["etag"] == first.headers["etag"]


async def test_an_owner_is_a_member_and_nobody_once_they_have_left(
    client: httpx.AsyncClient, pair: Pair, person: Person
) -> None:
    world = pair.world
    stranger = await client.patch(
        path_of(pair), json={"owner_id": str(world.ids.new())}, headers=pair.left.headers
    )
    assert stranger.status_code == 404
    assert await change(client, pair) == EMPTY
    kept = await change(client, pair, owner_id=str(person.id), tier="gold")
    async with world.database.tenant(pair.left.id) as session:
        await remove_member(session, world.clock, person.id)
    gone = await client.get(path_of(pair), headers=pair.left.headers)
    assert gone.json() == kept | {"owner": None}


async def test_it_goes_with_the_partnership(
    client: httpx.AsyncClient, pair: Pair, superuser: asyncpg.Connection
) -> None:
    await change(client, pair, tier="gold")
    await client.post(f"/v1/partnerships/{pair.partnership.id}/end", headers=pair.left.headers)
    assert (await client.get(path_of(pair), headers=pair.left.headers)).status_code == 410
    await pair.world.work()
    assert await superuser.fetchval("SELECT count(*) FROM partnership_profile") == 0


@pytest.mark.parametrize(
    "said", [{"tags": ["x"] * 21}, {"tags": [" "]}, {"tier": "a\nb"}, {"notes": "x" * 10_001}, {"color": 1}]
)
async def test_what_does_not_fit_is_refused(
    client: httpx.AsyncClient, pair: Pair, said: dict[str, Any]
) -> None:
    answer = await client.patch(path_of(pair), json=said, headers=pair.left.headers)
    assert answer.status_code == 422
