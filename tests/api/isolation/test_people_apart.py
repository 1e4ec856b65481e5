"""Somebody who is signed in: sessions, organizations and members of others are as if they weren't there."""

from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from service.organizations.models import Role
from service.organizations.people import People
from service.organizations.sessions import start_session
from tests.api.isolation.walking import TELLS_OF_ITSELF, Walk
from tests.factories.people import HOME, Browser, browser_of, join, member
from tests.support.routes_matrix import MATRIX, filled
from tests.support.walk import said_by


@pytest.fixture
def people(walk: Walk) -> People:
    found: People = walk.app.state.commonground.people
    return found


@pytest.fixture
async def browser(walk: Walk, people: People) -> AsyncIterator[Browser]:
    """The admin of the organization that asks."""
    admin = await member(people, walk.caller.id, Role.ADMIN, email="admin@third.example")
    async with browser_of(walk.app, admin, org_id=walk.caller.id) as opened:
        yield opened


async def test_an_admin_reads_nothing_of_others_in_a_browser(walk: Walk, browser: Browser) -> None:
    for operation in walk.operations:
        if operation.method == "get":
            path = operation.path.format(**walk.mine.ids)
            answer = await browser.ask("get", path, params=walk.query(operation, walk.mine.ids))
            assert answer.status_code == 200, (operation.name, answer.text)
            assert not walk.markers.in_(answer.text), operation.name


async def test_an_admin_finds_no_foreign_id_in_a_browser(walk: Walk, browser: Browser) -> None:
    before = await walk.untouched()
    for operation in walk.operations:
        body = filled(MATRIX[operation.name].json, walk.mine.ids)
        for theirs, nothing in walk.mixtures(operation):
            said = [
                said_by(
                    await browser.ask(
                        operation.method,
                        operation.path.format(**ids),
                        params=walk.query(operation, ids),
                        json=body,
                    )
                )
                for ids in (theirs, nothing)
            ]
            assert said[0] == said[1], operation.name
            assert said[0][0] == 404, operation.name
    assert await walk.untouched() == before


async def test_sessions_and_organizations_of_others_are_unknown(
    walk: Walk, people: People, browser: Browser
) -> None:
    other = await member(people, walk.theirs.pair.left.id, Role.ADMIN, email="admin@left.example")
    foreign = await start_session(people, other, HOME, how="password", org_id=walk.theirs.pair.left.id)
    left = str(walk.theirs.pair.left.id)
    for method, path, name, body in (
        ("delete", "/v1/sessions/{id}", str(foreign.session.id), None),
        ("delete", "/v1/person/me/organizations/{id}", left, None),
        ("put", "/v1/sessions/current/organization", left, {"organization_id": "{id}"}),
    ):
        said = []
        for value in (name, str(uuid4())):
            json = None if body is None else dict.fromkeys(body, value)
            said.append(said_by(await browser.ask(method, path.format(id=value), json=json)))
        assert said[0] == said[1], path
        assert said[0][0] == 404, path
    async with browser_of(walk.app, other, org_id=walk.theirs.pair.left.id) as theirs:
        assert (await theirs.ask("get", "/v1/members")).status_code == 200


async def test_a_session_acts_in_one_organization_alone(walk: Walk, people: People) -> None:
    """Somebody of both sides sees, at one moment, what one of them sees."""
    both = await member(people, walk.caller.id, Role.ADMIN, email="both@example.com")
    await join(people, both, walk.theirs.pair.left.id)
    from_left = await member(people, walk.theirs.pair.left.id, Role.VIEWER, email="viewer@left.example")
    async with browser_of(walk.app, both, org_id=walk.caller.id) as browser:
        for operation in walk.operations:
            if operation.method == "get" and operation.name not in TELLS_OF_ITSELF:
                answer = await browser.ask(
                    "get",
                    operation.path.format(**walk.mine.ids),
                    params={
                        **walk.query(operation, walk.mine.ids),
                        "organization_id": str(walk.theirs.pair.left.id),
                    },
                    headers={"X-Organization-Id": str(walk.theirs.pair.left.id)},
                )
                assert str(from_left.id) not in answer.text
                assert not walk.markers.in_(answer.text), operation.name
