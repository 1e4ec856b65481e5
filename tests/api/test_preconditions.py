"""A sharing rule is changed as one saw it, or not."""

import asyncio

import httpx

from tests.factories.world import Pair, World, make_pair


def path_of(pair: Pair, population: str = "customers") -> str:
    return f"/v1/partnerships/{pair.partnership.id}/sharing-rules/{population}"


async def test_a_rule_is_read_with_its_tag_and_changed_once_under_it(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    path, who = path_of(pair), pair.left.headers
    read = await client.get(path, headers=who)
    changed = await client.put(
        path, json={"level": "matched"}, headers=who | {"If-Match": read.headers["etag"]}
    )
    late = await client.put(path, json={"level": "all"}, headers=who | {"If-Match": read.headers["etag"]})
    assert (changed.status_code, late.status_code) == (200, 412)
    assert late.json()["type"] == "urn:commonground:problem:precondition-failed"
    again = await client.get(path, headers=who)
    assert again.headers["etag"] == changed.headers["etag"] != read.headers["etag"]
    assert again.json() == changed.json()
    assert again.json()["level"] == "matched"


async def test_an_unchanged_rule_is_answered_without_its_body(client: httpx.AsyncClient, pair: Pair) -> None:
    path, who = path_of(pair), pair.left.headers
    tag = (await client.get(path, headers=who)).headers["etag"]
    for given in (tag, f"W/{tag}"):
        answer = await client.get(path, headers=who | {"If-None-Match": given})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)


async def test_without_a_condition_a_rule_is_changed_whatever_it_is(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    assert (
        await client.put(path_of(pair), json={"level": "matched"}, headers=pair.left.headers)
    ).status_code == 200


async def test_a_first_rule_can_be_asked_to_be_the_first(client: httpx.AsyncClient, world: World) -> None:
    one, other = await world.organization("one"), await world.organization("other")
    partnership = await world.partnership(one, other)
    path = f"/v1/partnerships/{partnership.id}/sharing-rules/customers"
    assert (await client.get(path, headers=one.headers)).status_code == 404
    first = [
        (
            await client.put(path, json={"level": "matched"}, headers=one.headers | {"If-None-Match": "*"})
        ).status_code
        for _ in range(2)
    ]
    assert first == [200, 412]


async def test_of_changes_under_one_tag_at_the_same_time_one_is_made(
    own_world: World, own_client: httpx.AsyncClient
) -> None:
    pair = await make_pair(own_world)
    who = pair.left.headers
    tag = (await own_client.get(path_of(pair), headers=who)).headers["etag"]
    answers = await asyncio.gather(
        *(
            own_client.put(path_of(pair), json={"level": level}, headers=who | {"If-Match": tag})
            for level in ("matched", "all", "hidden")
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200, 412, 412]
