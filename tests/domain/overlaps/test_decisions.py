"""What people say of pairs, and what each side is told of it."""

from collections.abc import Mapping
from uuid import UUID

import asyncpg

from service.imports.models import ImportKind, ImportMode
from service.overlaps.deciding import Choice, Outcome, Refusal, decide
from service.overlaps.models import OverlapStatus
from service.overlaps.reading import Page
from service.partnerships.models import SharingLevel
from service.partnerships.operations import switch_reviews
from tests.factories.world import Member, Pair, company_list
from tests.support.exporting import exported
from tests.support.whole_run import told_wrongly

LEFT = company_list(("Siemens AG", "siemens.com", "DE"), ("Orchid Bakery", "orchidbakery.com", "FR"))
RIGHT = company_list(("Siemens", "siemens.com", "DE"), ("Orchid Bakery SARL", "orchidbakery.com", "FR"))
HALF = company_list(("Siemens", "siemens.com", "DE"))
Says = Mapping[UUID, Choice] | Choice


async def both(pair: Pair, left: str = LEFT, right: str = RIGHT) -> UUID:
    """Bring both lists; the overlap of Siemens."""
    await pair.world.upload(pair.left, left)
    await pair.world.upload(pair.right, right)
    await pair.world.work()
    told = await pair.world.told(pair.left, pair.partnership) or await pair.world.told(
        pair.right, pair.partnership
    )
    return next(UUID(str(row["id"])) for row in told if "Siemens" in str(row["name"]))


async def say(pair: Pair, member: Member, overlap_id: UUID, choice: Choice) -> Outcome:
    world = pair.world
    async with world.database.tenant(member.id) as session:
        [outcome] = await decide(session, world.clock, world.ids, pair.partnership.id, {overlap_id: choice})
    return outcome


async def statuses(pair: Pair, overlap_id: UUID) -> tuple[str | None, str | None]:
    """What the pair is to the left and to the right side; None where it isn't told of it."""
    found = []
    for member in (pair.left, pair.right):
        rows = await pair.world.told(member, pair.partnership, Page(overlap_id=overlap_id))
        found.append(str(rows[0]["status"]) if rows else None)
    return found[0], found[1]


async def counted(pair: Pair) -> tuple[int, int]:
    matrices = [await pair.world.matrix(member, pair.partnership) for member in (pair.left, pair.right)]
    lists = [await pair.world.told(member, pair.partnership) for member in (pair.left, pair.right)]
    assert [m.total.pairs for m in matrices] == [len(rows) for rows in lists]
    return len(lists[0]), len(lists[1])


async def events(pair: Pair, overlap_id: UUID) -> list[str]:
    async with pair.world.database.matcher(pair.partnership.id) as session:
        rows = await (await session.raw()).fetch(
            "SELECT type, data ->> 'status' FROM partnership_event WHERE data ->> 'overlap_id' = $1 ORDER BY sequence",
            str(overlap_id),
        )
    return [row[0].removeprefix("overlap.") + (f" {row[1]}" if row[1] else "") for row in rows]


async def test_a_dispute_withdraws_the_pair_from_both_sides_until_both_agree(
    pair: Pair, superuser: asyncpg.Connection
) -> None:
    siemens = await both(pair)
    assert await say(pair, pair.left, siemens, Choice.REJECT) == Outcome(siemens, OverlapStatus.DISPUTED)
    assert (await statuses(pair, siemens), await counted(pair)) == (("disputed", "disputed"), (1, 1))
    [row] = await pair.world.told(pair.right, pair.partnership, Page(status=OverlapStatus.DISPUTED))
    assert (row["partner_word"], row["own_word"]) == ("reject", None)
    assert '"Siemens AG"' in str(row["partner_fields"])
    await pair.world.work()

    await say(pair, pair.right, siemens, Choice.CONFIRM)
    assert await statuses(pair, siemens) == ("disputed", "disputed")
    await say(pair, pair.left, siemens, Choice.WITHDRAW)
    assert (await statuses(pair, siemens), await counted(pair)) == (("confirmed", "confirmed"), (2, 2))

    for member in (pair.left, pair.right):
        await say(pair, member, siemens, Choice.REJECT)
    assert (await statuses(pair, siemens), await counted(pair)) == (("rejected", "rejected"), (1, 1))
    assert await events(pair, siemens) == [
        "created", "decided disputed", "removed", "decided disputed", "created", "decided confirmed",
        "decided disputed", "removed", "decided rejected",
    ]  # fmt: skip
    assert await told_wrongly(pair, superuser) == []


async def test_saying_the_same_again_changes_and_tells_nothing(pair: Pair) -> None:
    siemens = await both(pair)
    for _ in range(2):
        assert (await say(pair, pair.right, siemens, Choice.CONFIRM)).status is OverlapStatus.CONFIRMED
    assert await events(pair, siemens) == ["created", "decided confirmed"]
    await say(pair, pair.right, siemens, Choice.WITHDRAW)
    assert (await say(pair, pair.right, siemens, Choice.WITHDRAW)).refused is Refusal.NOTHING_SAID
    assert await statuses(pair, siemens) == ("auto", "auto")


async def test_what_one_side_alone_is_told_of_it_rejects_for_itself_alone(pair: Pair) -> None:
    await pair.world.share(pair.left, pair.partnership, {"customers": SharingLevel.MATCHED})
    siemens = await both(pair)
    assert await counted(pair) == (2, 0)
    assert (await say(pair, pair.right, siemens, Choice.REJECT)).refused is Refusal.UNKNOWN
    assert (await say(pair, pair.left, siemens, Choice.REJECT)).status is OverlapStatus.REJECTED
    for _ in range(2):  # at once, and once it is published
        assert (await statuses(pair, siemens), await counted(pair)) == (("rejected", None), (1, 0))
        async with pair.world.database.tenant_read(pair.right.id) as session:
            assert await (await session.raw()).fetch("SELECT word FROM decision") == []
        await pair.world.work()

    # once the left side shows its accounts, its word is known, and the pair is in neither side's counts
    await pair.world.share(pair.left, pair.partnership)
    await pair.world.work()
    assert (await statuses(pair, siemens), await counted(pair)) == (("disputed", "disputed"), (1, 1))


async def test_words_outlast_new_lists_renames_and_scores(pair: Pair, superuser: asyncpg.Connection) -> None:
    siemens = await both(pair)
    for member in (pair.left, pair.right):
        await say(pair, member, siemens, Choice.CONFIRM)
    orchid = next(
        UUID(str(r["id"])) for r in await pair.world.told(pair.left, pair.partnership) if r["id"] != siemens
    )
    await say(pair, pair.right, orchid, Choice.REJECT)
    renamed = company_list(
        ("Siemens Aktiengesellschaft", "siemens.com", "AT"), ("Orchidee", "orchidbakery.com", "FR")
    )
    await pair.world.upload(pair.left, renamed, mode=ImportMode.REPLACE, confirmed=True)
    await pair.world.work()
    assert await statuses(pair, siemens) == ("confirmed", "confirmed")
    assert await statuses(pair, orchid) == ("disputed", "disputed")
    await superuser.execute("UPDATE partnership SET threshold = 1.0")
    await pair.world.upload(pair.left, LEFT)
    await pair.world.work()
    assert await statuses(pair, siemens) == ("confirmed", "confirmed")
    assert await counted(pair) == (1, 1)
    assert "removed" not in await events(pair, siemens)
    assert await told_wrongly(pair, superuser) == []


MAYBE_LEFT = company_list(("Harbour Analytics", "harbour-analytics.com", "UK"))
MAYBE_RIGHT = company_list(("Harbour Analytics", "harbouranalytics.co.uk", "UK"))


async def in_review(pair: Pair) -> UUID:
    await pair.world.upload(pair.left, MAYBE_LEFT)
    await pair.world.upload(pair.right, MAYBE_RIGHT)
    await pair.world.work()
    [row] = await queue(pair, pair.left)
    return UUID(str(row["id"]))


async def queue(pair: Pair, member: Member) -> list[dict[str, object]]:
    return await pair.world.told(member, pair.partnership, Page(status=OverlapStatus.REVIEW))


async def everything_told(pair: Pair, member: Member) -> list[object]:
    """What a side can read of the partnership by any list, and by its own rows in the database."""
    told: list[object] = [
        await pair.world.told(member, pair.partnership, Page(status=status)) for status in OverlapStatus
    ]
    async with pair.world.database.tenant_read(member.id) as session:
        driver = await session.raw()
        tables = ("decision", "shared_record", "overlap", "account_reference", "audit_entry")
        told += [sorted(map(str, await driver.fetch(f"SELECT * FROM {table}"))) for table in tables]
    return told


async def test_an_offer_shows_ones_own_account_and_a_confirmation_makes_an_overlap(
    pair: Pair, superuser: asyncpg.Connection
) -> None:
    harbour = await in_review(pair)
    for _ in range(2):  # nor by way of a rejection
        refused = await say(pair, pair.right, harbour, Choice.CONFIRM)
        assert refused.refused is Refusal.NOT_OFFERED
        await say(pair, pair.right, harbour, Choice.REJECT)
    await say(pair, pair.right, harbour, Choice.WITHDRAW)
    await say(pair, pair.left, harbour, Choice.OFFER)
    await pair.world.work()
    [theirs], [own] = await queue(pair, pair.right), await queue(pair, pair.left)
    assert (theirs["partner_word"], '"harbour-analytics.com"' in str(theirs["partner_fields"])) == (
        "offer",
        True,
    )
    assert (own["partner_word"], own["partner_fields"]) == (None, None)
    assert (await counted(pair), await events(pair, harbour)) == ((0, 0), [])

    await say(pair, pair.right, harbour, Choice.CONFIRM)
    await pair.world.work()
    assert (await statuses(pair, harbour), await counted(pair)) == (("confirmed", "confirmed"), (1, 1))
    [overlap] = await pair.world.told(pair.left, pair.partnership)
    assert '"harbouranalytics.co.uk"' in str(overlap["partner_fields"])
    assert await events(pair, harbour) == ["created", "decided confirmed"]

    for choice, own in ((Choice.WITHDRAW, "review"), (Choice.REJECT, "rejected")):
        await say(pair, pair.left, harbour, choice)
        assert (await statuses(pair, harbour), await counted(pair)) == ((own, "review"), (0, 0))
        await pair.world.work()
        [theirs] = await queue(pair, pair.right)
        assert (theirs["own_word"], theirs["partner_word"], theirs["partner_fields"]) == (
            "confirm",
            None,
            None,
        )
        await say(pair, pair.left, harbour, Choice.OFFER)
        await say(pair, pair.right, harbour, Choice.CONFIRM)
        assert await statuses(pair, harbour) == ("confirmed", "confirmed")
    for member in (pair.left, pair.right):
        await say(pair, member, harbour, Choice.REJECT)
    await pair.world.work()
    assert (await statuses(pair, harbour), await queue(pair, pair.left)) == (("rejected", "rejected"), [])
    assert await told_wrongly(pair, superuser) == []


async def test_nothing_comes_back_of_a_rejected_offer(pair: Pair) -> None:
    harbour = await in_review(pair)
    await say(pair, pair.left, harbour, Choice.OFFER)
    await pair.world.work()
    waiting = await everything_told(pair, pair.left)
    assert (await say(pair, pair.right, harbour, Choice.REJECT)).status is OverlapStatus.REJECTED
    await pair.world.work()
    assert await everything_told(pair, pair.left) == waiting
    assert (await statuses(pair, harbour), await events(pair, harbour)) == (("review", "rejected"), [])
    assert await queue(pair, pair.right) == []
    for choice in (Choice.WITHDRAW, Choice.OFFER):
        assert (await say(pair, pair.left, harbour, choice)).status is OverlapStatus.REVIEW
    await pair.world.work()
    assert await queue(pair, pair.right) == []


async def test_reviews_and_offers_are_told_where_both_judge_them_and_show(pair: Pair) -> None:
    harbour = await in_review(pair)
    await say(pair, pair.left, harbour, Choice.OFFER)
    await pair.world.work()
    world, place = pair.world, {"partnership_id": pair.partnership.id}
    for on, expected in ((False, (None, None)), (True, ("review", "review"))):
        async with world.database.tenant(pair.right.id) as session:
            await switch_reviews(session, world.clock, **place, on=on)
        assert await statuses(pair, harbour) == expected
        held = await exported(world, pair.right, "overlaps", "partner_records")
        assert [len(rows) for rows in held.values()] == [on, on]
    await world.share(pair.left, pair.partnership, {"customers": SharingLevel.MATCHED})
    assert await statuses(pair, harbour) == (None, None)
    assert (await say(pair, pair.right, harbour, Choice.CONFIRM)).refused is Refusal.UNKNOWN
    await world.work()
    async with world.database.tenant_read(pair.right.id) as session:
        assert await (await session.raw()).fetch("SELECT word FROM decision") == []


async def test_the_most_valuable_reviews_come_first(pair: Pair) -> None:
    names = ["Harbour Analytics", "Orchid Ventures", "Quarzwerk Nord", "Walnut Press"]
    left = "Account ID,Company,Website,Revenue\n" + "".join(
        f"{at},{name},left{at}.com,{'' if name[0] in 'HQ' else 1000 * (at + 1)}\n"
        for at, name in enumerate(names)
    )
    deals = "Opportunity Name,Account Name,Stage,Amount\nA,Quarzwerk Nord,Proposal,70\nB,Walnut Press,Closed Won,900\n"
    await pair.world.upload(pair.left, left)
    await pair.world.upload(
        pair.right, company_list(*((name, f"right{at}.org") for at, name in enumerate(names)))
    )
    await pair.world.work()
    await pair.world.upload(pair.left, deals, kind=ImportKind.OPPORTUNITIES, population=None)
    await pair.world.work()
    order = [str(row["name"]) for row in await queue(pair, pair.left)]
    assert order == ["Quarzwerk Nord", "Walnut Press", "Orchid Ventures", "Harbour Analytics"]


_LESSON = """
    INSERT INTO decision (partnership_id, lo_ref, hi_ref, org_id, partner_org_id, word, open, kinds, learned, stands, actor_kind, decided_at)
    SELECT $1, lo_ref, hi_ref, $2, $3, 'reject', false, kinds, true, false, 'service', now() FROM overlap WHERE id = $4
"""


async def test_a_lesson_that_does_not_stand_yet_counts_once_somebody_says_the_same(
    pair: Pair, superuser: asyncpg.Connection
) -> None:
    siemens = await both(pair)
    left, right = pair.left, pair.right
    for member, partner in ((left, right), (right, left)):
        await superuser.execute(_LESSON, pair.partnership.id, member.id, partner.id, siemens)
    assert await statuses(pair, siemens) == ("auto", "auto")
    await say(pair, right, siemens, Choice.CONFIRM)
    assert await statuses(pair, siemens) == ("confirmed", "confirmed"), (
        "the lesson isn't the other side's word"
    )
    await say(pair, left, siemens, Choice.REJECT)
    await pair.world.upload(left, LEFT.replace("Siemens AG", "Siemens Aktiengesellschaft"))
    await pair.world.work()
    assert await statuses(pair, siemens) == ("disputed", "disputed"), "a match finds the same"
