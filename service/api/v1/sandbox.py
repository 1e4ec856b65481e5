"""A place to try everything out: an organization of its own with two fictional partners, opened by test keys."""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Annotated, Final
from uuid import UUID

from fastapi import Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field, StrictBool

from service.api.deps import (
    App,
    Key,
    Reading,
    Writer,
    Writing,
    identified,
    keep_session,
    reads,
    writes,
)
from service.api.limiting import count_known
from service.api.pagination import Page, Paging
from service.api.problems import responses
from service.api.routing import resource
from service.api.v1.api_keys import (
    A_DAY,
    ApiKeyChange,
    ApiKeyIn,
    ApiKeyOut,
    NewApiKeyOut,
    Rotation,
    new_out,
    out,
)
from service.jobs import states_naming
from service.organizations.key_operations import issue_key, revoke_key, rotate_key, update_key
from service.organizations.models import Organization, Scope
from service.organizations.repository import ApiKeys, Directory
from service.partnerships.repository import Partnerships
from service.partnerships.sandbox.operations import (
    make_sandbox,
    remove_sandbox,
    reset_sandbox,
    sandbox_seen_by,
)

router = resource("/sandbox", "sandbox")


class SandboxStatus(StrEnum):
    PREPARING = "preparing"
    """Lists are on their way, or are being compared."""
    READY = "ready"
    FAILED = "failed"
    """A step was given up: reset it, or tell the operator."""


class SandboxIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    starter_list: StrictBool = Field(
        default=True,
        description="Whether the sandbox begins with a made-up list of its own, so that there are overlaps at once.",
    )


WITH_A_LIST: Final = SandboxIn()


class SandboxOut(BaseModel):
    id: UUID
    handle: str
    name: str
    created_at: datetime


class NewSandboxOut(SandboxOut):
    key: str | None = Field(
        description="The first test key, shown this once; null where the sandbox was there already."
    )


class FictionalPartnerOut(BaseModel):
    id: UUID
    name: str
    partnership_id: UUID | None = Field(description="Null until the partnership is made.")


class SandboxStateOut(SandboxOut):
    status: SandboxStatus
    partners: list[FictionalPartnerOut]


def _members(sandbox: Organization) -> dict[str, object]:
    return sandbox.model_dump(include=set(SandboxOut.model_fields))


async def looking(request: Request, app: App, key: Key) -> Organization:
    """The sandbox that is asked about; what stands in it is read as itself, in a transaction of its own."""
    await count_known(request, app, key.digest)
    async with app.database.tenant_read(key.org_id) as session:
        caller = await identified(request, app, key, session)
        caller.require(Scope.ACCOUNTS_READ)
        sandbox = await sandbox_seen_by(session)
    await keep_session(request, app)
    return sandbox


looking.__dict__["required_scope"] = Scope.ACCOUNTS_READ


@router.post(
    "", operation_id="create_sandbox", status_code=201, responses={200: {"model": NewSandboxOut}, **responses(409)},
    dependencies=[Depends(writes(Scope.ORGANIZATION_ADMIN), scope="function")],
)  # fmt: skip
async def create_sandbox(
    app: App, session: Writing, response: Response, wanted: SandboxIn = WITH_A_LIST
) -> NewSandboxOut:
    """Make the organization's sandbox, with its first test key. 200 and no key where there is one already."""
    made = await make_sandbox(session, app.keystore, app.clock, app.ids, starter=wanted.starter_list)
    if made.key is None:
        response.status_code = 200
    return NewSandboxOut(**_members(made.sandbox), key=made.key)


@router.get("", operation_id="get_sandbox", responses=responses(404))
async def get_sandbox(app: App, sandbox: Annotated[Organization, Depends(looking)]) -> SandboxStateOut:
    """The sandbox, its fictional partners, and whether everything asked of it is done."""
    async with app.database.tenant_read(sandbox.id) as session:
        partners = await Directory(session).fictional_partners(sandbox.id)
        links = {p.partner_of(sandbox.id): p.id for p in await Partnerships(session).everyone()}
        named = [sandbox.id, *(p.id for p in partners), *links.values()]
        states = await states_naming(session, [str(one) for one in named])
    return SandboxStateOut(
        **_members(sandbox), status=_status(states),
        partners=[FictionalPartnerOut(id=p.id, name=p.name, partnership_id=links.get(p.id)) for p in partners],
    )  # fmt: skip


@router.post(
    "/reset", operation_id="reset_sandbox", status_code=202, responses=responses(404, 409),
    dependencies=[Depends(writes(Scope.ORGANIZATION_ADMIN), scope="function")],
)  # fmt: skip
async def reset(app: App, session: Writing, wanted: SandboxIn = WITH_A_LIST) -> SandboxOut:
    """Take everything out of the sandbox but its keys and begin again; poll it until it is `ready`. A test key may ask for it too."""
    return SandboxOut(**_members(await reset_sandbox(session, app.clock, starter=wanted.starter_list)))


@router.delete(
    "", operation_id="delete_sandbox", status_code=204, responses=responses(404, 409),
    dependencies=[Depends(writes(Scope.ORGANIZATION_ADMIN), scope="function")],
)  # fmt: skip
async def delete_sandbox(app: App, session: Writing) -> None:
    """End the sandbox: its keys and sessions at once, the rest within seconds, with people who belong nowhere else."""
    await remove_sandbox(session, app.clock)


@router.post(
    "/api-keys", operation_id="create_sandbox_key", status_code=201, responses=responses(404, 409),
    dependencies=[Depends(writes(Scope.KEYS_ADMIN), scope="function")],
)  # fmt: skip
async def create_sandbox_key(app: App, session: Writing, caller: Writer, wanted: ApiKeyIn) -> NewApiKeyOut:
    """Make another test key. It can be given no scope that you lack."""
    sandbox = await sandbox_seen_by(session)
    made = await issue_key(
        session, app.ids, app.clock, wish=wanted.wish(), maker=caller.scopes, sandbox=sandbox
    )
    return new_out(made)


@router.get(
    "/api-keys", operation_id="list_sandbox_keys", responses=responses(400, 404),
    dependencies=[Depends(reads(Scope.KEYS_ADMIN), scope="function")],
)  # fmt: skip
async def list_sandbox_keys(session: Reading, paging: Paging) -> Page[ApiKeyOut]:
    """The test keys, newest first."""
    keys = ApiKeys(session, of=(await sandbox_seen_by(session)).id)
    rows = await keys.page(limit=paging.limit + 1, before=paging.after_id())
    return paging.page(rows, out, lambda key: (key.id,))


@router.patch(
    "/api-keys/{test_key_id}", operation_id="update_sandbox_key", responses=responses(404, 409),
    dependencies=[Depends(writes(Scope.KEYS_ADMIN), scope="function")],
)  # fmt: skip
async def update_sandbox_key(
    app: App, session: Writing, caller: Writer, test_key_id: UUID, change: ApiKeyChange
) -> ApiKeyOut:
    """Rename a test key, or change what it may do; it holds from the answer on. No scope can be added that you lack."""
    changed = await update_key(
        session, app.clock, test_key_id,
        maker=caller.scopes, name=change.name, scopes=change.scopes, sandbox=await sandbox_seen_by(session),
    )  # fmt: skip
    return out(changed)


@router.post(
    "/api-keys/{test_key_id}/rotate", operation_id="rotate_sandbox_key", status_code=201, responses=responses(404, 409),
    dependencies=[Depends(writes(Scope.KEYS_ADMIN), scope="function")],
)  # fmt: skip
async def rotate_sandbox_key(
    app: App, session: Writing, caller: Writer, test_key_id: UUID, rotation: Rotation = A_DAY
) -> NewApiKeyOut:
    """Make a test key's successor: same name, scopes and length of life. Both are good until the overlap is over."""
    made = await rotate_key(
        session, app.ids, app.clock, test_key_id, maker=caller.scopes,
        overlap=timedelta(seconds=rotation.overlap_seconds), sandbox=await sandbox_seen_by(session),
    )  # fmt: skip
    return new_out(made)


@router.post(
    "/api-keys/{test_key_id}/revoke", operation_id="revoke_sandbox_key", responses=responses(404),
    dependencies=[Depends(writes(Scope.KEYS_ADMIN), scope="function")],
)  # fmt: skip
async def revoke_sandbox_key(app: App, session: Writing, test_key_id: UUID) -> ApiKeyOut:
    """End a test key."""
    sandbox = await sandbox_seen_by(session)
    return out(await revoke_key(session, app.clock, test_key_id, sandbox=sandbox))


def _status(states: set[str]) -> SandboxStatus:
    if states - {"failed"}:
        return SandboxStatus.PREPARING
    return SandboxStatus.FAILED if states else SandboxStatus.READY
