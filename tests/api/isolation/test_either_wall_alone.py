"""Either wall holds alone, and with both away the same questions are answered: so it is the walls that hold."""

from dataclasses import dataclass

import pytest

from tests.api.isolation.walking import Walk
from tests.factories.world import company_list
from tests.support.stripping import strip, switch_policies, without_organization_filters
from tests.support.tables import fingerprint

_SUMMED_UP = (
    "without filters both sides' rules are summed up, and the sum names populations that nothing is in"
)
SILENT = {
    "get_overlap": _SUMMED_UP,
    **dict.fromkeys(
        (
            "list_overlap_comments",
            "create_overlap_comment",
            "get_overlap_comment",
            "update_overlap_comment",
            "delete_overlap_comment",
            "get_overlap_assignee",
            "put_overlap_assignee",
            "decide_overlap",
            "answer_link_proposal",
        ),
        _SUMMED_UP,
    ),
    "list_contacts": "who a contact is lies sealed, and another organization's key doesn't open it",
}
"""Operations that tell nothing even without both walls, and why."""


@dataclass(frozen=True)
class Leaks:
    """Operations that told of others."""

    by_id: dict[str, str]
    in_lists: dict[str, list[str]]


async def leaks(walk: Walk, *, undo: bool = False) -> Leaks:
    return Leaks(by_id=await walk.foreign_answers(undo=undo), in_lists=await walk.shown_markers())


async def test_the_second_wall_holds_alone(walk: Walk) -> None:
    before = await walk.untouched()
    with without_organization_filters() as stripped:
        assert await leaks(walk) == Leaks({}, {})
    assert len(stripped.statements) > 10
    assert not stripped.left
    assert not walk.broken
    assert await walk.untouched() == before


async def test_the_first_wall_holds_alone(walk: Walk) -> None:
    await switch_policies(walk.superuser, [table.name for table in walk.tables], on=False)
    before = await walk.untouched()
    assert await leaks(walk) == Leaks({}, {})
    assert not walk.broken
    assert await walk.untouched() == before


async def test_without_both_walls_everything_is_told(walk: Walk) -> None:
    await switch_policies(walk.superuser, [table.name for table in walk.tables], on=False)
    with without_organization_filters():
        found = await leaks(walk, undo=True)
    told = {name.partition(" ")[2] for name in found.by_id} | set(found.in_lists)
    asked = {one.name for one in walk.operations if one.is_list or any(walk.mixtures(one))}
    assert asked - told == set(SILENT)


async def test_jobs_without_filters_leave_a_stranger_untouched(walk: Walk) -> None:
    """The whole way of an upload, import to overlaps, as everyone who takes part in it."""
    left, world = walk.theirs.pair.left, walk.mine.pair.world
    before = await fingerprint(walk.superuser, walk.tables, left.id, of_others=False)
    with without_organization_filters() as stripped:
        await world.upload(walk.caller, company_list(("Basalt", "basalt-rightonly.com"), ("New", "new.com")))
        done = await world.work()
    assert {"imports.run", "overlaps.push", "overlaps.meet", "overlaps.score", "overlaps.publish"} <= {*done}
    assert not stripped.left
    assert await fingerprint(walk.superuser, walk.tables, left.id, of_others=False) == before


@pytest.mark.parametrize(
    ("written", "forgotten"),
    [
        ("WHERE a.org_id = $1 AND a.id = $2", "WHERE ($1::uuid IS NOT DISTINCT FROM $1::uuid) AND a.id = $2"),
        ('WHERE "import".org_id = $1::UUID', "WHERE ($1::uuid IS NOT DISTINCT FROM $1::uuid)"),
        ("WHERE $2 = s.viewer_org_id", "WHERE ($2::uuid IS NOT DISTINCT FROM $2::uuid)"),
        ("WHERE org_id = ANY($1::uuid[])", "WHERE ($1::uuid[] IS NOT DISTINCT FROM $1::uuid[])"),
        ("WHERE t.org_id IN ($1::UUID)", "WHERE ($1::uuid IS NOT DISTINCT FROM $1::uuid)"),
        ("ON a.org_id = p.org_id AND true", "ON true AND true"),
        ("ON organization.id = p.inviter_org_id AND true", "ON true AND true"),
        ("CASE WHEN lo_org_id = $2 THEN 1 END", "CASE WHEN lo_org_id = $2 THEN 1 END"),
        ("BEGIN; SET LOCAL app.org_id = '…'", "BEGIN; SET LOCAL app.org_id = '…'"),
        ("INSERT INTO t (org_id) VALUES ($1)", "INSERT INTO t (org_id) VALUES ($1)"),
    ],
)
def test_comparisons_of_organizations_are_forgotten_in_every_form(written: str, forgotten: str) -> None:
    assert strip(written) == forgotten
