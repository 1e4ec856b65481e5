"""Whether an organization may go on, and how much it may have: set by the operator, asked wherever something is added."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from sqlmodel import col, select

from service.audit import record
from service.db.sessions import TenantReadSession, TenantSession
from service.db.turns import PATIENCE, Turn, share_turn, take_turn
from service.kit.clock import Clock
from service.organizations.errors import OrganizationSuspendedError, QuotaExceededError
from service.organizations.models import Organization, Standing
from service.organizations.repository import Directory


class Quota(StrEnum):
    """What can be limited, as people call it."""

    ACCOUNTS = "accounts"
    UPLOAD_BYTES = "bytes of uploads"
    MEMBERS = "members"
    PARTNERSHIPS = "partnerships"

    @property
    def column(self) -> str:
        return f"max_{self.name.lower()}"


OF_SANDBOXES: Final[Mapping[Quota, int]] = MappingProxyType(
    {Quota.ACCOUNTS: 10_000, Quota.UPLOAD_BYTES: 20 * 1024**2, Quota.MEMBERS: 10}
)
"""What a sandbox may have, whatever its owner may: it is to try things out. Its partnerships are those it begins with."""


async def standing_of(session: TenantReadSession) -> Standing:
    """The session's organization's; an unlimited one where nothing was set."""
    found = await session.scalar(select(Standing).where(Standing.org_id == session.org_id))
    return found or Standing(org_id=session.org_id)


def refuse_suspended(standing: Standing | None) -> None:
    """OrganizationSuspendedError if it is suspended or being erased."""
    if standing is not None and (standing.suspended_at is not None or standing.erased_at is not None):
        raise OrganizationSuspendedError


async def require_active(session: TenantReadSession) -> None:
    """OrganizationSuspendedError unless the organization may go on."""
    refuse_suspended(await standing_of(session))


async def hold_active(session: TenantSession) -> None:
    """OrganizationSuspendedError unless it is there and may go on; until the transaction ends, taking it away waits.

    For what is written long after the key was looked at, such as an upload.
    """
    await share_turn(session, Turn.ORGANIZATION, session.org_id)
    if await Directory(session).by_id(session.org_id) is None:
        raise OrganizationSuspendedError
    await require_active(session)


async def let_nobody_write(session: TenantSession) -> None:
    """Wait until nobody holds the organization active; who asks from then on waits until the transaction ends."""
    await take_turn(session, Turn.ORGANIZATION, session.org_id, wait=PATIENCE)


async def begin_erasing(session: TenantSession, clock: Clock) -> None:
    """From this commit on nothing is let in, and what was let in before has ended. Doing it again changes nothing."""
    await let_nobody_write(session)
    standing = await _own(session)
    standing.erased_at = standing.erased_at or clock.now()
    standing.suspended_at = standing.suspended_at or clock.now()
    await session.flush()


async def require_room(session: TenantReadSession, quota: Quota, would_be: int) -> None:
    """QuotaExceededError if the organization would have more than it may."""
    limit = await _limit(session, quota)
    if limit is not None and would_be > limit:
        raise QuotaExceededError(quota.value, limit, would_be)


async def is_limited(session: TenantReadSession, quota: Quota) -> bool:
    """Whether counting is worth its while."""
    return await _limit(session, quota) is not None


async def _limit(session: TenantReadSession, quota: Quota) -> int | None:
    """What the operator has set, else what a sandbox may have."""
    said = getattr(Standing, quota.column)
    found = await session.execute(
        select(Organization.sandbox, said)
        .outerjoin(Standing, col(Standing.org_id) == col(Organization.id))
        .where(Organization.id == session.org_id)
    )
    sandbox, limit = found.one_or_none() or (False, None)
    return OF_SANDBOXES.get(quota) if sandbox and limit is None else limit


async def suspend(session: TenantSession, clock: Clock) -> None:
    """From this commit on its keys and sessions are refused and its jobs wait. Doing it again changes nothing."""
    standing = await _own(session)
    if standing.suspended_at is None:
        standing.suspended_at = clock.now()
        await record(session, clock, "organization.suspended", target=f"organization:{session.org_id}")


async def resume(session: TenantSession, clock: Clock) -> None:
    """OrganizationSuspendedError if it is being erased: nothing brings it back."""
    standing = await _own(session)
    if standing.erased_at is not None:
        raise OrganizationSuspendedError
    if standing.suspended_at is not None:
        standing.suspended_at = None
        await record(session, clock, "organization.resumed", target=f"organization:{session.org_id}")


async def set_quotas(session: TenantSession, clock: Clock, limits: Mapping[Quota, int | None]) -> Standing:
    """Limit what is named, None for no limit; what there is already stays."""
    standing = await _own(session)
    for quota, limit in limits.items():
        setattr(standing, quota.column, limit)
    details = {quota.column: limit for quota, limit in limits.items()}
    await record(
        session, clock, "organization.quota_set", target=f"organization:{session.org_id}", details=details
    )
    return standing


async def _own(session: TenantSession) -> Standing:
    """The row to change, made if there is none."""
    await session.sql(
        "INSERT INTO organization_standing (org_id) VALUES ($1) ON CONFLICT DO NOTHING", session.org_id
    )
    return (
        await session.scalars(select(Standing).where(Standing.org_id == session.org_id).with_for_update())
    ).one()
