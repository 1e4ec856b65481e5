"""What decisions hang on beside references, as the owner alone knows it: which account it was, and how it was called then.

A reference names an account by its id, and one that leaves a list and comes back has another. So the owner keeps, under its own key,
a mark of what makes the account the same (its external id, else its domain) and one of its name. Neither depends on an epoch; the
matcher sees the mark of the name, and who is gone.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import anyio.to_thread
import asyncpg
import numpy as np
import polars as pl

from service.accounts.merged import FOLLOWED
from service.crypto import ReferenceKey
from service.crypto.columns import marks, references
from service.db.names import Duty
from service.db.sessions import DutySession, TenantSession
from service.db.turns import PATIENCE, Turn, take_turn
from service.linking.columns import U64
from service.linking.layers import Delta
from service.matching.names import name_keys
from service.overlaps.carried import bring_notes_back, carry_notes, carry_words, take_words_back
from service.overlaps.shown import Within
from service.partnerships.models import Partnership

_DECIDED = "SELECT DISTINCT d.{side}_ref FROM decision d WHERE d.partnership_id = $1{within}"
_ANY = """
    SELECT EXISTS (SELECT FROM decision WHERE partnership_id = $1)
        OR EXISTS (SELECT FROM overlap WHERE partnership_id = $1 AND {side}_ref = ANY($2::bigint[]))
"""
_SELVES = "SELECT id::text AS id, identity, name FROM account WHERE org_id = $1 AND id = ANY($2::uuid[])"
_REMEMBER = """
    INSERT INTO decided_account (partnership_id, org_id, ref, account_id, identity, name)
    SELECT $1, $2, * FROM unnest($3::bigint[], $4::uuid[], $5::bytea[], $6::bytea[])
    ON CONFLICT (partnership_id, org_id, ref) DO UPDATE
    SET account_id = excluded.account_id, identity = excluded.identity, name = coalesce(decided_account.name, excluded.name), gone_at = NULL
"""
_GONE = """
    INSERT INTO decided_account (partnership_id, org_id, ref, gone_at)
    SELECT $1::uuid, $2::uuid, paired.{side}_ref, now() FROM (
        SELECT {side}_ref FROM decision WHERE partnership_id = $1 AND {side}_ref = ANY($3::bigint[])
        UNION SELECT {side}_ref FROM overlap WHERE partnership_id = $1 AND {side}_ref = ANY($3::bigint[])
    ) paired
    ON CONFLICT (partnership_id, org_id, ref) DO UPDATE SET gone_at = now()
"""
"""Those of overlaps too: until the matcher has removed the pair somebody may still confirm it."""
_HERE = (
    "DELETE FROM decided_account WHERE partnership_id = $1 AND org_id = $2 AND ref = ANY($3::bigint[]) AND identity IS NULL AND name IS NULL",
    "UPDATE decided_account SET gone_at = NULL WHERE partnership_id = $1 AND org_id = $2 AND ref = ANY($3::bigint[])",
)
_IS_ANY_KNOWN = "SELECT EXISTS (SELECT FROM decided_account WHERE partnership_id = $1 AND org_id = $2)"
_DEPARTED = """
    SELECT identity, ref FROM decided_account
    WHERE partnership_id = $1 AND org_id = $2 AND gone_at IS NOT NULL AND identity = ANY($3::bytea[])
"""
_NAMED = "SELECT DISTINCT name FROM decided_account WHERE partnership_id = $1 AND org_id = $2 AND name = ANY($3::bytea[])"
_MOVE = (
    "DELETE FROM decided_account WHERE partnership_id = $1 AND org_id = $2 AND ref = $4 AND $3::bigint IS NOT NULL",
    "UPDATE decided_account SET ref = $4, gone_at = NULL WHERE partnership_id = $1 AND org_id = $2 AND ref = $3",
    "UPDATE decision SET {side}_ref = $4 WHERE partnership_id = $1 AND {side}_ref = $3 AND $2::uuid IS NOT NULL",
)
_MERGED = f"""
    {FOLLOWED} SELECT f.merged_id::text, a.id::text FROM followed f JOIN account a ON a.org_id = $1 AND a.id = f.into_id
"""
_NAME = """
    INSERT INTO decided_account (partnership_id, org_id, ref, account_id, identity, name)
    SELECT $1, $2, * FROM unnest($3::bigint[], $4::uuid[], $5::bytea[], $6::bytea[]) ON CONFLICT DO NOTHING
"""
_ID = 32


@dataclass(frozen=True, slots=True)
class _Marked:
    """Accounts by their stored references, ids, and marks: columns of one length."""

    refs: list[int]
    ids: list[UUID]
    identities: list[bytes]
    names: list[bytes | None]

    def where(self, wanted: Sequence[int]) -> tuple[list[Any], ...]:
        columns: tuple[list[Any], ...] = (self.refs, self.ids, self.identities, self.names)
        return tuple([column[at] for at in wanted] for column in columns)


async def remember(within: Within, accounts: pl.DataFrame, own: ReferenceKey) -> None:
    """Keep which of `accounts` (`ref`, `id`) somebody has decided on, and how they are called."""
    driver = await within.session.raw()
    found = await driver.fetch(within.sql(_DECIDED, f"d.{within.side}_ref"), within.partnership.id)
    rows = accounts.filter(pl.col("ref").is_in([row[0] for row in found]))
    if rows.height:
        marked = await _marked(driver, within.session, within.partnership, rows, own)
        place = within.partnership.id, within.session.org_id
        await driver.execute(_REMEMBER, *place, *marked.where(range(len(marked.refs))))


async def follow(session: TenantSession, partnership: Partnership, change: Delta, own: ReferenceKey) -> U64:
    """Accounts of the session's side came to a partnership and left it: what was decided on them waits for them, and finds them again.

    What was said of one that was merged is said of the one that is left too, unless something was, and no longer once it is back: the
    references of those, sorted. What was noted on its pairs goes with it, and comes back with it.
    """
    driver: asyncpg.Connection = await session.raw()
    carried: list[int] = []
    if not len(change):
        return _refs(carried)
    side, left = partnership.side_of(session.org_id), _left(change)
    async with session.on_duty(Duty.PUBLISH):
        await bring_notes_back(driver, partnership, session.org_id, _stored(change.added.refs))
        if await driver.fetchval(_ANY.format(side=side), partnership.id, left):
            await take_turn(session, Turn.DECIDE, partnership.id, wait=PATIENCE)
            carried = await take_words_back(driver, partnership, session.org_id, _stored(change.added.refs))
            await _follow(driver, session, partnership, change, own)
            carried += await _carry(driver, session, partnership, left, own)
    return _refs(carried)


async def _carry(
    driver: asyncpg.Connection,
    session: TenantSession,
    partnership: Partnership,
    left: list[int],
    own: ReferenceKey,
) -> list[int]:
    rows = await driver.fetch(_MERGED, session.org_id) if left else []
    if not rows:
        return []

    def name() -> pl.DataFrame:
        place = str(partnership.id)
        sides = [references(place, pl.Series([row[at] for row in rows]), own).view(np.int64) for at in (0, 1)]
        named = pl.DataFrame(dict(zip(("ref", "into"), sides, strict=True)))
        return named.filter(pl.col("ref").is_in(left))

    merged = await anyio.to_thread.run_sync(name)
    refs = merged["ref"].to_list(), merged["into"].to_list()
    await carry_notes(driver, partnership, session.org_id, *refs)
    return await carry_words(driver, partnership, session.org_id, *refs)


async def _follow(
    driver: asyncpg.Connection,
    session: TenantSession,
    partnership: Partnership,
    change: Delta,
    own: ReferenceKey,
) -> None:
    place, side = (partnership.id, session.org_id), partnership.side_of(session.org_id)
    come, left = _stored(change.added.refs), _left(change)
    await driver.execute(_GONE.format(side=side), *place, left)
    for statement in _HERE:
        await driver.execute(statement, *place, come)
    text = change.added.token_bytes().hex()
    ids = [str(UUID(text[at : at + _ID])) for at in range(0, len(text), _ID)]
    if not ids or not await driver.fetchval(_IS_ANY_KNOWN, *place):
        return
    rows = pl.DataFrame({"ref": come, "id": ids}, schema={"ref": pl.Int64, "id": pl.String})
    marked = await _marked(driver, session, partnership, rows, own)
    departed = dict(await driver.fetch(_DEPARTED, *place, marked.identities))
    for ref, identity in zip(marked.refs, marked.identities, strict=True):
        if identity in departed:
            for statement in _MOVE:
                await driver.execute(statement.format(side=side), *place, departed[identity], ref)
    borne = [name for name in marked.names if name is not None]
    names = {row[0] for row in await driver.fetch(_NAMED, *place, borne)}
    alike = [at for at, name in enumerate(marked.names) if name in names]
    await driver.execute(_NAME, *place, *marked.where(alike))


async def _marked(
    driver: asyncpg.Connection,
    session: TenantSession | DutySession,
    partnership: Partnership,
    rows: pl.DataFrame,
    own: ReferenceKey,
) -> _Marked:
    found = await driver.fetch(_SELVES, session.org_id, rows["id"].to_list())
    selves = pl.DataFrame([tuple(row) for row in found], schema=["id", "identity", "name"], orient="row")
    selves = selves.cast(pl.String).join(rows.select("ref", "id"), on="id")

    def work() -> _Marked:
        place, keys = str(partnership.id), name_keys(selves["name"]).name
        named = [bytes(row) for row in marks(place, "name", keys.fill_null(""), own)]
        return _Marked(
            selves["ref"].to_list(), [UUID(one) for one in selves["id"]],
            [bytes(row) for row in marks(place, "identity", selves["identity"], own)],
            [mark if key is not None else None for mark, key in zip(named, keys, strict=True)],
        )  # fmt: skip

    return await anyio.to_thread.run_sync(work)


def _left(change: Delta) -> list[int]:
    return sorted({*_stored(change.removed.refs)} - {*_stored(change.added.refs)})


def _refs(stored: list[int]) -> U64:
    return np.unique(np.array(stored, dtype=np.int64).view(np.uint64))


def _stored(refs: U64) -> list[int]:
    return [int(ref) for ref in np.ascontiguousarray(refs).view(np.int64)]
