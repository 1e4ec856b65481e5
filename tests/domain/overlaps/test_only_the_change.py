"""What a change costs, counted in rows and references; and the guards over a whole list, met by way of changes alone."""

import sys
from collections.abc import Mapping

import asyncpg
import pytest

from service.imports.models import ImportMode
from service.matching import NORMALISER_VERSION
from service.matching.guards import CROWDED_FROM, CROWDED_UNTIL, HEAD_SHARED_FROM
from service.matching.kinds import KeyKind
from service.overlaps.blobs import open_frame
from service.overlaps.jobs.meet import meet
from service.overlaps.jobs.parts import Parts
from service.overlaps.jobs.push import push
from service.overlaps.making import CROWDED, HEADS, SHARED_HEADS
from service.overlaps.models import Part
from service.partnerships.epochs import rest_key_of
from service.partnerships.models import SharingLevel
from tests.factories.world import Member, Pair, company_list
from tests.support.whole_run import side_of, unlike_a_whole_run

DOMAIN = (Part.SENT, KeyKind.DOMAIN.value)
WRITTEN = (
    "token_segment",
    "token_change",
    "overlap",
    "shared_record",
    "account_reference",
    "partnership_event",
    "account",
)
"""Tables in which a change may write."""
COUNT = 600


def companies(count: int, *, since: int = 0) -> list[tuple[str, str]]:
    return [(f"Orchid {number} Quarzwerk", f"orchid{number}.com") for number in range(since, since + count)]


def crowd(count: int, domain: str = "walnut.com") -> list[tuple[str, str]]:
    return [(f"Malachit {number} Press", domain) for number in range(count)]


async def newest_terms(admin: asyncpg.Connection, pair: Pair) -> str:
    said: str = await admin.fetchval(
        "SELECT terms FROM token_change WHERE org_id = $1 ORDER BY number DESC LIMIT 1", pair.left.id
    )
    return said


async def both(pair: Pair, left: list[tuple[str, str]], right: list[tuple[str, str]]) -> None:
    await pair.world.upload(pair.left, company_list(*left))
    await pair.world.upload(pair.right, company_list(*right))
    await pair.world.work()


async def replace(pair: Pair, member: Member, rows: list[tuple[str, str]]) -> list[str]:
    await pair.world.upload(member, company_list(*rows), mode=ImportMode.REPLACE, confirmed=True)
    return await pair.world.work()


async def stamps(admin: asyncpg.Connection) -> Mapping[str, set[str]]:
    """Where each row of the written tables lies, and by which statement it was written."""
    return {
        table: {f"{r[0]}:{r[1]}:{r[2]}" for r in await admin.fetch(f"SELECT ctid, xmin, cmin FROM {table}")}
        for table in WRITTEN
    }


async def sizes(pair: Pair, member: Member) -> dict[str, int]:
    """How many tokens of domains and heads are sent and withheld."""
    stored = (await side_of(pair, member)).stored
    places = {"domains": DOMAIN, "crowded": CROWDED, "heads": HEADS, "shared": SHARED_HEADS}
    return {name: len(stored.whole(place)) for name, place in places.items()}


async def test_a_change_of_one_in_a_hundred_writes_so_much(pair: Pair, superuser: asyncpg.Connection) -> None:
    rows = companies(COUNT)
    await both(pair, rows, companies(COUNT, since=COUNT // 2))
    before = await stamps(superuser)
    changed = COUNT // 100
    kept = rows[changed // 2 : -changed // 2]
    await replace(pair, pair.left, kept + companies(changed, since=5 * COUNT))
    after = await stamps(superuser)
    written = {table: len(after[table] - before[table]) for table in WRITTEN}
    # Half of those that left had an overlap; nothing else of the pair is touched.
    assert written["account"] == changed
    assert written["partnership_event"] == changed // 2
    assert (written["overlap"], written["shared_record"], written["account_reference"]) == (0, 0, 0)
    assert {table: len(before[table] - after[table]) for table in ("overlap", "shared_record", "account_reference")} == {
        "overlap": changed // 2, "shared_record": changed, "account_reference": changed,
    }  # fmt: skip
    segments = await superuser.fetch(
        "SELECT layer, part, kind, count FROM token_segment WHERE org_id = $1 AND change = 2 AND part <> 'touched'",
        pair.left.id,
    )
    assert {row["layer"] for row in segments} == {"added", "removed"}
    assert {row["count"] for row in segments} == {changed}
    assert await unlike_a_whole_run(pair, superuser) == []


async def test_evidence_is_asked_for_changed_accounts_alone(
    pair: Pair, superuser: asyncpg.Connection
) -> None:
    rows = companies(COUNT)
    await both(pair, rows, rows)
    async with pair.world.database.tenant(pair.left.id) as session:
        await session.sql(
            "UPDATE account SET city = 'Wien' WHERE org_id = $1 AND id IN (SELECT id FROM account LIMIT 6)",
            pair.left.id,
        )
    parts = Parts(pair.world.database, pair.world.keystore, pair.world.clock, pair.world.ids)
    await push(parts, org_id=pair.left.id, partnership_id=pair.partnership.id)
    await meet(parts, partnership_id=pair.partnership.id)
    key = rest_key_of(pair.world.keystore, pair.partnership.id, pair.partnership.epoch)
    asked = [
        open_frame(row["asked"], key, org_id=row["org_id"], run_id=row["run_id"], column="asked").height
        for row in await superuser.fetch("SELECT org_id, run_id, asked FROM evidence_request")
    ]
    assert asked == [6, 6]


async def test_an_account_changed_in_what_is_no_key_is_judged_and_shown_anew(
    pair: Pair, superuser: asyncpg.Connection
) -> None:
    text = "Company,Website,Country,City,Owner\nOrchid Bakery,{},DE,{},{}\nKestrel,kestrel.com,FR,Lyon,Ann\n"
    for member, domain in ((pair.left, "orchid.com"), (pair.right, "orchid.de")):
        await pair.world.upload(member, text.format(domain, "Berlin", "Ann"))
    await pair.world.work()
    segments = await superuser.fetchval("SELECT count(*) FROM token_segment WHERE part <> 'touched'")
    await pair.world.upload(pair.right, text.format("orchid.de", "Lyon", "Bo"))
    await pair.world.work()
    assert await superuser.fetchval("SELECT count(*) FROM token_segment WHERE part <> 'touched'") == segments
    assert await unlike_a_whole_run(pair, superuser) == []


async def test_several_changes_before_a_meeting_are_all_met(
    pair: Pair, superuser: asyncpg.Connection
) -> None:
    await both(pair, companies(COUNT), companies(COUNT))
    parts = Parts(pair.world.database, pair.world.keystore, pair.world.clock, pair.world.ids)
    for member in (pair.left, pair.left, pair.right):
        async with pair.world.database.tenant(member.id) as session:
            await session.sql(
                "DELETE FROM account WHERE org_id = $1 AND id IN (SELECT id FROM account ORDER BY id LIMIT 10)",
                member.id,
            )
        await push(parts, org_id=member.id, partnership_id=pair.partnership.id)
    assert await superuser.fetchval("SELECT count(*) FROM token_change") == 2 + 3
    await pair.world.work()
    assert await superuser.fetchval("SELECT count(*) FROM token_change") == 2
    assert await unlike_a_whole_run(pair, superuser) == []
    assert await superuser.fetchval("SELECT count(*) FROM overlap") <= COUNT - 20


async def test_accounts_of_a_domain_are_judged_anew_when_others_come_to_share_it_and_leave(
    pair: Pair, superuser: asyncpg.Connection
) -> None:
    others, domain = companies(COUNT), "walnut.com"
    await both(pair, [*others, ("Malachit Press", domain)], [*others, ("Walnut Verlag", domain)])

    async def at_the_domain() -> list[str]:
        assert await unlike_a_whole_run(pair, superuser) == []
        return [r[0] for r in await superuser.fetch("SELECT status FROM overlap WHERE kinds = 2 ORDER BY 1")]

    assert await at_the_domain() == ["auto"]
    for names, told in (
        (["Malachit Press", "Serpentin Papier"], ["review", "review"]),
        (["Malachit Press", "Walnut Verlag"], ["review"]),
        (["Malachit Press"], ["auto"]),
    ):
        await replace(pair, pair.left, [*others, *((name, domain) for name in names)])
        assert await at_the_domain() == told, names
        assert await superuser.fetchval(
            "SELECT bool_and(touched IS NOT NULL) FROM token_change WHERE number > 1"
        )


async def test_a_push_of_what_was_pushed_writes_nothing(pair: Pair, superuser: asyncpg.Connection) -> None:
    rows = companies(20)
    await both(pair, rows, rows)
    before = await stamps(superuser)
    await replace(pair, pair.left, rows)
    parts = Parts(pair.world.database, pair.world.keystore, pair.world.clock, pair.world.ids)
    await push(parts, org_id=pair.left.id, partnership_id=pair.partnership.id)
    assert await pair.world.work() == []
    assert await stamps(superuser) == before


async def test_a_domain_goes_off_at_twenty_names_and_on_again_at_fifteen(
    pair: Pair, superuser: asyncpg.Connection
) -> None:
    others = companies(300)
    await both(pair, others + crowd(CROWDED_FROM - 1), crowd(3))
    assert (await sizes(pair, pair.left))["crowded"] == 0
    for count, off in (
        (CROWDED_FROM, True), (CROWDED_UNTIL + 1, True), (CROWDED_UNTIL, False), (CROWDED_FROM - 1, False),
    ):  # fmt: skip
        await replace(pair, pair.left, others + crowd(count))
        found = await sizes(pair, pair.left)
        assert (found["crowded"], found["domains"]) == ((count, 300) if off else (0, 300 + count)), count
        assert await unlike_a_whole_run(pair, superuser) == []


@pytest.mark.parametrize(
    "leaving",
    [
        "UPDATE account SET domain = 'other.com', website = 'other.com'",
        "UPDATE account SET domain = NULL, website = NULL",
        "UPDATE account SET populations = 0",
        "DELETE FROM account",
    ],
)
async def test_accounts_that_stay_get_their_token_back_when_others_leave_their_domain(
    pair: Pair, superuser: asyncpg.Connection, leaving: str
) -> None:
    """Each way out of a domain is noticed: another domain, none, another population, the list's end."""
    await both(pair, companies(300) + crowd(CROWDED_FROM), crowd(1))
    assert (await sizes(pair, pair.left))["crowded"] == CROWDED_FROM
    some = f"SELECT id FROM account WHERE domain = 'walnut.com' LIMIT {CROWDED_FROM - CROWDED_UNTIL}"
    async with pair.world.database.tenant(pair.left.id) as session:
        await session.sql(f"{leaving} WHERE org_id = $1 AND id IN ({some})", pair.left.id)
    await replace_nothing(pair, pair.left)
    found = await sizes(pair, pair.left)
    elsewhere = (CROWDED_FROM - CROWDED_UNTIL) * ("other.com" in leaving)
    assert (found["crowded"], found["domains"]) == (0, 300 + CROWDED_UNTIL + elsewhere)
    assert await unlike_a_whole_run(pair, superuser) == []


async def replace_nothing(pair: Pair, member: Member) -> None:
    """One account more, by an import, so that the jobs run."""
    await pair.world.upload(member, company_list(("Zephyr Nord", "")))
    await pair.world.work()


async def test_a_head_that_comes_to_be_shared_is_withheld_from_all_who_have_it(
    pair: Pair, superuser: asyncpg.Connection
) -> None:
    names = [(f"Quarzwerk {word}", "") for word in ("Nord", "Ost", "West", "Mitte", "Insel", "Hafen")]
    others = companies(100)
    await both(pair, others, names[:1])
    alone = (await sizes(pair, pair.left))["heads"]
    for count in (HEAD_SHARED_FROM - 1, HEAD_SHARED_FROM, HEAD_SHARED_FROM + 1, HEAD_SHARED_FROM - 1):
        await replace(pair, pair.left, others + names[:count])
        found = await sizes(pair, pair.left)
        shared = count >= HEAD_SHARED_FROM
        assert found["heads"] - alone == (0 if shared else count), count
        assert await unlike_a_whole_run(pair, superuser) == []


async def test_a_rule_that_changes_who_takes_part_is_followed_whole(
    pair: Pair, superuser: asyncpg.Connection
) -> None:
    await both(pair, companies(40), companies(40))
    await pair.world.share(pair.left, pair.partnership, {"prospects": SharingLevel.OVERLAPPING})
    await pair.world.work()
    assert await superuser.fetchval("SELECT count(*) FROM overlap") == 0
    await pair.world.share(pair.left, pair.partnership)
    await pair.world.work()
    assert await superuser.fetchval("SELECT count(*) FROM overlap") == 40
    assert await unlike_a_whole_run(pair, superuser) == []


async def test_a_domain_column_that_an_older_normaliser_filled_is_not_gone_by(
    pair: Pair, superuser: asyncpg.Connection
) -> None:
    """Accounts can't be looked up by it, so the list is pushed whole, and goes on being so."""
    await both(pair, companies(40) + crowd(CROWDED_FROM - 1), crowd(1))
    await superuser.execute("UPDATE account SET domain = 'stale.com' WHERE domain = 'walnut.com'")
    await pair.world.upload(pair.left, company_list(("Malachit Zwanzig", "walnut.com")))
    await pair.world.work()
    assert (await sizes(pair, pair.left))["crowded"] == CROWDED_FROM
    assert (await newest_terms(superuser, pair)).endswith("domains differ")


async def test_an_alias_that_a_new_name_no_longer_bears_costs_no_whole_push(
    pair: Pair, superuser: asyncpg.Connection
) -> None:
    """The bare host of a service is an alias of the company that is called like it, and of no other."""
    await both(pair, companies(40), [("Behance", "behance.net")])
    listed = "Account ID,Company,Alias Domains\nb,Behance Holding,behance.net; bearing.de\n"
    await pair.world.upload(pair.left, listed)
    await pair.world.work()
    before = (await sizes(pair, pair.left))["domains"]
    for name in ("Orchid Quarzwerk", "Orchid Quarzwerk Nord"):
        await pair.world.upload(pair.left, f"Account ID,Company\nb,{name}\n")
        await pair.world.work()
        assert (await sizes(pair, pair.left))["domains"] == before - 1
        assert not (await newest_terms(superuser, pair)).endswith("domains differ")
        assert await unlike_a_whole_run(pair, superuser) == []
    assert await superuser.fetchval("SELECT alias_domains FROM account WHERE external_id = 'b'") == ["behance.net", "bearing.de"]  # fmt: skip
    # One that is found and isn't stored can't be looked up.
    await superuser.execute("UPDATE account SET alias_domains = '{www.bearing.de}' WHERE external_id = 'b'")
    await replace_nothing(pair, pair.left)
    assert (await newest_terms(superuser, pair)).endswith("domains differ")


async def test_departures_are_forgotten_once_every_partnership_has_followed(
    pair: Pair, superuser: asyncpg.Connection
) -> None:
    await both(pair, companies(40), companies(40))
    third = await pair.world.organization("third")
    other = await pair.world.partnership(pair.left, third)
    await pair.world.share(pair.left, other)
    await pair.world.work()
    # nobody makes tokens by another normaliser's rules, nor opens an epoch while a partnership rests
    behind = "UPDATE partnership SET status = 'paused', normaliser = 'n0' WHERE id = $1"
    await superuser.execute(behind, other.id)
    await replace(pair, pair.left, companies(35))
    assert await superuser.fetchval("SELECT count(*) FROM account_departure") == 5
    up = "UPDATE partnership SET status = 'active', normaliser = $2 WHERE id = $1"
    await superuser.execute(up, other.id, NORMALISER_VERSION)
    await replace(pair, pair.left, companies(34))
    assert await superuser.fetchval("SELECT count(*) FROM account_departure") == 1


async def test_the_planner_knows_of_very_many_rows_in_the_transaction_that_wrote_them(
    pair: Pair, superuser: asyncpg.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    tables = ["account_reference", "overlap", "shared_record"]
    await superuser.execute("DELETE FROM pg_statistic WHERE starelid = ANY ($1::regclass[])", tables)
    known = "SELECT DISTINCT tablename FROM pg_stats WHERE tablename = ANY ($1) ORDER BY tablename"
    few, more = companies(30), companies(60)
    await both(pair, few, few)
    assert await superuser.fetch(known, tables) == []
    for module in ("verdicts", "shown"):
        monkeypatch.setattr(sys.modules[f"service.overlaps.{module}"], "VERY_MANY", 30)
    await both(pair, more, more)
    assert [row["tablename"] for row in await superuser.fetch(known, tables)] == tables
