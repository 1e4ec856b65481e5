"""Records that come over the API, one or many: compared and written at once, as an import of their own.

They go the way of a file (`ways.py`), under the same lock, and are stored as an import of the origin `api`, so that histories
and rollbacks know them. They don't wait for files that were accepted before: what they write is newer than such a file says, so
the file, when its turn comes, leaves these as they are (`keeping.py`). So it does with what a record only
confirmed while the file waited: nothing of them changes but the import that had the last word.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any
from uuid import UUID

import polars as pl

from service.accounts.attributes import Attributes
from service.accounts.errors import AttributesChangedError, UnknownAccountError
from service.accounts.models import AccountAttribute
from service.accounts.records import Records
from service.accounts.rows import identity_of_external
from service.accounts.staging import count_of
from service.accounts.store import delete_account
from service.accounts.ways import ACCOUNT_WAY, Way
from service.db.sessions import TenantReadSession, TenantSession
from service.imports.direct import Counts, Sent, keep_import
from service.imports.models import ImportMode
from service.imports.packed import PackedRows
from service.imports.repository import Imports
from service.imports.stored import require_quota
from service.imports.target import Difference, Order, Ready
from service.ingest import REFUSED_SCHEMA
from service.kit.clock import Clock

_STORED = "SELECT identity, id FROM {} WHERE org_id = $1 AND identity = ANY($2::text[])"
_BY_EXTERNAL_ID = "SELECT id FROM {} WHERE org_id = $1 AND identity = $2"
_CONFIRM = """
    UPDATE {} a SET import_id = $3 WHERE a.org_id = $1 AND a.id = ANY($2::uuid[])
    AND NOT EXISTS (SELECT FROM import i WHERE i.org_id = $1 AND i.id = a.import_id AND i.number > $4)
"""
"""Those whose last word isn't newer than the import with the number already."""
_PLACE = re.compile(r"^line \d+(?:, column '[^']*')?: ")
_SAME = re.compile(r"^Row \d+ \(line \d+\) is the same (\w+) as row (\d+) of this file")


class RecordStatus(StrEnum):
    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one record; `id` is the stored one's, of a rejected one there are `reason`, `message` and the `field` at fault."""

    status: RecordStatus
    id: UUID | None = None
    reason: str | None = None
    message: str | None = None
    field: str | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """`results` in the order of the records; `import_id` undoes them, None where nothing was changed."""

    results: Sequence[Result]
    import_id: UUID | None


@dataclass(frozen=True, slots=True, eq=False)
class Prepared:
    """Records made ready to be compared; `refused` by their number from 1."""

    way: Way
    order: Order
    ready: Ready[Any]
    refused: dict[int, Result]
    size: int
    attributes: Mapping[str, AccountAttribute]
    """As they were defined when the records were read."""


async def order_of(
    session: TenantReadSession, way: Way, import_id: UUID, population: str | None = None
) -> Order:
    """What records are to become, accounts in the `population`. PopulationGoneError."""
    return await way.target.found(
        session, Order(session.org_id, import_id, ImportMode.UPSERT, population, {})
    )


def prepare(way: Way, order: Order, records: Records) -> Prepared:
    """Pure and heavy: for a thread."""
    order = replace(order, headers=records.headers)
    rows = records.batch.frame
    ready = way.target.ready(PackedRows.of(rows), order)
    refused = pl.concat([records.batch.refused, ready.refused], how="vertical_relaxed")
    return Prepared(
        way, order, ready, _rejected(refused), rows.height + records.batch.refused.height, records.attributes
    )


def _rejected(refused: pl.DataFrame) -> dict[int, Result]:
    return {
        row: Result(RecordStatus.REJECTED, reason=reason, message=_said(message), field=column)
        for row, reason, message, column in refused.select("row", "reason", "message", "column").iter_rows()
    }


def _said(message: str) -> str:
    """A refusal's sentence, for one who sees the record that it is of."""
    same = _SAME.match(message)
    if same:
        return f"This is the same {same[1]} as record {same[2]} of the batch{message[same.end() :]}"
    return _PLACE.sub("", message)


async def write(session: TenantSession, clock: Clock, prepared: Prepared, sent: Sent) -> Outcome:
    """Compare and store, for whoever has called `take_place`. QuotaExceededError, AttributesChangedError."""
    await _require_same(session, prepared.attributes)
    way, batch = prepared.way, prepared.ready.batch
    difference = await way.target.compare(session, batch, prepared.order)
    found = await _results(session, way, way.known(batch), difference)
    await way.target.write(session, difference, prepared.order)
    same = [result.id for result in found.values() if result.status is RecordStatus.UNCHANGED and result.id]
    confirmed = await confirm(session, way, same, sent)
    if difference.created:
        await require_quota(session, way.target)
    if difference.changes or confirmed:
        counts = Counts(
            rows_read=prepared.size, created=difference.created, updated=difference.updated,
            unchanged=difference.unchanged, rejected=len(prepared.refused),
        )  # fmt: skip
        made = await way.target.made(session)
        await keep_import(session, clock, way.target, sent, counts, made=made)
    results = [prepared.refused.get(row) or found[row] for row in range(1, prepared.size + 1)]
    return Outcome(results, sent.import_id if difference.changes else None)


async def _require_same(session: TenantSession, attributes: Mapping[str, AccountAttribute]) -> None:
    """AttributesChangedError where one of them was removed meanwhile, or defined anew as something else."""
    if not attributes:
        return
    now = await Attributes(session).by_key()
    changed = [
        key
        for key, then in attributes.items()
        if (found := now.get(key)) is None or (found.type, found.currency) != (then.type, then.currency)
    ]
    if changed:
        raise AttributesChangedError(changed)


async def confirm(session: TenantSession, way: Way, same: Sequence[UUID], sent: Sent) -> int:
    """Let the import `sent` have the last word on what it leaves unchanged, where a list that is older waits; on how many it had to."""
    waiting = await Imports(session).newest_unfinished(sent.kind)
    if waiting is None or not same:
        return 0
    driver = await session.raw()
    statement = _CONFIRM.format(way.table)
    return count_of(await driver.execute(statement, session.org_id, list(same), sent.import_id, waiting))


async def _results(
    session: TenantSession, way: Way, known: pl.DataFrame, difference: Difference[Any]
) -> dict[int, Result]:
    """Of every row that is known, what the comparison left in its temporary table for it, or what is stored and says the same."""
    left = REFUSED_SCHEMA.to_frame() if difference.left is None else difference.left
    refused = _rejected(left)
    known = known.filter(~pl.col("row").is_in(left["row"].implode())).with_columns(
        pl.col("identity").replace(difference.stands_for)
    )
    driver = await session.raw()
    staged = {row["identity"]: row for row in await driver.fetch(way.staged)}
    others = [identity for identity in known["identity"] if identity not in staged]
    stored = dict(await driver.fetch(_STORED.format(way.table), session.org_id, others))
    found = dict(refused)
    for row, identity in known.select("row", "identity").iter_rows():
        if identity in staged:
            found[row] = Result(_status(staged[identity]), staged[identity]["id"])
        else:
            found[row] = Result(RecordStatus.UNCHANGED, stored[identity])
    return found


def _status(staged: Any) -> RecordStatus:
    if staged["is_new"]:
        return RecordStatus.CREATED
    return RecordStatus.UNCHANGED if staged["same"] else RecordStatus.UPDATED


async def id_of(session: TenantReadSession, way: Way, external_id: str) -> UUID | None:
    """The record with this external id, white space around it aside."""
    driver = await session.raw()
    identity = identity_of_external(external_id)
    found: UUID | None = await driver.fetchval(_BY_EXTERNAL_ID.format(way.table), session.org_id, identity)
    return found


async def remove(session: TenantSession, clock: Clock, account_id: UUID, sent: Sent) -> None:
    """Remove one account, for whoever has called `take_place`. UnknownAccountError."""
    if not await delete_account(session, account_id, sent.import_id):
        raise UnknownAccountError
    await keep_import(session, clock, ACCOUNT_WAY.target, sent, Counts(removed=1), account=str(account_id))
