"""Making an organization, giving it keys, and telling who a key is."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from service.audit import record
from service.crypto import IdentityKey, Keystore, Mode, ReferenceKey, SecretBytes, SecretName
from service.db.sessions import TenantReadSession, TenantSession
from service.kit.actors import Actor, ActorKind
from service.kit.clock import Clock
from service.kit.ids import Ids
from service.organizations.errors import (
    HandleTakenError,
    InvalidApiKeyError,
    InvalidHandleError,
    MissingScopeError,
    OrganizationSuspendedError,
    ReservedHandleError,
)
from service.organizations.keys import KeyText, new_key
from service.organizations.models import ApiKey, Organization, Scope
from service.organizations.repository import ApiKeys, Directory

SANDBOX_HANDLE = "sandbox-"
"""How the handles of sandbox organizations begin, and no other's."""
_HANDLE = re.compile(r"[a-z0-9][a-z0-9-]{1,62}")


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: an organization, who acts in it, and what they may do."""

    org_id: UUID
    actor: Actor
    scopes: frozenset[Scope]

    def require(self, *scopes: Scope) -> None:
        """MissingScopeError unless the key has them all; it names those that it lacks."""
        missing = [scope.value for scope in scopes if scope not in self.scopes]
        if missing:
            raise MissingScopeError(missing)


def identity_name(org_id: UUID) -> SecretName:
    return SecretName("ik", str(org_id))


def reference_key(keystore: Keystore, org_id: UUID) -> ReferenceKey:
    """`Kref`, the key of the organization's own account references."""
    return ReferenceKey.of(keystore.get(SecretName("kref", str(org_id))).reveal())


def identity_key(keystore: Keystore, org_id: UUID) -> IdentityKey:
    return IdentityKey(keystore.get(identity_name(org_id)))


async def create_organization(
    session: TenantSession, keystore: Keystore, clock: Clock, *, handle: str, name: str
) -> Organization:
    """Make the hosted organization whose id the session has as its tenant, with its identity and reference keys.

    InvalidHandleError, HandleTakenError.
    """
    if not _HANDLE.fullmatch(handle):
        raise InvalidHandleError(handle)
    if handle.startswith(SANDBOX_HANDLE):
        raise ReservedHandleError(handle)
    if await Directory(session).by_handle(handle):
        raise HandleTakenError(handle)
    organization = Organization(
        id=session.org_id, handle=handle, name=name, mode=Mode.HOSTED, identity=draw_keys(keystore, session.org_id),
        created_at=clock.now(),
    )  # fmt: skip
    session.add(organization)
    await session.flush()
    await record(session, clock, "organization.created", target=f"organization:{organization.id}")
    return organization


def draw_keys(keystore: Keystore, org_id: UUID) -> bytes:
    """Identity and reference keys of a hosted organization, drawn if there are none; the identity's public key."""
    seed = keystore.get_or_create(identity_name(org_id))
    keystore.get_or_create(SecretName("kref", str(org_id)), SecretBytes.draw)
    return IdentityKey(seed).public


def create_key(
    session: TenantSession,
    ids: Ids,
    clock: Clock,
    *,
    name: str,
    scopes: Iterable[Scope] = Scope,
    sandbox: bool = False,
) -> KeyText:
    """The first API key of an organization just made, without an audit entry of its own; `key_operations.issue_key` makes others.

    Its text is shown once and not stored. `sandbox` as the organization's.
    """
    key, key_id = new_key(session.org_id, sandbox=sandbox), ids.new()
    session.add(
        ApiKey(
            org_id=session.org_id, id=key_id, name=name, prefix=key.prefix, digest=key.digest, sandbox=sandbox, family_id=key_id,
            scopes=[scope.value for scope in scopes], created_at=clock.now(), expires_at=None, revoked_at=None,
            created_by_kind=session.actor.kind, created_by_id=session.actor.id,
        )
    )  # fmt: skip
    return key


async def identify(session: TenantReadSession, key: KeyText, clock: Clock) -> Caller:
    """Who the key is; the session's tenant is its organization.

    InvalidApiKeyError if it is unknown, expired or revoked; OrganizationSuspendedError if the organization is.
    """
    for stored in await ApiKeys(session).usable(key.prefix, clock.now(), sandbox=key.sandbox):
        if key.matches(stored.digest):
            if stored.suspended:
                raise OrganizationSuspendedError
            session.actor = Actor(ActorKind.API_KEY, stored.id)
            return Caller(session.org_id, session.actor, _scopes(tuple(stored.scopes)))
    raise InvalidApiKeyError


@lru_cache(maxsize=1024)
def _scopes(stored: tuple[str, ...]) -> frozenset[Scope]:
    return frozenset(map(Scope, stored))
