"""What stands in a partnership, beside what a run over both lists whole would leave: nothing incremental here."""

from collections import Counter
from typing import Any

import asyncpg
import polars as pl

from service.accounts.following import each_taking_part
from service.accounts.store import read_participating
from service.linking.columns import References
from service.linking.evidence import codes_for, wanted, with_shown
from service.linking.meet import meet
from service.linking.prepare import prepare
from service.linking.score import score_pairs
from service.matching.guards import CROWDED_FROM, CROWDED_UNTIL, borne_domains
from service.organizations.operations import reference_key
from service.overlaps.jobs.parts import request_publish
from service.overlaps.making import CROWDED, Listed, Maker
from service.overlaps.stored import Stored, read_side
from service.overlaps.verdicts import packed
from service.partnerships.epochs import link_keys
from service.partnerships.models import SharingLevel
from service.partnerships.repository import Partnerships
from service.partnerships.rules import bits_at
from tests.factories.world import Member, Pair

OVERLAPS = "SELECT lo_ref, hi_ref, status, confidence, weight, kinds, evidence FROM overlap WHERE partnership_id = $1"
SHOWN = """
    SELECT 'record', owner_org_id, ref, populations, fields::text, rule_version FROM shared_record WHERE partnership_id = $1
    UNION ALL SELECT 'reference', org_id, ref, 0, account_id::text, 0 FROM account_reference WHERE partnership_id = $1
    UNION ALL SELECT 'flags', lo_org_id, lo_ref, hi_ref, lo_shows::text || hi_shows::text, 0 FROM overlap WHERE partnership_id = $1
"""


class Side:
    """One side as it stands, and as all of its accounts say."""

    def __init__(
        self,
        member: Member,
        maker: Maker,
        stored: Stored,
        *,
        accounts: pl.DataFrame,
        shown: int,
        listed: Listed,
    ) -> None:
        self.member, self.maker, self.listed, self.stored = member, maker, listed, stored
        self.accounts, self.refs = accounts, maker.refs(accounts["id"])
        self.shown = self.refs[(accounts["populations"] & shown != 0).to_numpy()]


async def side_of(pair: Pair, member: Member) -> Side:
    world, partnership = pair.world, pair.partnership
    async with world.database.tenant(member.id) as session:
        partnerships = Partnerships(session)
        opened = await partnerships.opened(partnership.id)
        rules = await partnerships.rules(partnership.id, of=member.id)
        bits, shown = (bits_at(rules, level) for level in (SharingLevel.MATCHED, SharingLevel.OVERLAPPING))
        driver = await session.raw()
        maker = Maker(
            str(partnership.id),
            link_keys(world.keystore, opened, member.id),
            reference_key(world.keystore, member.id),
        )
        parts: list[Listed] = []

        async def take(rows: pl.DataFrame) -> None:
            parts.append(maker.listed(rows))

        await each_taking_part(driver, member.id, bits, take)
        listed = Listed.joined(parts)
        accounts = await read_participating(driver, member.id, bits)
        stored = await read_side(session, partnership.id, epoch=opened.partnership.epoch)
    return Side(member, maker, stored, accounts=accounts, shown=shown, listed=listed)


def unlike_whole_tokens(side: Side) -> list[str]:
    """Where the stored columns differ from those of all accounts; a domain between the two numbers may be on or off."""
    found = [
        f"{place}: {len(delta.added)} missing, {len(delta.removed)} too many"
        for place, delta in side.maker.whole([side.listed], side.stored).items()
        if len(delta)
    ]
    borne = borne_domains(side.listed.normalised, "name").drop_nulls("domain")
    names = borne.group_by("domain").agg(pl.col("name").n_unique())
    off = set(side.maker.off(names["domain"], side.stored))
    crowded = set(names.filter(pl.col("name") >= CROWDED_FROM)["domain"])
    near = set(names.filter(pl.col("name") > CROWDED_UNTIL)["domain"])
    if not crowded <= off <= near:
        found.append(f"off: {sorted(off)}, but {sorted(crowded)} must be and {sorted(near)} may be")
    crowded = side.stored.whole(CROWDED)
    if len(crowded.of_refs(References(side.refs))) < len(crowded):
        found.append("a domain of an account that takes no part is kept")
    return found


def whole_overlaps(pair: Pair, lo: Side, hi: Side) -> pl.DataFrame:
    """What `OVERLAPS` gives after a run over both lists whole."""
    meetings = meet(lo.stored.sent(), hi.stored.sent()).meetings
    codes = [
        with_shown(
            codes_for(wanted(meetings, name), prepare(side.accounts), side.refs, side.maker.link), side.shown
        )
        for name, side in (("left", lo), ("right", hi))
    ]
    scored = packed(score_pairs(meetings, *codes, threshold=pair.partnership.threshold))
    return scored.select("lo_ref", "hi_ref", "status", "confidence", "weight", "kinds", "evidence")


async def unlike_a_whole_run(pair: Pair, admin: asyncpg.Connection) -> list[str]:
    """What differs from what whole runs of every step would leave; empty is well. No job waits."""
    lo, hi = [
        await side_of(pair, member)
        for member in sorted((pair.left, pair.right), key=lambda member: member.id)
    ]
    found = [
        f"{side.member.organization.handle}: {what}"
        for side in (lo, hi)
        for what in unlike_whole_tokens(side)
    ]
    if not await admin.fetchval(
        "SELECT count(DISTINCT org_id) = 2 FROM token_change WHERE partnership_id = $1", pair.partnership.id
    ):
        return found
    stand = sorted(tuple(row) for row in await admin.fetch(OVERLAPS, pair.partnership.id))
    expected = sorted(whole_overlaps(pair, lo, hi).rows())
    if stand != expected:
        found.append(f"overlaps: {set(stand) ^ set(expected)}")
    found += await told_wrongly(pair, admin)
    return found + await shown_wrongly(pair, admin)


async def told_wrongly(pair: Pair, admin: asyncpg.Connection) -> list[str]:
    """Events replayed in their order must end at the overlaps that are told, each told once."""
    rows = await admin.fetch(
        "SELECT type, data FROM partnership_event WHERE partnership_id = $1 ORDER BY sequence",
        pair.partnership.id,
    )
    known: dict[str, float] = {}
    wrong = []
    for row in rows:
        data = row["data"]
        if row["type"] in {"overlap.decided", "link.proposed", "link.accepted"}:
            continue
        here = data["overlap_id"] in known
        if here == (row["type"] == "overlap.created"):
            wrong.append(f"{row['type']} of {data['overlap_id']}")
        known.pop(data["overlap_id"], None)
        if row["type"] != "overlap.removed":
            known[data["overlap_id"]] = data["confidence"]
    stand = await admin.fetch(
        "SELECT id::text, round(confidence::numeric, 4)::float8 FROM overlap WHERE partnership_id = $1 AND status IN ('auto', 'confirmed')",
        pair.partnership.id,
    )
    if known != {row[0]: row[1] for row in stand}:
        wrong.append(f"events end at {len(known)} overlaps, {len(stand)} stand")
    return wrong


async def shown_wrongly(pair: Pair, admin: asyncpg.Connection) -> list[str]:
    """Publishing both sides whole must change nothing."""
    before = await shown(pair, admin)
    for member in (pair.left, pair.right):
        async with pair.world.database.tenant(member.id) as session:
            await request_publish(session, pair.world.ids, pair.partnership, member.id, None)
    await pair.world.work()
    after = await shown(pair, admin)
    return [f"shown: {sorted(map(str, (before - after) + (after - before)))}"] if before != after else []


async def shown(pair: Pair, admin: asyncpg.Connection) -> Counter[tuple[Any, ...]]:
    return Counter(tuple(row) for row in await admin.fetch(SHOWN, pair.partnership.id))
