"""From two uploads to what each side is told."""

import json

import pytest

from service.imports.models import ImportMode
from service.overlaps.models import OverlapStatus
from service.overlaps.reading import Page
from service.partnerships.errors import PartnershipEndedError
from service.partnerships.models import Preset, SharingLevel
from tests.factories.world import Pair, World, company_list

LEFT = company_list(
    ("Siemens AG", "https://www.siemens.com", "Germany"), ("Orchid Bakery", "orchidbakery.com", "France"),
    ("Harbour Analytics Ltd", "", "United Kingdom"),
)  # fmt: skip
RIGHT = company_list(
    ("Siemens", "siemens.com/de", "DE"), ("Walnut Press", "walnutpress.com", "Spain"),
    ("Harbour Analytics", "", "UK"),
)  # fmt: skip


async def both(pair: Pair, left: str = LEFT, right: str = RIGHT) -> None:
    await pair.world.upload(pair.left, left)
    await pair.world.upload(pair.right, right)
    await pair.world.work()


async def names(pair: Pair) -> tuple[list[object], list[object]]:
    left = await pair.world.told(pair.left, pair.partnership)
    right = await pair.world.told(pair.right, pair.partnership)
    return sorted(str(r["name"]) for r in left), sorted(str(r["name"]) for r in right)


async def test_two_lists_meet_and_each_side_is_told_of_the_companies_in_common(pair: Pair) -> None:
    await both(pair)
    assert await names(pair) == (["Harbour Analytics Ltd", "Siemens AG"], ["Harbour Analytics", "Siemens"])


async def test_both_sides_matrices_agree(pair: Pair) -> None:
    await both(pair)
    left = await pair.world.matrix(pair.left, pair.partnership)
    right = await pair.world.matrix(pair.right, pair.partnership)
    assert left.total == right.total
    assert (left.total.pairs, left.total.companies) == (2, 2)
    assert sum(cell.counts.pairs for cell in left.cells) == 2


async def test_what_is_shown_of_the_partners_account_follows_the_preset(pair: Pair) -> None:
    await pair.world.share(pair.right, pair.partnership, preset=Preset.MINIMAL)
    await both(pair)
    shown = {
        tuple(sorted(k for k, v in json.loads(str(r["partner_fields"])).items() if v))
        for r in await pair.world.told(pair.left, pair.partnership)
    }  # type: ignore[attr-defined]
    assert shown == {("name",)}


async def test_an_unchanged_upload_creates_no_event_and_no_change(pair: Pair) -> None:
    await both(pair)
    before = await pair.world.told(pair.left, pair.partnership)
    await both(pair)
    assert await pair.world.told(pair.left, pair.partnership) == before
    assert await events(pair) == ["overlap.created", "overlap.created"]


async def events(pair: Pair) -> list[str]:
    async with pair.world.database.matcher(pair.partnership.id) as session:
        rows = await (await session.raw()).fetch("SELECT type FROM partnership_event ORDER BY sequence")
    return [row["type"] for row in rows]


async def test_an_account_that_leaves_the_list_ends_the_overlap_with_one_event(pair: Pair) -> None:
    await both(pair)
    await pair.world.upload(
        pair.right, company_list(("Siemens", "siemens.com", "DE")), mode=ImportMode.REPLACE
    )
    await pair.world.work()
    assert await names(pair) == (["Siemens AG"], ["Siemens"])
    assert (await events(pair)).count("overlap.removed") == 1


async def test_hidden_populations_have_no_tokens(pair: Pair) -> None:
    await pair.world.share(pair.left, pair.partnership, {"prospects": SharingLevel.OVERLAPPING})
    await both(pair)
    async with pair.world.database.tenant(pair.left.id) as session:
        count = await (await session.raw()).fetchval(
            "SELECT count(*) FROM token_segment WHERE org_id = $1", pair.left.id
        )
    assert count == 0
    assert await names(pair) == ([], [])


async def test_a_side_that_only_takes_part_is_told_and_tells_nothing(pair: Pair) -> None:
    await pair.world.share(pair.left, pair.partnership, {"customers": SharingLevel.MATCHED})
    await both(pair)
    assert await names(pair) == (["Harbour Analytics Ltd", "Siemens AG"], [])
    assert (await pair.world.matrix(pair.right, pair.partnership)).total.pairs == 0


async def test_narrowing_takes_effect_before_any_job_has_run(pair: Pair) -> None:
    await both(pair)
    await pair.world.share(pair.right, pair.partnership, {"customers": SharingLevel.MATCHED})
    assert (await names(pair))[0] == []


async def test_narrowing_the_preset_takes_fields_away_at_once(pair: Pair) -> None:
    await both(pair)
    await pair.world.share(pair.right, pair.partnership, preset=Preset.MINIMAL)
    view = await pair.world.view(pair.left, pair.partnership)
    assert {rule.preset for rule in view.partner_rules} == {Preset.MINIMAL}


async def test_widening_again_tells_again_without_a_second_event(pair: Pair) -> None:
    await both(pair)
    await pair.world.share(pair.right, pair.partnership, {"customers": SharingLevel.MATCHED})
    await pair.world.work()
    await pair.world.share(pair.right, pair.partnership)
    await pair.world.work()
    assert len((await names(pair))[0]) == 2
    assert await events(pair) == ["overlap.created", "overlap.created"]


async def test_a_pair_in_review_shows_each_side_its_own_account_alone(pair: Pair) -> None:
    await both(
        pair, company_list(("Harbour Analytics", "harbour-analytics.com", "UK")),
        company_list(("Harbour Analytics", "harbouranalytics.co.uk", "UK")),
    )  # fmt: skip
    assert await names(pair) == ([], [])
    reviews = await pair.world.told(pair.left, pair.partnership, Page(status=OverlapStatus.REVIEW))
    assert [r["name"] for r in reviews] == ["Harbour Analytics"]
    assert {r["partner_fields"] for r in reviews} == {None}  # type: ignore[comparison-overlap]
    assert await events(pair) == []


async def test_reviews_need_both_sides_to_show_overlaps(pair: Pair) -> None:
    await pair.world.share(pair.right, pair.partnership, {"customers": SharingLevel.MATCHED})
    await both(
        pair, company_list(("Harbour Analytics", "harbour-analytics.com", "UK")),
        company_list(("Harbour Analytics", "harbouranalytics.co.uk", "UK")),
    )  # fmt: skip
    for member in (pair.left, pair.right):
        assert await pair.world.told(member, pair.partnership, Page(status=OverlapStatus.REVIEW)) == []


async def test_evidence_and_meetings_are_gone_once_a_run_is_scored(pair: Pair) -> None:
    await both(pair)
    async with pair.world.database.matcher(pair.partnership.id) as session:
        driver = await session.raw()
        assert await driver.fetchval("SELECT count(*) FROM evidence_request") == 0
        assert (
            await driver.fetchval(
                "SELECT count(*) FROM match_run WHERE meetings <> ''::bytea OR scored_at IS NULL"
            )
            == 0
        )


async def test_the_same_company_has_unrelated_tokens_and_references_in_two_partnerships(world: World) -> None:
    one, two, three = [await world.organization(handle) for handle in ("one", "two", "three")]
    partnerships = [await world.partnership(one, partner) for partner in (two, three)]
    for partnership in partnerships:
        await world.share(one, partnership)
    await world.upload(one, LEFT)
    await world.work()
    async with world.database.tenant(one.id) as session:
        rows = await (await session.raw()).fetch(
            "SELECT partnership_id, tokens, refs FROM token_segment WHERE kind = 'domain'"
        )
    pieces = [
        {r["tokens"][i : i + 16] for i in range(0, len(r["tokens"]), 16)}
        | {r["refs"][i : i + 8] for i in range(0, len(r["refs"]), 8)}
        for r in rows
    ]
    assert len(pieces) == 2
    assert pieces[0]
    assert not pieces[0] & pieces[1]


async def test_who_no_longer_takes_part_is_no_longer_told(pair: Pair) -> None:
    await both(pair)
    await pair.world.share(pair.left, pair.partnership, {"prospects": SharingLevel.OVERLAPPING})
    assert (await names(pair))[0] == []


async def test_an_ended_partnership_takes_no_rule(pair: Pair) -> None:
    async with pair.world.database.matcher(pair.partnership.id) as session:
        await (await session.raw()).execute("UPDATE partnership SET status = 'ended'")
    with pytest.raises(PartnershipEndedError):
        await pair.world.share(pair.left, pair.partnership)
