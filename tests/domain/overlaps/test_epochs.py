"""A partnership's keys are rotated: the overlaps stay as they are, and nothing stays of the epoch before."""

from collections.abc import Mapping
from datetime import timedelta
from importlib import import_module

import asyncpg
import pytest

from service.audit.repository import AuditLog
from service.imports.models import ImportMode
from service.kit.actors import OPERATOR
from service.linking import meet as meeting
from service.matching.guards import CROWDED_FROM, CROWDED_UNTIL
from service.organizations.standing import resume, suspend
from service.overlaps.blobs import open_frame
from service.overlaps.jobs.parts import PURGE_JOB, SWITCH_JOB, Parts
from service.overlaps.jobs.push import push
from service.overlaps.jobs.switch import switch
from service.overlaps.jobs.weigh import weigh
from service.partnerships import epochs, rotation, schedule
from service.partnerships.epochs import rest_key_of, service_secret_name
from service.partnerships.rotation import EPOCH_OPENED_JOB, ROTATE_JOB, RotationParts
from service.partnerships.schedule import AT_ONCE, Waiting, begin_next, look_round
from tests.factories.world import Member, Pair, company_list
from tests.support.epochs import age, ask, left_out_elsewhere, present, rests, standing
from tests.support.whole_run import unlike_a_whole_run

NAMES = ("Orchid Quarzwerk", "Kestrel Press", "Zephyr Nord", "Malachit Hafen", "Walnut Bakery")


def listed(count: int, *, since: int = 0) -> list[tuple[str, str]]:
    """Companies with a domain, and as many that share a weak name with the partner's under another domain."""
    return [
        row
        for n in range(since, since + count)
        for row in (
            (f"{NAMES[n % 5]} {n}", f"company{n}.com"),
            (f"Acme{n}", f"acme{n}.{'de' if since else 'fr'}"),
        )
    ]


async def fill(pair: Pair, *, crowded: int = CROWDED_FROM) -> None:
    """With a domain that gave no token, and has fewer accounts by now than make one crowded."""
    await pair.world.upload(pair.left, company_list(*listed(20), *crowd(crowded)))
    await pair.world.upload(pair.right, company_list(*listed(20, since=5), *crowd(1)))
    await pair.world.work()
    fewer = company_list(*listed(20), *crowd(CROWDED_UNTIL + 1))
    await pair.world.upload(pair.left, fewer, mode=ImportMode.REPLACE, confirmed=True)
    await pair.world.work()


def crowd(count: int) -> list[tuple[str, str]]:
    return [(f"Tannenberg {n} Werk", "walnut.com") for n in range(count)]


async def entries(pair: Pair, member: Member, action: str) -> list[Mapping[str, object] | None]:
    async with pair.world.database.tenant_read(member.id) as session:
        return [e.details for e in await AuditLog(session).page(limit=50) if e.action == action]


async def asked(admin: asyncpg.Connection, pair: Pair) -> list[int]:
    """How many pieces of evidence each side is asked for."""
    key = rest_key_of(pair.world.keystore, pair.partnership.id, await present(admin, pair))
    rows = await admin.fetch("SELECT org_id, run_id, asked FROM evidence_request")
    return [
        open_frame(row["asked"], key, org_id=row["org_id"], run_id=row["run_id"], column="asked").height
        for row in rows
    ]


async def test_overlaps_stay_and_the_old_epoch_goes(pair: Pair, superuser: asyncpg.Connection) -> None:
    await fill(pair)
    before = await standing(superuser, pair)
    assert {row["status"] for row in await superuser.fetch("SELECT status FROM overlap")} == {
        "auto",
        "review",
    }
    tokens = await superuser.fetch("SELECT DISTINCT first FROM token_segment WHERE part <> 'accounts'")
    for number in (2, 3):
        await age(superuser, pair)
        await ask(pair)
        await pair.world.work(ROTATE_JOB, EPOCH_OPENED_JOB, SWITCH_JOB, "overlaps.meet")
        assert await asked(superuser, pair) == [0, 0]
        await pair.world.work()
        assert await standing(superuser, pair) == before
        assert await present(superuser, pair) == number
        assert await rests(superuser, pair) == []
    assert not await superuser.fetchval(
        "SELECT count(*) FROM token_segment WHERE part <> 'accounts' AND first = ANY($1)",
        [row[0] for row in tokens],
    )
    assert await unlike_a_whole_run(pair, superuser) == []
    for member in (pair.left, pair.right):
        noted = await entries(pair, member, "partnership.epoch_changed")
        assert [one and one["epoch"] for one in noted] == [3, 2]


STONES = ("Basalt", "Granit", "Feldspat", "Obsidian")


def stones(word: str, count: int) -> list[tuple[str, str]]:
    """Companies of one name under several domains."""
    return [(f"{word} Quarz Holding", f"{word.lower()}{n}.com") for n in range(count)]


async def test_changes_before_amid_and_after_a_rotation_are_met_once(
    pair: Pair, superuser: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One change at each step of the way. By each a name comes to join too many pairs, so that those go of accounts that didn't change."""
    monkeypatch.setattr(meeting, "MAX_PAIRS_PER_TOKEN", 12)
    left, right = (listed(8, since=since) for since in (0, 3))
    await pair.world.upload(
        pair.left, company_list(*left, *(row for word in STONES for row in stones(word, 3)))
    )
    await pair.world.upload(
        pair.right, company_list(*right, *(row for word in STONES for row in stones(word, 4)))
    )
    await pair.world.work()
    all_steps = (ROTATE_JOB, EPOCH_OPENED_JOB, SWITCH_JOB)
    for number, word in enumerate(STONES):
        pairs = await superuser.fetchval("SELECT count(*) FROM overlap")
        await age(superuser, pair)
        await ask(pair)
        if all_steps[:number]:
            await pair.world.work(*all_steps[:number])
        await pair.world.upload(pair.left, company_list(*stones(word, 4), *listed(1, since=50 + number)))
        await pair.world.work("imports.run", "accounts.changed", "overlaps.push")
        await pair.world.work(*all_steps)
        assert await left_out_elsewhere(superuser, pair) == []
        await pair.world.work()
        assert await superuser.fetchval("SELECT count(*) FROM overlap") < pairs, word
        assert await rests(superuser, pair) == []
        assert await unlike_a_whole_run(pair, superuser) == [], word
    assert await present(superuser, pair) == 1 + len(STONES)


async def test_what_was_begun_under_the_ended_epoch_is_void(
    pair: Pair, superuser: asyncpg.Connection
) -> None:
    """A run waits for evidence when the epoch changes: its requests go, and it is done over under the new one."""
    await fill(pair)
    for member in (pair.left, pair.right):
        await pair.world.upload(member, company_list(*listed(1, since=50)))
    every = await pair.world.work("imports.run", "accounts.changed", "overlaps.push", "overlaps.meet")
    assert "overlaps.meet" in every
    waiting = await superuser.fetch("SELECT run_id, org_id, epoch FROM evidence_request")
    assert [row["epoch"] for row in waiting] == [1, 1]
    parts = Parts(pair.world.database, pair.world.keystore, pair.world.clock, pair.world.ids)
    # the epoch changes between the request's reading and the partnership's
    await superuser.execute("UPDATE evidence_request SET epoch = 0")
    for row in waiting:
        await weigh(parts, org_id=row["org_id"], partnership_id=pair.partnership.id, run_id=row["run_id"])
    assert await superuser.fetchval("SELECT count(codes) FROM evidence_request") == 0
    await superuser.execute("UPDATE evidence_request SET epoch = 1")
    await ask(pair)
    await pair.world.work(ROTATE_JOB)
    # one side's tokens alone are not enough
    await push(parts, org_id=pair.left.id, partnership_id=pair.partnership.id)
    await switch(parts, partnership_id=pair.partnership.id)
    assert await present(superuser, pair) == 1
    await pair.world.work(EPOCH_OPENED_JOB, SWITCH_JOB, PURGE_JOB)
    assert await superuser.fetchval("SELECT count(*) FROM evidence_request") == 0
    for row in waiting:
        await weigh(parts, org_id=row["org_id"], partnership_id=pair.partnership.id, run_id=row["run_id"])
    await pair.world.work()
    assert await unlike_a_whole_run(pair, superuser) == []
    assert await rests(superuser, pair) == []


async def begin_afresh(pair: Pair, age: timedelta | None = None) -> None:
    """What the worker does each hour, and all that comes of it."""
    world = pair.world
    await look_round(RotationParts(world.database, world.keystore, world.clock, age))
    await world.work()


async def test_an_epoch_of_another_normaliser_is_no_longer_written_to_and_is_followed_by_one_of_todays(
    pair: Pair, superuser: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rules of before made one pair less: the change tells of that one, and of nothing else."""
    await fill(pair)
    before = await superuser.fetchval("SELECT count(*) FROM partnership_event")
    for name in ("meet", "push"):
        # the package names the steps themselves
        monkeypatch.setattr(
            import_module(f"service.overlaps.jobs.{name}"), "NORMALISER_VERSION", "n9.psl20300101"
        )
    for module in (epochs, rotation, schedule):
        monkeypatch.setattr(module, "NORMALISER_VERSION", "n9.psl20300101")
    [gone] = await superuser.fetch(
        "DELETE FROM overlap WHERE id = (SELECT id FROM overlap WHERE status = 'auto' ORDER BY id LIMIT 1) RETURNING lo_ref, hi_ref"
    )
    written = await superuser.fetch("SELECT ctid, xmin FROM token_segment ORDER BY ctid")
    await pair.world.upload(pair.left, company_list(("Basalt Quelle", "basaltquelle.com")))
    await pair.world.work("imports.run", "accounts.changed", "overlaps.push", "overlaps.meet")
    assert await superuser.fetch("SELECT ctid, xmin FROM token_segment ORDER BY ctid") == written
    await pair.world.work()
    assert await present(superuser, pair) == 2
    assert await superuser.fetchval("SELECT normaliser FROM partnership") == "n9.psl20300101"
    assert await rests(superuser, pair) == []
    events = await superuser.fetch(
        "SELECT type, data ->> 'overlap_id' AS id FROM partnership_event ORDER BY sequence"
    )
    [told] = events[before:]
    found = await superuser.fetchrow(
        "SELECT id::text, lo_ref, hi_ref FROM overlap WHERE id::text = $1", told["id"]
    )
    assert found is not None
    assert (told["type"], found["lo_ref"], found["hi_ref"]) == (
        "overlap.created",
        gone["lo_ref"],
        gone["hi_ref"],
    )


async def test_the_worker_begins_what_is_due_by_itself(pair: Pair, superuser: asyncpg.Connection) -> None:
    # which domains were crowded is known by keys alone
    await fill(pair, crowded=0)
    before = await standing(superuser, pair)
    year = timedelta(days=365)
    await begin_afresh(pair, year)
    assert await present(superuser, pair) == 1
    await superuser.execute("UPDATE partnership SET epoch_since = now() - interval '366 days'")
    await begin_afresh(pair)
    assert await present(superuser, pair) == 1
    await begin_afresh(pair, year)
    assert await present(superuser, pair) == 2
    # a restored keystore has no secret of an epoch, and neither has one whose next epoch was being prepared
    await age(superuser, pair)
    await ask(pair)
    await pair.world.work(ROTATE_JOB)
    for epoch in (2, 3):
        assert pair.world.keystore.delete_epoch(str(pair.partnership.id), epoch) == 3
    await begin_afresh(pair)
    assert await present(superuser, pair) == 4
    # the job that deletes was lost
    pair.world.keystore.get_or_create(service_secret_name(pair.partnership.id, 3))
    await begin_afresh(pair)
    assert await rests(superuser, pair) == []
    assert await standing(superuser, pair) == before
    assert await unlike_a_whole_run(pair, superuser) == []


async def test_no_more_rotations_are_begun_than_may_be_under_way(
    pair: Pair, superuser: asyncpg.Connection
) -> None:
    for number in range(AT_ONCE + 1):
        await pair.world.partnership(pair.left, await pair.world.organization(f"other-{number}"))
    await superuser.execute("UPDATE partnership SET normaliser = 'n0.psl20200101'")
    parts = RotationParts(pair.world.database, pair.world.keystore, pair.world.clock)
    under_way, waiting = "SELECT count(*) FROM partnership WHERE next_epoch IS NOT NULL", Waiting()
    for again in (look_round, look_round, begin_next):
        await again(parts, waiting)
        await pair.world.work(ROTATE_JOB)
        assert await superuser.fetchval(under_way) == AT_ONCE
    # each that ends lets another begin
    await pair.world.work()
    assert await superuser.fetchval("SELECT count(*) FROM partnership WHERE epoch = 2") == AT_ONCE + 2


async def test_a_suspended_organization_keeps_no_other_from_its_turn(
    pair: Pair, superuser: asyncpg.Connection
) -> None:
    world, hub = pair.world, await pair.world.organization("hub")
    for number in range(AT_ONCE):
        await world.partnership(hub, await world.organization(f"other-{number}"))
    # a list that changed has its partnership rotated by itself
    await world.work()
    is_of_hub = f"'{hub.id}' IN (lo_org_id, hi_org_id)"
    await superuser.execute("UPDATE partnership SET normaliser = 'n0.psl20200101'")
    await superuser.execute(
        f"UPDATE partnership SET epoch_since = now() - interval '9 days' WHERE {is_of_hub}"
    )
    async with world.database.tenant(hub.id) as session:
        session.actor = OPERATOR
        await suspend(session, world.clock)
    await begin_afresh(pair)
    assert await present(superuser, pair) == 2
    hubs = f"SELECT count(*) FROM partnership WHERE {is_of_hub} AND next_epoch IS NULL AND epoch = 1"
    assert await superuser.fetchval(hubs) == AT_ONCE
    # it was suspended while they were under way
    await superuser.execute(
        f"""UPDATE partnership SET next_epoch = 2, next_normaliser = normaliser, next_since = now() - interval '1 hour'
        WHERE {is_of_hub}"""
    )
    async with world.database.tenant(hub.id) as session:
        session.actor = OPERATOR
        await resume(session, world.clock)
    await superuser.execute("UPDATE partnership SET normaliser = 'n0.psl20200101' WHERE next_epoch IS NULL")
    parts = RotationParts(world.database, world.keystore, world.clock)
    waiting = Waiting()
    await look_round(parts, waiting)
    asked = "SELECT count(*) FROM pgqueuer WHERE dedupe_key LIKE 'partnerships.rotate%' || $1"
    assert await superuser.fetchval(asked, str(pair.partnership.id)) == 0
    await superuser.execute(
        f"UPDATE partnership SET next_since = now() - interval '7 hours' WHERE {is_of_hub}"
    )
    await begin_next(parts, Waiting([]))
    assert await superuser.fetchval(asked, str(pair.partnership.id)) == 0, "the last round saw nothing due"
    await begin_next(parts, waiting)
    assert await superuser.fetchval(asked, str(pair.partnership.id)) == 1


async def test_a_prepared_epoch_that_another_normaliser_left_is_prepared_anew(
    pair: Pair, superuser: asyncpg.Connection
) -> None:
    await pair.world.upload(pair.left, company_list(*listed(2)))
    await pair.world.work()
    await ask(pair)
    await pair.world.work(ROTATE_JOB)
    assert await superuser.fetchval("SELECT next_epoch FROM partnership") == 2
    await superuser.execute("UPDATE partnership SET next_normaliser = 'n0.psl20200101'")
    parts = Parts(pair.world.database, pair.world.keystore, pair.world.clock, pair.world.ids)
    await push(parts, org_id=pair.left.id, partnership_id=pair.partnership.id)
    asked = "SELECT count(*) FROM pgqueuer WHERE dedupe_key LIKE 'partnerships.rotate%' || $1"
    assert await superuser.fetchval(asked, str(pair.partnership.id)) == 1
