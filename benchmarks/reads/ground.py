"""A partnership with many overlaps, written by SQL as the server's superuser: made for reading, nothing was matched."""

from dataclasses import dataclass
from uuid import UUID

import asyncpg

from service.accounts.repository import Populations
from service.cli.operator import Desk
from service.cli.org import new_organization
from service.cli.partnership import new_partnership
from service.crypto import Keystore
from service.db.database import Database
from service.db.embedded import Urls
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from service.partnerships.models import Preset, SharingLevel
from service.partnerships.operations import Share, share

_ACCOUNTS = """
    INSERT INTO account (org_id, id, identity, digest, populations, external_id, name, domain, country, owner, created_by, import_id, created_at,
                         updated_at)
    SELECT $1::uuid, md5($1::uuid::text || i)::uuid, 'e:A-' || i, '\\x00', 1, 'A-' || i, 'Company ' || i, 'company' || i || '.example', 'DE',
           'owner' || i % 50, $1::uuid, $1::uuid, now(), now()
    FROM generate_series(1, $2::int) i
"""
_REFERENCES = """
    INSERT INTO account_reference (org_id, partnership_id, ref, account_id)
    SELECT $1::uuid, $2::uuid, i, md5($1::uuid::text || i)::uuid FROM generate_series(1, $3::int) i
"""
_RECORDS = """
    INSERT INTO shared_record (partnership_id, owner_org_id, viewer_org_id, ref, populations, fields, rule_version, written_at)
    SELECT $1, $2, $3, i, 1,
           jsonb_build_object('name', 'Company ' || i, 'website', 'https://company' || i || '.example', 'country', 'de',
                              'city', 'Hamburg', 'industry', 'Software', 'owner', 'owner' || i % 50),
           1, now()
    FROM generate_series(1, $4::int) i
"""
_OVERLAPS = """
    INSERT INTO overlap (partnership_id, lo_ref, hi_ref, id, lo_org_id, hi_org_id, status, confidence, weight, kinds, evidence,
                         lo_shows, hi_shows, found_at, updated_at)
    SELECT $1, i, i, md5('o' || i)::uuid, $2, $3, 'auto', 0.9 + (i % 1000) / 10000.0, 8.5, 2 + 8 * (i % 2), 1 + 4 * (i % 3),
           true, true, now(), now()
    FROM generate_series(1, $4::int) i
"""


@dataclass(frozen=True)
class Ground:
    """Who reads, by which key, and what there is to read."""

    key: str
    org_id: UUID
    partnership_id: UUID


async def prepare(urls: Urls, keystore: Keystore, rows: int) -> Ground:
    """Two organizations that show each other `rows` overlaps; the lower one reads."""
    async with Database(app_url=urls.app, matcher_url=urls.matcher, application="benchmark") as database:
        desk = Desk(database, keystore, SystemClock(), UuidV7Ids())
        made = [await new_organization(desk, handle, handle) for handle in ("left", "right")]
        partnership = await new_partnership(desk, "left", "right")
        for organization, _ in made:
            async with database.tenant(organization.id) as session:
                for p in await Populations(session).everyone():
                    said = Share(p.slug, SharingLevel.OVERLAPPING, Preset.STANDARD)
                    await share(session, desk.clock, partnership_id=partnership.id, said=said)
    (lo, key), (hi, _) = sorted(made, key=lambda pair: pair[0].id)
    await _fill(urls.admin, partnership.id, lo.id, hi.id, rows)
    return Ground(key, lo.id, partnership.id)


async def _fill(admin: str, partnership_id: UUID, lo: UUID, hi: UUID, rows: int) -> None:
    driver = await asyncpg.connect(admin)
    try:
        await driver.execute(_ACCOUNTS, lo, rows)
        await driver.execute(_REFERENCES, lo, partnership_id, rows)
        await driver.execute(_RECORDS, partnership_id, hi, lo, rows)
        await driver.execute(_OVERLAPS, partnership_id, lo, hi, rows)
        await driver.execute("VACUUM ANALYZE")
        await driver.execute("CHECKPOINT")  # or it is written out while the rounds run
    finally:
        await driver.close()
