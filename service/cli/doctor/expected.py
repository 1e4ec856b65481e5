"""Checks of what the database and the keystore must have of each other."""

from uuid import UUID

import asyncpg

from service.cli.doctor.findings import Finding, fail, ok
from service.cli.words import counted
from service.crypto import Erased, IdentityKey, Keystore, SecretName
from service.crypto.errors import KeystoreError, RecordError, SecretMissingError

_HOSTED = "SELECT id, identity FROM organization WHERE mode = 'hosted'"
_MOST_NAMED = 3


async def keys(driver: asyncpg.Connection, keystore: Keystore | None) -> list[Finding]:
    """Every hosted organization's keys and those of its partnerships, and whether they are the ones it published."""
    if keystore is None or not await has_tables(driver):
        return []
    organizations = await driver.fetch(_HOSTED)
    missing = await lacking(driver, keystore)
    for row in organizations:
        missing += [
            str(name) for name in await _epoch_names(driver, row["id"]) if not _is_there(keystore, name)
        ]
    if not missing:
        return [
            ok(
                "keys",
                f"those of {counted(len(organizations), 'organization')} and of all partnerships are there",
            )
        ]
    more = f" (and {len(missing) - _MOST_NAMED} more)" if len(missing) > _MOST_NAMED else ""
    return [
        fail(
            "keys",
            f"the keystore lacks {'; '.join(missing[:_MOST_NAMED])}{more}",
            "see that COMMONGROUND_KEYSTORE_DIR is the folder of this database; bring organizations' secrets back with "
            "`commonground backup restore-keystore`",
        )
    ]


async def lacking(driver: asyncpg.Connection, keystore: Keystore) -> list[str]:
    """What of each hosted organization's own keys isn't there, or isn't what it published."""
    rows = await driver.fetch(_HOSTED)
    return [fault for row in rows for fault in _faults_of(keystore, row["id"], row["identity"])]


async def erased(driver: asyncpg.Connection, keystore: Keystore | None) -> list[Finding]:
    """Whether something is here that was erased: the database was restored, or an erasure was interrupted."""
    if keystore is None or not await has_tables(driver):
        return []
    buried = [UUID(stone.id) for stone in keystore.buried() if stone.what is Erased.ORGANIZATION]
    here = await driver.fetchval("SELECT count(*) FROM organization WHERE id = ANY($1)", buried)
    if here:
        said = f"{counted(here, 'erased organization')} in the database"
        return [
            fail(
                "erased", said, "run `commonground org erase-again`; a restored service serves nobody before"
            )
        ]
    return [ok("erased", "nothing of it is in the database")]


def _faults_of(keystore: Keystore, org_id: UUID, identity: bytes) -> list[str]:
    faults = [
        str(name) for what in ("ik", "kref") if not _is_there(keystore, name := SecretName(what, str(org_id)))
    ]
    if not faults and IdentityKey(keystore.get(SecretName("ik", str(org_id)))).public != identity:
        faults.append(f"the identity that {org_id} published (it has another)")
    return faults


async def _epoch_names(driver: asyncpg.Connection, org_id: UUID) -> list[SecretName]:
    async with driver.transaction(readonly=True):
        await driver.execute(f"SET LOCAL app.org_id = '{org_id}'")
        rows = await driver.fetch("SELECT id, epoch FROM partnership WHERE status <> 'ended'")
    return [
        name
        for row in rows
        for name in (
            SecretName("x", str(org_id), str(row["id"]), row["epoch"]),
            SecretName("service-secret", "service", str(row["id"]), row["epoch"]),
        )
    ]


def _is_there(keystore: Keystore, name: SecretName) -> bool:
    try:
        keystore.get(name)
    except (SecretMissingError, KeystoreError, RecordError):
        return False
    return True


async def has_tables(driver: asyncpg.Connection) -> bool:
    return bool(await driver.fetchval("SELECT to_regclass('public.pgqueuer') IS NOT NULL"))
