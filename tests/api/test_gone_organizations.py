"""A request that was under way when its organization was deleted is refused, and is no fault of ours."""

from uuid import uuid4

import httpx
from starlette.types import Receive, Scope, Send

from service.api.problems import Unexpected
from service.audit import record
from service.db.database import Database
from service.db.sessions import TenantSession
from service.kit.clock import SystemClock


async def test_what_an_organization_writes_that_is_gone_is_refused(db: Database) -> None:
    async def by_statement(session: TenantSession) -> None:
        await session.sql(
            "INSERT INTO membership (org_id, person_id, role, created_at) VALUES ($1, $2, 'admin', now())",
            session.org_id,
            uuid4(),
        )

    async def by_record(session: TenantSession) -> None:
        await record(session, SystemClock(), "organization.created", target=f"organization:{session.org_id}")

    for write in (by_statement, by_record):

        async def app(scope: Scope, receive: Receive, send: Send, write: object = write) -> None:
            async with db.tenant(uuid4()) as session:
                await write(session)  # type: ignore[operator]  # one of the two above

        transport = httpx.ASGITransport(app=Unexpected(app))
        async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
            answer = await client.get("/")
        assert (answer.status_code, answer.json()["type"]) == (401, "urn:commonground:problem:not-signed-in")
        assert answer.json()["detail"] == "The organization is gone."
