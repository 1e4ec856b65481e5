"""Everything of an organization as a ZIP file of NDJSON: what its own session may read, and of partners what it is told, one snapshot, a row in memory at a time."""

import json
import os
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import IO, Any

import asyncpg

from service.accounts.models import SEALED_CONTACT, SEALED_PAST
from service.audit import record
from service.cli.errors import CommandError
from service.cli.operator import Desk
from service.crypto import DataKeys
from service.db.sealed import SealedColumn
from service.imports.models import SEALED_REFUSAL
from service.organizations.models import Organization
from service.overlaps.exported import OVERLAPS, PROPOSED, RECORDS, RELATED_PAIRS, told_lines
from service.overlaps.models import SEALED_COMMENT
from service.overlaps.view import active_views
from service.partnerships.models import SEALED_NOTES

_PREFETCH = 500


@dataclass(frozen=True, slots=True)
class Part:
    """One file: its table, columns that stay out, and what it is."""

    table: str
    about: str
    without: tuple[str, ...] = ()
    org: str | None = "org_id"
    """The column that must be the organization; None where row-level security alone says which rows it may see."""

    opens: SealedColumn | None = None
    """The column whose values are opened."""

    only: str = "true"
    """Which of the rows; `false` where `told` alone gives them."""

    told: str | None = None
    """A statement of `exported.py`: what the organization is told of a partnership at this moment."""

    def query(self) -> str:
        where = "true" if self.org is None else f't."{self.org}" = $1'
        left_out = ", ".join(f"'{column}'" for column in self.without)
        # $1 is named even where it chooses nothing: a statement must use the value that it is given
        return (
            f'SELECT (to_jsonb(t) - ARRAY[{left_out}]::text[])::text AS line FROM "{self.table}" t'
            f" WHERE {where} AND {self.only} AND $1::uuid IS NOT NULL"
        )


PARTS: Mapping[str, Part] = {
    "organization": Part("organization", "the organization itself", org="id"),
    "quotas": Part("organization_standing", "suspension and quotas"),
    "members": Part("membership", "who belongs to it, and their roles"),
    "people": Part(
        "person", "its members: names and addresses", org=None,
        without=("password_hash", "totp_secret", "totp_step", "password_changed_at"),
    ),
    "invitations": Part("member_invitation", "places offered to others", without=("digest",)),
    "api_keys": Part("api_key", "API keys without what opens anything", without=("digest",)),
    "populations": Part("population", "populations, by the bit that accounts have in `populations`"),
    "accounts": Part("account", "accounts", without=("digest", "change")),
    "account_attributes": Part("account_attribute", "custom attributes, by the key that accounts have in `attributes`"),
    "merged_accounts": Part("account_merge", "accounts that were merged into others"),
    "distinct_accounts": Part("account_distinct", "accounts that somebody said are not one company"),
    "contacts": Part("contact", "contacts", without=("digest", "identity", "email_hash"), opens=SEALED_CONTACT),
    "opportunities": Part("opportunity", "opportunities", without=("digest",)),
    "opportunity_stages": Part("opportunity_stage", "the stages that each was in"),
    "record_history": Part("record_history", "records as they were before an import changed them", opens=SEALED_PAST),
    "imports": Part("import", "imports", without=("preview", "upload_key")),
    "import_mappings": Part("import_mapping", "saved mappings of the columns of lists"),
    "import_errors": Part("import_error", "rows that imports refused", opens=SEALED_REFUSAL),
    "partnerships": Part("partnership", "partnerships", org=None),
    "partnership_sides": Part(
        "partnership_side", "who the two sides are, with their signed statements", org=None
    ),
    "partnership_profiles": Part(
        "partnership_profile", "what it keeps of partnerships for itself", opens=SEALED_NOTES
    ),
    "sent_invitations": Part("partner_invitation", "partnerships that it offered", without=("admits",)),
    "received_invitations": Part(
        "received_invitation", "partnerships that it was offered", without=("admits",)
    ),
    "sharing_rules": Part("sharing_rule", "sharing rules: one's own, and the partners' that aren't hidden", org=None),
    "overlaps": Part("overlap", "overlaps that the organization is told of", only="false", org=None, told=OVERLAPS),
    "overlap_comments": Part("overlap_comment", "what its people wrote on overlaps", opens=SEALED_COMMENT),
    "overlap_assignees": Part("overlap_assignee", "who looks after which overlap"),
    "decisions": Part("decision", "what its people said of pairs"),
    "related_pairs": Part(
        "related_pair", "pairs of one owner that the organization is told of", only="false", org=None, told=RELATED_PAIRS
    ),
    "link_proposals": Part(
        "link_proposal", "accounts that it proposed to link, and those proposed to it", only="t.sent", told=PROPOSED
    ),
    "partner_records": Part("shared_record", "what partners show of accounts", only="false", org=None, told=RECORDS),
    "account_references": Part("account_reference", "which of its accounts an overlap's reference names"),
    "audit_log": Part("audit_entry", "the audit log"),
    "audit_checkpoints": Part("audit_checkpoint", "signed checkpoints of the audit log"),
}  # fmt: skip
"""File → where it comes from."""

LEFT_OUT: Mapping[str, str] = {
    "token_segment": "keyed hashes, made anew from the accounts; without their keys they say nothing",
    "token_change": "counts of those",
    "account_alias": "the further domains of accounts once more, by domain",
    "account_departure": "which accounts left a domain or the list, until every partnership has followed",
    "account_footprint": "fingerprints of the rows of imported files, made anew by the next one",
    "decided_account": "keyed hashes by which decisions find accounts that come back",
    "account_duplicate": "what a search of the accounts found, and finds again",
    "account_duplicate_search": "when that was",
    "publish_request": "work under way between two organizations",
    "evidence_request": "work under way between two organizations",
    "match_run": "work under way between two organizations",
    "partnership_event": "what two organizations had in common; each side is told its part by overlaps and log",
    "event_bookmark": "up to where the log was told of those",
    "import_reject": "rows that imports refused, to be mended and sent again; what was wrong with them is in import_errors",
    "idempotency_record": "answers kept a day for repeated requests",
    "rate_budget": "what was asked this minute",
}
"""Tables of tenants that are in no file, and why."""

_PEOPLE = """
SELECT (to_jsonb(p) - ARRAY['password_hash', 'totp_secret', 'totp_step', 'password_changed_at'])::text AS line
  FROM person p JOIN membership m ON m.person_id = p.id WHERE m.org_id = $1
"""


async def export_organization(desk: Desk, owner: Organization, path: Path) -> int:
    """How many rows were written; that it was exported is among them. CommandError if the file is there already."""
    with _new_archive(path) as archive:
        async with desk.tenant(owner.id) as session:
            await record(session, desk.clock, "organization.exported", target=f"organization:{owner.id}")
        counts = await _write(desk, owner, archive)
        archive.writestr("README.txt", _readme(owner, desk, counts))
    return sum(counts.values())


@contextmanager
def _new_archive(path: Path) -> Iterator[zipfile.ZipFile]:
    """A ZIP file that only its owner reads, under its name once it is whole."""
    if path.exists():
        raise CommandError(f"{path} exists already: choose another name.")
    part = path.with_name(path.name + ".part")
    handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "wb") as raw, zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
            yield archive
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


async def _write(desk: Desk, owner: Organization, archive: zipfile.ZipFile) -> dict[str, int]:
    counts = {}
    async with desk.database.tenant_read(owner.id) as session:
        driver, views = await session.raw(), await active_views(session)
        for name, part in PARTS.items():
            query = _PEOPLE if part.table == "person" else part.query()
            with archive.open(f"{name}.ndjson", "w", force_zip64=True) as file:
                opened = (
                    partial(_opened, part.opens, DataKeys(desk.keystore, str(owner.id)))
                    if part.opens
                    else str
                )
                counts[name] = await _stream(driver, query, (owner.id,), file, opened)
                for view in views if part.told else ():
                    told, values = told_lines(session, view, part.told or "")
                    counts[name] += await _stream(driver, told, values, file, opened)
    return counts


async def _stream(
    driver: asyncpg.Connection,
    query: str,
    values: tuple[Any, ...],
    file: IO[bytes],
    opened: Callable[[str], str],
) -> int:
    count = 0
    async for row in driver.cursor(query, *values, prefetch=_PREFETCH):
        file.write(opened(row["line"]).encode() + b"\n")
        count += 1
    return count


def _opened(column: SealedColumn, keys: DataKeys, line: str) -> str:
    """A row with the JSON that is sealed in it."""
    row = json.loads(line)
    if row[column.column] is not None:
        record = bytes.fromhex(row[column.column].removeprefix("\\x"))
        row[column.column] = json.loads(keys.open(record, column.place_in(row)))
    return json.dumps(row)


def _readme(owner: Organization, desk: Desk, counts: Mapping[str, int]) -> str:
    files = "\n".join(
        f"{name}.ndjson  {counts[name]:>12,} rows  {part.about}" for name, part in PARTS.items()
    )
    return (
        f"Everything that Commonground {version('commonground')} keeps of the organization '{owner.handle}' ({owner.id}),\n"
        f"as it was at {desk.clock.now():%Y-%m-%d %H:%M:%S} UTC. Each file has one JSON object a line.\n\n{files}\n\n"
        "Not in it: secrets, password and key digests, tokens and work under way. Bytes are written as \\x and hex.\n"
        "The files hold names and addresses: keep them as you keep those.\n"
    )
