"""Revoking a key under traffic: a call that begins after the answer is refused, whatever else is under way."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import httpx
import pytest

from service.api.app import build_app, set_state
from service.http.state import AppState
from service.organizations.key_operations import Wish, issue_key
from service.organizations.models import Scope
from tests.factories.world import World

CALLERS = 6
CALLS_BEFORE, CALLS_AFTER = 60, 60


@dataclass
class Traffic:
    """Callers that ask without a pause; each call notes whether it began after the key was said to be revoked."""

    client: httpx.AsyncClient
    key: str
    revoked: bool = False
    answers: list[tuple[bool, int]] = field(default_factory=list)
    enough: asyncio.Event = field(default_factory=asyncio.Event)

    async def call(self) -> None:
        while self.after() < CALLS_AFTER:
            began_after = self.revoked
            answer = await self.client.get("/v1/accounts", headers={"Authorization": f"Bearer {self.key}"})
            self.answers.append((began_after, answer.status_code))
            if len(self.answers) >= CALLS_BEFORE:
                self.enough.set()

    def after(self) -> int:
        return sum(began_after for began_after, _ in self.answers)


@pytest.fixture
async def client(own_world: World) -> AsyncIterator[httpx.AsyncClient]:
    world = own_world
    app = build_app(world.ids)
    set_state(app, AppState(world.database, world.keystore, world.spool, world.clock, world.ids))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as opened:
        yield opened


async def test_every_call_that_begins_after_the_answer_is_refused(
    own_world: World, client: httpx.AsyncClient
) -> None:
    owner = await own_world.organization("owner")
    async with own_world.database.tenant(owner.id) as session:
        made = await issue_key(
            session, own_world.ids, own_world.clock, wish=Wish("busy", [Scope.ACCOUNTS_READ]), maker=[*Scope]
        )
    traffic = Traffic(client, made.text.text)
    async with asyncio.TaskGroup() as callers:
        for _ in range(CALLERS):
            callers.create_task(traffic.call())
        await traffic.enough.wait()
        answer = await client.post(f"/v1/api-keys/{made.stored.id}/revoke", headers=owner.headers)
        assert answer.status_code == 200, answer.text
        traffic.revoked = True
    assert {status for began_after, status in traffic.answers if began_after} == {401}
    assert 200 in {status for began_after, status in traffic.answers if not began_after}
