"""The job that fills a sandbox, empties it and takes it away. Each step looks at what is there, so a repetition does nothing twice."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from typing import Final
from uuid import UUID

from service.accounts.operations import create_standard_populations
from service.accounts.repository import Populations
from service.crypto import Keystore
from service.db.database import Database
from service.db.names import Duty
from service.imports.operations import Upload, accept
from service.imports.repository import Imports
from service.imports.spool import Spool
from service.jobs import JobContext, Payload, Registry, forget_failed
from service.kit.clock import Clock
from service.kit.ids import Ids
from service.organizations.lifecycle import let_members_go
from service.organizations.models import Organization
from service.organizations.people_repository import Invitations
from service.organizations.repository import Directory
from service.organizations.standing import let_nobody_write
from service.partnerships.models import Preset, SharingLevel
from service.partnerships.operations import Share, create_partnership, share
from service.partnerships.repository import Partnerships, rule_of
from service.partnerships.sandbox.lists import FICTIONAL, STARTER, made_up
from service.partnerships.sandbox.operations import SANDBOX_JOB, Task
from service.partnerships.sandbox.repository import (
    forget_matches,
    forget_organizations,
    forget_own,
    forget_partnerships,
)

LEVEL: Final = SharingLevel.OVERLAPPING


@dataclass(frozen=True, slots=True)
class SandboxParts:
    database: Database
    keystore: Keystore
    spool: Spool
    clock: Clock
    ids: Ids


@dataclass(frozen=True, slots=True)
class Cast:
    """Who stands in a sandbox."""

    sandbox: Organization
    partners: list[Organization]

    @property
    def everybody(self) -> list[Organization]:
        return [*self.partners, self.sandbox]


def register(registry: Registry, parts: SandboxParts) -> None:
    async def prepare(_context: JobContext, payload: Payload) -> None:
        await run(
            parts, UUID(str(payload["org_id"])), Task(str(payload["task"])), starter=bool(payload["starter"])
        )

    # One at a time: filling and emptying the same sandbox must not meet, and each takes about a second.
    registry.add(SANDBOX_JOB, prepare, at_once=1)


async def run(parts: SandboxParts, sandbox_id: UUID, task: Task, *, starter: bool) -> None:
    """Do one task; nothing is left to do if the sandbox is gone."""
    async with parts.database.directory() as session:
        directory = Directory(session)
        sandbox = await directory.by_id(sandbox_id)
        partners = await directory.fictional_partners(sandbox_id)
    if sandbox is None or not sandbox.sandbox:
        return
    cast = Cast(sandbox, partners)
    if task is not Task.FILL:
        await _empty(parts, cast, whole=task is Task.REMOVE)
    if task is not Task.REMOVE:
        await _fill(parts, cast, starter=starter)


async def _fill(parts: SandboxParts, cast: Cast, *, starter: bool) -> None:
    for organization in cast.everybody:
        async with parts.database.tenant(organization.id) as session:
            if not await Populations(session).everyone():
                create_standard_populations(session, parts.ids, parts.clock)
    for partner in cast.partners:
        await _link(parts, cast.sandbox, partner)
        await _bring(parts, partner.id, FICTIONAL[partner.name])
    if starter:
        await _bring(parts, cast.sandbox.id, STARTER)


async def _link(parts: SandboxParts, sandbox: Organization, partner: Organization) -> None:
    """A partnership in which both sides show their overlaps, through the operations of every other partnership."""
    async with parts.database.tenant(sandbox.id) as session:
        found = await Partnerships(session).with_partner(partner.id) or await create_partnership(
            session, parts.keystore, parts.clock, partnership_id=parts.ids.new(), own=sandbox, partner=partner
        )
    for org_id in (sandbox.id, partner.id):
        async with parts.database.tenant(org_id) as session:
            for population in await Populations(session).everyone():
                if await rule_of(session, found.id, population.bit) is None:
                    said = Share(population.slug, LEVEL, Preset.FULL)
                    await share(session, parts.clock, partnership_id=found.id, said=said)


async def _bring(parts: SandboxParts, org_id: UUID, name: str) -> None:
    """Upload a made-up list as anybody would, once."""
    async with parts.database.tenant_read(org_id) as session:
        if await Imports(session).page(limit=1):
            return
    import_id = parts.ids.new()
    received = await parts.spool.receive(import_id, _once(made_up(name)))
    async with parts.database.tenant(org_id) as session:
        await accept(session, parts.keystore, parts.clock, Upload(import_id, name, *received))


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content


async def _close(parts: SandboxParts, org_id: UUID) -> None:
    """Let nobody in any more, before anything goes that they could bring again."""
    async with parts.database.tenant(org_id) as session:
        await Invitations(session).withdraw_all(parts.clock.now())
    await let_members_go(parts.database, partial(parts.database.duty, org_id, Duty.WIPE), org_id)


async def _empty(parts: SandboxParts, cast: Cast, *, whole: bool) -> None:
    if whole:
        await _close(parts, cast.sandbox.id)
    async with parts.database.tenant_read(cast.sandbox.id) as session:
        partnerships = [partnership.id for partnership in await Partnerships(session).everyone()]
    for partnership_id in partnerships:
        async with parts.database.matcher(partnership_id) as matcher:
            await forget_matches(matcher)
    for organization in cast.everybody:
        async with parts.database.duty(organization.id, Duty.WIPE) as session:
            await Imports(session).lock_storing()
            await forget_own(session, whole=whole)
    async with parts.database.duty(cast.sandbox.id, Duty.WIPE) as session:
        await forget_partnerships(session, partnerships)
        await forget_failed(session, [str(one) for one in (*partnerships, *(o.id for o in cast.everybody))])
        if whole:
            await let_nobody_write(session)
            await forget_own(session, whole=True)  # what was being written while the rest went
            await forget_organizations(session, [organization.id for organization in cast.everybody])
    _destroy_keys(parts.keystore, partnerships, [o.id for o in cast.everybody] if whole else [])


def _destroy_keys(keystore: Keystore, partnerships: list[UUID], organizations: list[UUID]) -> None:
    for partnership_id in partnerships:
        keystore.delete_partnership(str(partnership_id))
    for org_id in organizations:
        keystore.delete_owner(str(org_id))
