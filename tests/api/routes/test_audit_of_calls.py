"""Every call with a key leaves what is said of it in the audit log: no entry too few, none too many."""

import httpx
import pytest
from fastapi import FastAPI

from service.audit.operations import verify_log
from tests.api.people.test_audit_of_every_operation import AUDITED
from tests.support.logged_actions import Logged
from tests.support.routes_matrix import MATRIX
from tests.support.scene import Scene


@pytest.mark.parametrize("name", [name for name in AUDITED if name in MATRIX])
async def test_a_call_with_a_key_leaves_its_entry(
    client: httpx.AsyncClient, app: FastAPI, scene: Scene, logged: Logged, name: str
) -> None:
    pair = scene.pair
    if name == "create_sandbox":
        await scene.call(client, app, "delete_sandbox", pair.left.headers)
        await pair.world.work()
    if name in {"confirm_import", "cancel_import"}:
        async with pair.world.database.tenant(pair.left.id) as session:
            await session.sql("UPDATE import SET status = 'held' WHERE org_id = $1", pair.left.id)
    if name == "create_link_proposal":  # the same one again is the one that stands
        await scene.call(client, app, "withdraw_link_proposal", pair.left.headers)
    if name == "resume_partnership":
        await scene.call(client, app, "pause_partnership", pair.left.headers)
    await logged()
    answer = await scene.call(client, app, name, pair.left.headers)
    assert answer.is_success, answer.text
    assert sorted((await logged()).elements()) == sorted(AUDITED[name])
    async with pair.world.database.tenant_read(pair.left.id) as session:
        await verify_log(session)


async def test_a_call_that_is_refused_leaves_none(
    client: httpx.AsyncClient, app: FastAPI, scene: Scene, logged: Logged
) -> None:
    await logged()
    for name in (name for name in AUDITED if name in MATRIX):
        answer = await scene.call(client, app, name, {"Authorization": "Bearer cg_live_x"})
        assert answer.status_code == 401, name
        assert not await logged(), name
