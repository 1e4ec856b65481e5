"""Who is above an account, and where accounts of two lists belong to one owner."""

import sys

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.linking.families import MOST_STEPS, OWNER_OF_MOST, READ_FIELDS, family_keys, owners_of
from service.linking.local import Families, match_locally
from service.linking.prepare import prepare
from service.matching.explain import explain_related
from service.matching.kinds import KeyKind, Level, Role

Row = dict[str, str | None]


def company(number: int, parent: int | None = None, **more: str) -> Row:
    above = None if parent is None else f"id{parent}"
    website = f"orchid{number}.com"
    return {"external_id": f"id{number}", "name": f"Orchid {number} Quarzwerk", "website": website, "parent_external_id": above} | more  # fmt: skip


def frame(*rows: Row) -> pl.DataFrame:
    fields = sorted({field for row in rows for field in row})
    return pl.DataFrame(
        [{field: row.get(field) for field in fields} for row in rows],
        schema=dict.fromkeys(fields, pl.String),
    )


def domains(accounts: pl.DataFrame, role: Role) -> dict[int, str]:
    """Account → the domain of its owner in this role."""
    columns = family_keys(accounts, Level.SAME_ULTIMATE_PARENT).columns[role]
    return dict(columns[KeyKind.DOMAIN].rows()) if KeyKind.DOMAIN in columns else {}


def met(left: pl.DataFrame, right: pl.DataFrame, level: Level) -> list[tuple[int, int, str, str, str]]:
    families = Families(level, family_keys(left, level), family_keys(right, level))
    pairs = match_locally(prepare(left), prepare(right), families=families).pairs
    telling = pairs.filter(pl.col("rules") != KeyKind.NAME_HEAD.value)
    return sorted(telling.select("left_index", "right_index", "level", "status", "rules").rows())


@given(st.lists(st.none() | st.integers(0, 30), min_size=1, max_size=28))
def test_owners_are_followed_up_the_list_to_where_it_ends(parents: list[int | None]) -> None:
    def above(number: int) -> int | None:
        parent = parents[number]
        return None if parent == number or parent is None or parent >= len(parents) else parent

    def highest(number: int) -> int | None:
        at, steps = number, 0
        while (parent := above(at)) is not None and steps <= MOST_STEPS + 1:
            at, steps = parent, steps + 1
        return at if 1 < steps <= MOST_STEPS + 1 else None

    rows = [dict.fromkeys(READ_FIELDS) | company(number, parent) for number, parent in enumerate(parents)]
    found = owners_of(frame(*rows))
    for role, follow in ((Role.PARENT, above), (Role.ULTIMATE_PARENT, highest)):
        assert found[role].tolist() == [-1 if (at := follow(n)) is None else at for n in range(len(parents))]


def test_a_parent_that_the_list_has_goes_before_what_a_row_says_of_it() -> None:
    said = {"parent_name": "Walnut Holding", "parent_domain": "walnut.com"}
    accounts = frame(company(1, 2, **said), company(2), company(3, 9, **said), company(4, 1))
    assert domains(accounts, Role.PARENT) == {0: "orchid2.com", 2: "walnut.com", 3: "orchid1.com"}
    assert domains(accounts, Role.ULTIMATE_PARENT) == {3: "orchid2.com"}
    assert domains(
        frame(company(1), company(2, 1, **said), company(3, 1), company(4, 2)), Role.ULTIMATE_PARENT
    ) == {3: "orchid1.com"}
    through_words = frame(company(1, 2), company(2, None, **said))
    assert domains(through_words, Role.ULTIMATE_PARENT) == {0: "walnut.com"}


def test_an_owner_gives_every_kind_of_key_but_first_words() -> None:
    owner = company(1, None, lei="529900T8BM49AURSDO55", linkedin="https://linkedin.com/company/orchid")
    columns = family_keys(frame(owner, company(2, 1)), Level.SAME_PARENT).columns
    assert list(columns) == [Role.PARENT]
    assert set(columns[Role.PARENT]) == {KeyKind.REGISTRY_ID, KeyKind.DOMAIN, KeyKind.LINKEDIN, KeyKind.NAME}


@pytest.mark.parametrize(("owned", "left_out"), [(OWNER_OF_MOST - 1, 0), (OWNER_OF_MOST, 1)])
def test_an_owner_of_very_many_accounts_is_none(owned: int, left_out: int) -> None:
    in_words = frame(*(company(number, parent_domain="walnut.com") for number in range(owned)))
    assert family_keys(in_words, Level.SAME_PARENT).left_out == left_out
    accounts = frame(
        company(0), *(company(number, 0) for number in range(1, owned + 1)), company(500, 501), company(501)
    )
    found = family_keys(accounts, Level.SAME_PARENT)
    assert found.left_out == left_out
    assert len(domains(accounts, Role.PARENT)) == (1 if left_out else owned + 1)


LEFT = frame(
    company(1, 2), company(2, 3), company(3), company(8),
    {"external_id": "id9", "name": "Saffron Fields", "parent_name": "Juniper Group Holding"},
)  # fmt: skip
RIGHT = frame(
    company(2, 3), company(3), company(5, 3),
    {"external_id": "x", "name": "Juniper Mills", "parent_name": "Juniper Group Holding", "website": "junipermills.com"},
)  # fmt: skip
SAME = [(1, 0, "same_company", "auto", "domain+name"), (2, 1, "same_company", "auto", "domain+name")]
PARENT = [
    (0, 0, "same_parent", "auto", "domain+name"),
    (1, 1, "same_parent", "auto", "domain+name"), (1, 2, "same_parent", "auto", "domain+name"),
    (2, 0, "same_parent", "auto", "domain+name"), (2, 2, "same_parent", "auto", "domain+name"),
    (4, 3, "same_parent", "review", "name"),
]  # fmt: skip
ULTIMATE = [
    (0, 1, "same_ultimate_parent", "auto", "domain+name"),
    (0, 2, "same_ultimate_parent", "auto", "domain+name"),
]


@pytest.mark.parametrize(
    ("level", "expected"),
    [(Level.SAME_COMPANY, SAME), (Level.SAME_PARENT, SAME + PARENT), (Level.SAME_ULTIMATE_PARENT, SAME + PARENT + ULTIMATE)],
)  # fmt: skip
def test_each_level_adds_pairs_and_the_nearest_is_said(
    level: Level, expected: list[tuple[int, int, str, str, str]]
) -> None:
    assert met(LEFT, RIGHT, level) == sorted(expected)


def test_the_reasons_of_a_pair_add_up_to_its_weight_and_speak_of_owners() -> None:
    families = Families(Level.SAME_PARENT, *(family_keys(side, Level.SAME_PARENT) for side in (LEFT, RIGHT)))
    pairs = match_locally(prepare(LEFT), prepare(RIGHT), families=families).pairs
    (weight,) = pairs.filter(left_index=2, right_index=2, level="same_parent")["weight"]
    terms = explain_related([KeyKind.DOMAIN, KeyKind.NAME, KeyKind.NAME_HEAD], Level.SAME_PARENT)
    assert sum(term.bits for term in terms) == pytest.approx(weight)
    assert terms[1].sentence == (
        "The parent company of one account, and the other account or its parent, have the same web domain."
    )


def test_owners_of_the_fewest_accounts_come_first_where_there_is_no_room_for_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    left, right = (
        frame(
            *(
                company(n, parent_domain=f"{'walnut' if n % 5 < 2 else 'juniper'}.com")
                for n in range(at, at + 5)
            )
        )
        for at in (0, 10)
    )
    families = Families(Level.SAME_PARENT, *(family_keys(side, Level.SAME_PARENT) for side in (left, right)))

    def pairs() -> tuple[int, int]:
        found = match_locally(prepare(left), prepare(right), families=families)
        return found.pairs.filter(level="same_parent").height, found.crowded_owners

    assert pairs() == (4 + 9, 0)
    monkeypatch.setattr(sys.modules["service.linking.relate"], "MOST_MEETINGS", 12)
    assert pairs() == (4, 1)
