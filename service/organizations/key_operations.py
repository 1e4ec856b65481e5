"""Making, changing, rotating and revoking API keys. Whoever asks never comes by more than it has itself."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from service.audit.operations import record
from service.audit.rules import Detail
from service.db.sessions import TenantSession
from service.kit.clock import Clock
from service.kit.ids import Ids
from service.organizations.errors import (
    ApiKeyOverError,
    ApiKeyReplacedError,
    PastExpiryError,
    TooManyKeysError,
    TooManyRotationsError,
    UnknownApiKeyError,
)
from service.organizations.keys import KeyText, new_key
from service.organizations.models import ApiKey, Organization, Scope
from service.organizations.repository import ApiKeys, Directory
from service.organizations.rules import refuse_more

MOST_KEYS: Final = 100
"""Keys of one organization that are neither revoked nor expired."""
MOST_PREDECESSORS: Final = 2
"""Keys of one line of rotations that live on beside the newest."""
OVERLAP: Final = timedelta(hours=24)
LONGEST_OVERLAP: Final = timedelta(days=7)
LONGEST_NAME: Final = 100
LAST_MOMENT: Final = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a new key is to be. `expires_at` is None for one that doesn't expire."""

    name: str
    scopes: Collection[Scope]
    expires_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Opens:
    """What a key opens: an organization, or the sandbox of one; and the line of rotations that it goes on with."""

    org_id: UUID
    sandbox_of: UUID | None = None
    family_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Made:
    """A key as it is stored, and its text, which nothing keeps."""

    stored: ApiKey
    text: KeyText


async def issue_key(
    session: TenantSession,
    ids: Ids,
    clock: Clock,
    *,
    wish: Wish,
    maker: Collection[Scope],
    sandbox: Organization | None = None,
) -> Made:
    """A new key of the session's organization, or of its `sandbox`. `maker` is what whoever asks may do.

    ScopesNotHeldError, PastExpiryError, TooManyKeysError.
    """
    refuse_more(wish.scopes, maker)
    if wish.expires_at is not None and wish.expires_at <= clock.now():
        raise PastExpiryError
    owner = sandbox or await Directory(session).by_id(session.org_id)
    opens = Opens(session.org_id) if owner is None else Opens(owner.id, owner.sandbox_of)
    made = await _add(session, ids, clock, wish, opens)
    details: dict[str, Detail] = {
        "scopes": _words(made.stored.scopes),
        "sandbox": opens.sandbox_of is not None,
    }
    await record(session, clock, "api_key.created", target=_target(made.stored), details=details)
    return made


async def update_key(
    session: TenantSession,
    clock: Clock,
    key_id: UUID,
    *,
    maker: Collection[Scope],
    name: str | None = None,
    scopes: Collection[Scope] | None = None,
    sandbox: Organization | None = None,
    meets: Callable[[ApiKey], None] = lambda _: None,
) -> ApiKey:
    """Give a key of the session's organization, or of its `sandbox`, another name or other scopes; they hold from this commit on.

    `meets` may refuse what it is until then. UnknownApiKeyError, ApiKeyOverError, ScopesNotHeldError for a scope that is new to
    the key.
    """
    key = await _usable(ApiKeys(session, of=None if sandbox is None else sandbox.id), clock, key_id)
    meets(key)
    before = set(key.scopes)
    if scopes is not None:
        refuse_more([scope for scope in scopes if scope.value not in before], maker)
        key.scopes = sorted(scope.value for scope in scopes)
    key.name = key.name if name is None else name
    await session.flush()
    added, removed = set(key.scopes) - before, before - set(key.scopes)
    details: dict[str, Detail] = {
        "added": _words(added),
        "removed": _words(removed),
        "renamed": name is not None,
    }
    await record(session, clock, "api_key.updated", target=_target(key), details=details)
    return key


async def rotate_key(
    session: TenantSession,
    ids: Ids,
    clock: Clock,
    key_id: UUID,
    *,
    maker: Collection[Scope],
    overlap: timedelta = OVERLAP,
    sandbox: Organization | None = None,
) -> Made:
    """A successor with the same name, scopes and length of life; the old key lives on for `overlap`, and no longer than it would have.

    UnknownApiKeyError, ApiKeyOverError, ApiKeyReplacedError, TooManyRotationsError, TooManyKeysError; ScopesNotHeldError where the
    key may do what whoever asks may not, who would read it.
    """
    keys = ApiKeys(session, of=None if sandbox is None else sandbox.id)
    await keys.take_turn()
    old = await _usable(keys, clock, key_id)
    refuse_more([Scope(scope) for scope in old.scopes], maker)
    successor = await keys.newest(old.family_id, usable_at=clock.now())
    if successor is not None and successor.id != old.id:
        raise ApiKeyReplacedError(successor.id)
    if await keys.in_use(clock.now(), family_id=old.family_id) > MOST_PREDECESSORS:
        raise TooManyRotationsError(MOST_PREDECESSORS)
    # Of the last in line, revoked or not: a key that was rotated ends with its overlap.
    ends = _as_long(await keys.newest(old.family_id) or old, clock.now())
    wish = Wish(old.name, [Scope(scope) for scope in old.scopes], ends)
    made = await _add(session, ids, clock, wish, Opens(old.org_id, old.sandbox_of, old.family_id))
    over = clock.now() + overlap
    old.expires_at = over if old.expires_at is None else min(old.expires_at, over)
    await session.flush()
    details: dict[str, Detail] = {
        "successor": str(made.stored.id),
        "overlap_seconds": int(overlap.total_seconds()),
    }
    await record(session, clock, "api_key.rotated", target=_target(old), details=details)
    return made


async def revoke_key(
    session: TenantSession, clock: Clock, key_id: UUID, *, sandbox: Organization | None = None
) -> ApiKey:
    """End a key of the session's organization, or of its `sandbox`: no call that starts after this commit is answered to it.

    Does nothing the second time. UnknownApiKeyError.
    """
    key = await ApiKeys(session, of=None if sandbox is None else sandbox.id).by_id(key_id, lock=True)
    if key is None:
        raise UnknownApiKeyError
    if key.revoked_at is None:
        key.revoked_at = clock.now()
        await session.flush()
        await record(session, clock, "api_key.revoked", target=_target(key))
    return key


async def _usable(keys: ApiKeys, clock: Clock, key_id: UUID) -> ApiKey:
    key = await keys.by_id(key_id, lock=True)
    if key is None:
        raise UnknownApiKeyError
    if key.revoked_at is not None or (key.expires_at is not None and key.expires_at <= clock.now()):
        raise ApiKeyOverError
    return key


def _as_long(key: ApiKey, now: datetime) -> datetime | None:
    """The end of a key that begins now and lasts as long as this one was to."""
    if key.expires_at is None:
        return None
    return now + min(key.expires_at - key.created_at, LAST_MOMENT - now)


async def _add(session: TenantSession, ids: Ids, clock: Clock, wish: Wish, opens: Opens) -> Made:
    keys = ApiKeys(session, of=opens.org_id)
    await keys.take_turn()
    if await keys.in_use(clock.now()) >= MOST_KEYS:
        raise TooManyKeysError(MOST_KEYS)
    sandbox = opens.sandbox_of is not None
    text, key_id = new_key(opens.org_id, sandbox=sandbox), ids.new()
    stored = ApiKey(
        org_id=opens.org_id, id=key_id, name=wish.name, prefix=text.prefix, digest=text.digest, sandbox=sandbox,
        sandbox_of=opens.sandbox_of, scopes=sorted({scope.value for scope in wish.scopes}),
        family_id=opens.family_id or key_id, created_at=clock.now(),
        expires_at=wish.expires_at, revoked_at=None, created_by_kind=session.actor.kind, created_by_id=session.actor.id,
    )  # fmt: skip
    session.add(stored)
    await session.flush()
    return Made(stored, text)


def _words(scopes: Collection[str]) -> str:
    """Scopes as an audit entry names them, which keeps short texts only."""
    return "all" if set(scopes) == {scope.value for scope in Scope} else " ".join(sorted(scopes))


def _target(key: ApiKey) -> str:
    return f"api_key:{key.id}"
