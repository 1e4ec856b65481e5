"""API keys: made, read, changed, rotated and revoked over the API; nobody comes by more than they have."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from service.crypto import MemoryKeystore
from service.db.database import Database
from service.kit.clock import FixedClock, SystemClock
from service.kit.ids import UuidV7Ids
from service.organizations import key_operations
from service.organizations.models import Scope
from tests.factories.world import Member, World, make_world

PROBLEM = "urn:commonground:problem:"
READ = {"name": "reader", "scopes": ["accounts:read"]}


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(SystemClock().now())


@pytest.fixture
def world(db: Database, tmp_path: Path, clock: FixedClock) -> World:
    return make_world(db, MemoryKeystore(), tmp_path, clock, UuidV7Ids())


@pytest.fixture
async def owner(world: World) -> Member:
    return await world.organization("owner")


def bearer(key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {key}"}


async def create(client: httpx.AsyncClient, owner: Member, **wanted: Any) -> dict[str, Any]:
    answer = await client.post("/v1/api-keys", json=READ | wanted, headers=owner.headers)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def rotate(client: httpx.AsyncClient, owner: Member, key_id: str, **wanted: int) -> dict[str, Any]:
    answer = await client.post(f"/v1/api-keys/{key_id}/rotate", json=wanted, headers=owner.headers)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


async def works(client: httpx.AsyncClient, key: str) -> bool:
    answer = await client.get("/v1/accounts", headers=bearer(key))
    assert answer.status_code in {200, 401}, answer.text
    return answer.status_code == 200


async def test_a_key_is_shown_once_and_then_described_without_its_text(
    client: httpx.AsyncClient, owner: Member
) -> None:
    made = await create(client, owner)
    assert await works(client, made["key"])
    one = await client.get(f"/v1/api-keys/{made['id']}", headers=owner.headers)
    listed = await client.get("/v1/api-keys", headers=owner.headers)
    for answer in (one, listed):
        assert made["key"][-20:] not in answer.text
    assert one.json() == {name: value for name, value in made.items() if name != "key"}
    assert [key["name"] for key in listed.json()["items"]] == ["reader", "test"]


async def test_what_is_shown_of_a_key_is_ten_of_the_characters_of_its_secret(
    client: httpx.AsyncClient, owner: Member
) -> None:
    made = await create(client, owner)
    assert made["shown"] == f"cg_live_…{made['key'][34:44]}…"


async def test_a_key_names_who_made_it(client: httpx.AsyncClient, owner: Member) -> None:
    first = (await client.get("/v1/api-keys", headers=owner.headers)).json()["items"][0]
    made = await create(client, owner)
    assert first["created_by"] == {"kind": "service", "id": None}
    assert made["created_by"] == {"kind": "api_key", "id": first["id"]}


async def test_a_page_of_keys_goes_on_where_the_one_before_ended(
    client: httpx.AsyncClient, owner: Member
) -> None:
    for number in range(4):
        await create(client, owner, name=f"key {number}")
    seen, cursor = [], None
    while True:
        query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = (await client.get("/v1/api-keys", params=query, headers=owner.headers)).json()
        seen += [key["name"] for key in page["items"]]
        cursor = page["next_cursor"]
        if not page["has_more"]:
            break
    assert seen == ["key 3", "key 2", "key 1", "key 0", "test"]


async def test_nobody_gives_a_key_what_they_lack_themselves(client: httpx.AsyncClient, owner: Member) -> None:
    keeper = await create(client, owner, scopes=["keys:admin", "accounts:read"])
    wanted = {"name": "x", "scopes": ["accounts:read", "imports:write", "audit:read"]}
    answer = await client.post("/v1/api-keys", json=wanted, headers=bearer(keeper["key"]))
    assert answer.status_code == 403
    assert answer.json()["type"] == PROBLEM + "missing-scope"
    assert answer.json()["missing_scopes"] == ["audit:read", "imports:write"]


async def test_a_missing_scope_is_named_for_programs_too(client: httpx.AsyncClient, owner: Member) -> None:
    made = await create(client, owner)
    answer = await client.get("/v1/api-keys", headers=bearer(made["key"]))
    assert answer.status_code == 403
    assert answer.json()["missing_scopes"] == ["keys:admin"]


async def test_nobody_widens_a_key_beyond_themselves_but_may_narrow_any(
    client: httpx.AsyncClient, owner: Member
) -> None:
    keeper = await create(client, owner, scopes=["keys:admin"])
    wide = await create(client, owner, scopes=["accounts:read", "imports:read"])
    path = f"/v1/api-keys/{wide['id']}"
    wider = {"scopes": ["accounts:read", "imports:read", "imports:write"]}
    refused = await client.patch(path, json=wider, headers=bearer(keeper["key"]))
    assert refused.json()["missing_scopes"] == ["imports:write"]
    narrower = {"scopes": ["imports:read"], "name": "narrow"}
    changed = await client.patch(path, json=narrower, headers=bearer(keeper["key"]))
    assert (changed.json()["scopes"], changed.json()["name"]) == (["imports:read"], "narrow")
    assert (await client.get("/v1/accounts", headers=bearer(wide["key"]))).status_code == 403
    assert (await client.patch(path, json=wider, headers=owner.headers)).status_code == 200


async def test_who_may_less_than_a_key_cannot_rotate_it_and_read_its_successor(
    client: httpx.AsyncClient, owner: Member
) -> None:
    keeper = await create(client, owner, scopes=["keys:admin"])
    wide = await create(client, owner, scopes=["accounts:read"])
    answer = await client.post(f"/v1/api-keys/{wide['id']}/rotate", headers=bearer(keeper["key"]))
    assert answer.status_code == 403
    assert "key" not in answer.json()


async def test_a_key_expires(client: httpx.AsyncClient, owner: Member, clock: FixedClock) -> None:
    made = await create(client, owner, expires_at=(clock.now() + timedelta(hours=1)).isoformat())
    clock.advance(timedelta(minutes=59))
    assert await works(client, made["key"])
    clock.advance(timedelta(minutes=1))
    assert not await works(client, made["key"])


async def test_a_key_that_would_have_expired_is_refused(
    client: httpx.AsyncClient, owner: Member, clock: FixedClock
) -> None:
    answer = await client.post(
        "/v1/api-keys", json=READ | {"expires_at": clock.now().isoformat()}, headers=owner.headers
    )
    assert answer.json()["type"] == PROBLEM + "past-expiry"


async def test_a_revoked_key_is_refused_at_once_and_revoking_again_changes_nothing(
    client: httpx.AsyncClient, owner: Member, clock: FixedClock
) -> None:
    made = await create(client, owner)
    path = f"/v1/api-keys/{made['id']}/revoke"
    first = await client.post(path, headers=owner.headers)
    assert first.status_code == 200
    assert not await works(client, made["key"])
    clock.advance(timedelta(hours=1))
    assert (await client.post(path, headers=owner.headers)).json() == first.json()


async def test_a_key_can_revoke_itself(client: httpx.AsyncClient, owner: Member) -> None:
    made = await create(client, owner, scopes=["keys:admin", "accounts:read"])
    answer = await client.post(f"/v1/api-keys/{made['id']}/revoke", headers=bearer(made["key"]))
    assert answer.status_code == 200
    assert not await works(client, made["key"])


async def test_after_a_rotation_both_keys_work_until_the_overlap_is_over(
    client: httpx.AsyncClient, owner: Member, clock: FixedClock
) -> None:
    old = await create(client, owner)
    new = await rotate(client, owner, old["id"], overlap_seconds=600)
    assert (new["name"], new["scopes"], new["family_id"]) == (old["name"], old["scopes"], old["family_id"])
    clock.advance(timedelta(seconds=599))
    assert await works(client, old["key"])
    clock.advance(timedelta(seconds=1))
    assert not await works(client, old["key"])
    assert await works(client, new["key"])


async def test_the_overlap_is_a_day_unless_said_and_at_most_a_week(
    client: httpx.AsyncClient, owner: Member, clock: FixedClock
) -> None:
    old = await create(client, owner)
    path = f"/v1/api-keys/{old['id']}"
    for seconds in (-1, 7 * 86_400 + 1):
        answer = await client.post(f"{path}/rotate", json={"overlap_seconds": seconds}, headers=owner.headers)
        assert answer.status_code == 422
    await client.post(f"{path}/rotate", headers=owner.headers)
    clock.advance(timedelta(hours=24) - timedelta(seconds=1))
    assert await works(client, old["key"])
    clock.advance(timedelta(seconds=1))
    assert not await works(client, old["key"])


async def test_a_rotation_never_lets_the_old_key_live_longer_and_gives_the_new_one_the_same_length(
    client: httpx.AsyncClient, owner: Member, clock: FixedClock
) -> None:
    old = await create(client, owner, expires_at=(clock.now() + timedelta(hours=2)).isoformat())
    clock.advance(timedelta(hours=1))
    new = await rotate(client, owner, old["id"])
    clock.advance(timedelta(hours=1))
    assert not await works(client, old["key"])
    clock.advance(timedelta(minutes=59))
    assert await works(client, new["key"])
    clock.advance(timedelta(minutes=1))
    assert not await works(client, new["key"])


async def test_a_key_that_lasts_as_long_as_dates_do_is_rotated_into_one_that_does_too(
    client: httpx.AsyncClient, owner: Member, clock: FixedClock
) -> None:
    old = await create(client, owner, expires_at="9999-12-31T00:00:00Z")
    clock.advance(timedelta(days=2))
    new = await rotate(client, owner, old["id"])
    assert new["expires_at"].startswith("9999-12-31T23:59:59")
    assert await works(client, new["key"])


async def test_a_moment_after_the_last_one_of_utc_is_refused(
    client: httpx.AsyncClient, owner: Member
) -> None:
    wanted = READ | {"expires_at": "9999-12-31T23:59:59-12:00"}
    answer = await client.post("/v1/api-keys", json=wanted, headers=owner.headers)
    assert answer.status_code == 422, answer.text


async def test_a_key_that_was_rotated_names_its_successor_instead_of_rotating_again(
    client: httpx.AsyncClient, owner: Member
) -> None:
    old = await create(client, owner)
    new = await rotate(client, owner, old["id"])
    answer = await client.post(f"/v1/api-keys/{old['id']}/rotate", headers=owner.headers)
    assert answer.json()["type"] == PROBLEM + "api-key-replaced"
    assert new["id"] in answer.json()["detail"]


@pytest.mark.parametrize("days", [None, 300])
async def test_a_key_whose_successor_was_revoked_is_rotated_into_another_of_the_same_length_of_life(
    client: httpx.AsyncClient, owner: Member, clock: FixedClock, days: int | None
) -> None:
    ends = {} if days is None else {"expires_at": (clock.now() + timedelta(days=days)).isoformat()}
    old = await create(client, owner, **ends)
    clock.advance(timedelta(hours=1))
    lost = await rotate(client, owner, old["id"])
    await client.post(f"/v1/api-keys/{lost['id']}/revoke", headers=owner.headers)
    found = await rotate(client, owner, old["id"])
    assert found["expires_at"] == lost["expires_at"]
    assert found["family_id"] == old["family_id"]
    answer = await client.post(f"/v1/api-keys/{old['id']}/rotate", headers=owner.headers)
    assert found["id"] in answer.json()["detail"]


async def test_two_predecessors_may_live_and_no_third(
    client: httpx.AsyncClient, owner: Member, clock: FixedClock
) -> None:
    first = await create(client, owner)
    second = await rotate(client, owner, first["id"], overlap_seconds=60)
    third = await rotate(client, owner, second["id"], overlap_seconds=600)
    path = f"/v1/api-keys/{third['id']}/rotate"
    answer = await client.post(path, headers=owner.headers)
    assert answer.json()["type"] == PROBLEM + "too-many-rotations"
    clock.advance(timedelta(seconds=60))
    assert (await client.post(path, headers=owner.headers)).status_code == 201


@pytest.mark.parametrize("ended", ["revoked", "expired"])
async def test_a_key_that_is_over_can_be_neither_changed_nor_rotated(
    client: httpx.AsyncClient, owner: Member, clock: FixedClock, ended: str
) -> None:
    made = await create(client, owner, expires_at=(clock.now() + timedelta(hours=1)).isoformat())
    path = f"/v1/api-keys/{made['id']}"
    if ended == "revoked":
        await client.post(f"{path}/revoke", headers=owner.headers)
    else:
        clock.advance(timedelta(hours=1))
    changed = await client.patch(path, json={"name": "other"}, headers=owner.headers)
    rotated = await client.post(f"{path}/rotate", headers=owner.headers)
    for answer in (changed, rotated):
        assert answer.json()["type"] == PROBLEM + "api-key-over"


async def test_an_organization_has_so_many_usable_keys_and_no_more(
    client: httpx.AsyncClient, owner: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(key_operations, "MOST_KEYS", 3)
    first = await create(client, owner)
    await create(client, owner)
    refused = await client.post("/v1/api-keys", json=READ, headers=owner.headers)
    assert refused.json()["type"] == PROBLEM + "too-many-keys"
    await client.post(f"/v1/api-keys/{first['id']}/revoke", headers=owner.headers)
    await create(client, owner)


async def test_last_use_is_written_to_the_minute_and_not_by_the_request(
    client: httpx.AsyncClient, world: World, owner: Member, clock: FixedClock, app: Any
) -> None:
    made = await create(client, owner)
    uses = app.state.commonground.key_uses

    async def last_used() -> str | None:
        await uses.write(world.database)
        path = f"/v1/api-keys/{made['id']}"
        found: str | None = (await client.get(path, headers=owner.headers)).json()["last_used_at"]
        return found

    assert await last_used() is None
    await works(client, made["key"])
    first = await last_used()
    assert first is not None
    clock.advance(timedelta(seconds=59))
    await works(client, made["key"])
    assert await last_used() == first
    clock.advance(timedelta(seconds=1))
    await works(client, made["key"])
    assert await last_used() != first


async def test_a_busy_key_is_written_once_a_minute_over_all_processes(
    client: httpx.AsyncClient, world: World, owner: Member, clock: FixedClock, app: Any
) -> None:
    uses = app.state.commonground.key_uses
    for _ in range(5):
        await works(client, owner.key)
    assert await uses.write(world.database) == 1
    await works(client, owner.key)
    assert await uses.write(world.database) == 0
    clock.advance(timedelta(seconds=30))
    other = type(uses)()
    async with world.database.tenant_read(owner.id) as session:
        row = await (await session.raw()).fetchrow("SELECT xmin::text, * FROM api_key")
    other._unwritten = {(owner.id, row["id"]): clock.now()}  # another process that knows of no write
    await other.write(world.database)
    async with world.database.tenant_read(owner.id) as session:
        assert await (await session.raw()).fetchrow("SELECT xmin::text, * FROM api_key") == row


async def test_what_happens_to_keys_stands_in_the_log_without_their_names(
    client: httpx.AsyncClient, world: World, owner: Member
) -> None:
    made = await create(client, owner, name="Marker & Sons")
    path = f"/v1/api-keys/{made['id']}"
    await client.patch(path, json={"scopes": ["imports:read"]}, headers=owner.headers)
    await rotate(client, owner, made["id"])
    await client.post(f"{path}/revoke", headers=owner.headers)
    async with world.database.tenant_read(owner.id) as session:
        rows = await (await session.raw()).fetch(
            "SELECT action, target, details FROM audit_entry WHERE action LIKE 'api_key.%' ORDER BY number"
        )
    assert [r["action"] for r in rows] == [
        f"api_key.{w}" for w in ("created", "updated", "rotated", "revoked")
    ]
    assert {r["target"] for r in rows} == {f"api_key:{made['id']}"}
    assert "Marker" not in str(rows)
    assert made["key"][34:44] not in str(rows)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": ""},
        {"name": "a\nb"},
        {"scopes": []},
        {"scopes": ["everything"]},
        {"expires_at": "2030-01-01T00:00:00"},
        {"org_id": "00000000-0000-7000-8000-000000000000"},
    ],
)
async def test_a_wrong_wish_is_refused(
    client: httpx.AsyncClient, owner: Member, wrong: dict[str, Any]
) -> None:
    answer = await client.post("/v1/api-keys", json=READ | wrong, headers=owner.headers)
    assert answer.json()["type"] == PROBLEM + "invalid-request"


async def test_every_scope_can_be_given(client: httpx.AsyncClient, owner: Member) -> None:
    made = await create(client, owner, scopes=[scope.value for scope in Scope])
    assert set(made["scopes"]) == {scope.value for scope in Scope}
