"""What one side keeps of a partnership for itself: who looks after it, its tier, tags and notes. The partner is told of none of it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from uuid import UUID

from sqlmodel import col, select

from service.audit import record
from service.crypto import DataKeys, Keystore
from service.db.sessions import TenantReadSession, TenantSession
from service.kit.clock import Clock
from service.organizations.members import get_member
from service.organizations.models import Person
from service.partnerships.models import SEALED_NOTES, PartnershipProfile
from service.partnerships.repository import Partnerships

LONGEST_NOTES: Final = 10_000
MOST_TAGS: Final = 20


@dataclass(frozen=True, slots=True)
class Profile:
    """Nothing was said yet where `version` is 0."""

    owner_id: UUID | None = None
    owner_name: str | None = field(default=None, repr=False)
    tier: str | None = None
    tags: tuple[str, ...] = ()
    notes: str | None = field(default=None, repr=False)
    version: int = 0


@dataclass(frozen=True, slots=True)
class Sought:
    """Which partnerships are looked for; `tags` all of them."""

    owner_id: UUID | None = None
    tier: str | None = None
    tags: tuple[str, ...] = ()

    @property
    def is_any(self) -> bool:
        return self == Sought()


async def profile_of(session: TenantReadSession, keystore: Keystore, partnership_id: UUID) -> Profile:
    """UnknownPartnershipError, PartnershipEndedError."""
    await Partnerships(session).living(partnership_id)
    return await _read(session, keystore, partnership_id)


async def describe(
    session: TenantSession,
    keystore: Keystore,
    clock: Clock,
    *,
    partnership_id: UUID,
    changes: Mapping[str, Any],
    meets: Callable[[Profile], None] = lambda _: None,
) -> Profile:
    """Set `owner_id`, `tier`, `tags` and `notes`, those that `changes` names.

    `meets` raises unless what stands, which nobody changes meanwhile, is as the caller expects.
    UnknownPartnershipError, PartnershipEndedError, UnknownMemberError.
    """
    await Partnerships(session).living(partnership_id)
    await session.sql(
        "INSERT INTO partnership_profile (org_id, partnership_id, tags, version) VALUES ($1, $2, '{}', 0) ON CONFLICT DO NOTHING",
        session.org_id,
        partnership_id,
    )
    kept = (await session.scalars(_one(session, partnership_id).with_for_update())).one()
    before = await _read(session, keystore, partnership_id)
    meets(before)
    changed = {name: value for name, value in changes.items() if getattr(before, name) != value}
    if not changed:
        return before
    if changed.get("owner_id") is not None:
        await get_member(session, changed["owner_id"])
    said = dict(changed)
    if "notes" in said:
        said["notes"] = _sealed(session, keystore, partnership_id, said["notes"])
    for name, value in said.items():
        setattr(kept, name, list(value) if name == "tags" else value)
    kept.version += 1
    await session.flush()
    details = {"changed": ", ".join(sorted(changed))}
    target = f"partnership:{partnership_id}"
    await record(session, clock, "partnership.described", target=target, details=details)
    return await _read(session, keystore, partnership_id)


async def found(session: TenantReadSession, sought: Sought) -> set[UUID]:
    """The partnerships of which the session's organization says so."""
    wanted = select(PartnershipProfile.partnership_id).where(PartnershipProfile.org_id == session.org_id)
    if sought.owner_id is not None:
        wanted = wanted.where(PartnershipProfile.owner_id == sought.owner_id)
    if sought.tier is not None:
        wanted = wanted.where(PartnershipProfile.tier == sought.tier)
    if sought.tags:
        wanted = wanted.where(col(PartnershipProfile.tags).contains(list(sought.tags)))
    return set(await session.scalars(wanted))


def _one(session: TenantReadSession, partnership_id: UUID) -> Any:
    return select(PartnershipProfile).where(
        PartnershipProfile.org_id == session.org_id, PartnershipProfile.partnership_id == partnership_id
    )


async def _read(session: TenantReadSession, keystore: Keystore, partnership_id: UUID) -> Profile:
    kept: PartnershipProfile | None = await session.scalar(_one(session, partnership_id))
    if kept is None:
        return Profile()
    owner = None
    if kept.owner_id is not None:
        owner = await session.scalar(select(Person.name).where(Person.id == kept.owner_id))
    notes = None
    if kept.notes is not None:
        keys = DataKeys(keystore, str(session.org_id))
        notes = json.loads(keys.open(kept.notes, SEALED_NOTES.place(partnership_id)))
    return Profile(kept.owner_id, owner, kept.tier, tuple(kept.tags), notes, kept.version)


def _sealed(
    session: TenantSession, keystore: Keystore, partnership_id: UUID, notes: str | None
) -> bytes | None:
    if notes is None:
        return None
    keys = DataKeys(keystore, str(session.org_id))
    return keys.seal(json.dumps(notes).encode(), SEALED_NOTES.place(partnership_id))
