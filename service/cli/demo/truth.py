"""What was found against what is known of the sample lists."""

import csv
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from commonground_client.models import Overlap

from service.cli.demo.side import SideView

Pair = tuple[str, str]
"""External ids of the left and of the right account."""

LEFT_ID, RIGHT_ID = "Account ID", "Kundennummer"


@dataclass(frozen=True, slots=True)
class Known:
    """A pair of rows, and what is true of it."""

    left: str
    right: str
    reason: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """How the overlaps that at least one side is told of compare with the true pairs of the lists."""

    true: int
    found: int
    review: int
    """True pairs in the review queues."""
    missed: list[Known]
    """True pairs that neither side is told of: not met, or in a review that a rule keeps from both."""
    related: int
    """Overlaps of subsidiaries or sister companies: neither right nor wrong."""
    wrong: list[Known]

    @property
    def sentence(self) -> str:
        wrong = len(self.wrong)
        said = (
            f"Of {self.true} true pairs in these lists, {self.found} were found, {self.review} are in review and "
            f"{len(self.missed)} were missed or are withheld by a sharing rule; "
            f"{wrong} of the overlaps {'is' if wrong == 1 else 'are'} wrong."
        )
        if self.related:
            said += f" {self.related} more join companies of one group, such as a holding and its subsidiary."
        return said


def judge(left: SideView, right: SideView, samples: Path) -> Verdict:
    """Compare with `expected.csv`, which lists every true pair by row number."""
    expected = _expected(samples)
    true = {pair for pair, row in expected.items() if row["same"] == "yes"}
    related = {pair for pair, row in expected.items() if row["same"] == "related"}
    found, review = (
        _told(left, right, left.overlaps, right.overlaps),
        _told(left, right, left.reviews, right.reviews),
    )
    return Verdict(
        true=len(true),
        found=len(true & found),
        review=len(true & review),
        missed=[_known(expected[pair]) for pair in expected if pair in true - found - review],
        related=len(related & found),
        wrong=[
            _known(expected.get(pair) or _unlisted(left, right, pair))
            for pair in sorted(found - true - related)
        ],
    )


def _known(row: dict[str, str]) -> Known:
    return Known(row["left_name"], row["right_name"], row["reason"])


def _unlisted(left: SideView, right: SideView, pair: Pair) -> dict[str, str]:
    names = [
        {a.external_id: a.name or "" for a in side.accounts}.get(of, "")
        for side, of in ((left, pair[0]), (right, pair[1]))
    ]
    return {"left_name": names[0], "right_name": names[1], "reason": "not the same company"}


def _expected(samples: Path) -> dict[Pair, dict[str, str]]:
    """Pair of external ids → its row."""
    lefts, rights = _rows(samples / "brightwater.csv"), _rows(samples / "keystone.csv")
    return {
        (lefts[int(row["left_row"]) - 1][LEFT_ID], rights[int(row["right_row"]) - 1][RIGHT_ID]): row
        for row in _rows(samples / "expected.csv")
    }


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _told(left: SideView, right: SideView, lefts: Iterable[Overlap], rights: Iterable[Overlap]) -> set[Pair]:
    """Pairs that either side is told of; a partner's account that only one side sees is known by its name."""
    names = [{account.name: account.external_id for account in side.accounts} for side in (left, right)]
    mine, theirs = {o.id: o for o in lefts}, {o.id: o for o in rights}
    return {
        (_id(mine.get(of), theirs.get(of), names[0]), _id(theirs.get(of), mine.get(of), names[1]))
        for of in mine | theirs
    }


def _id(own: Overlap | None, other: Overlap | None, names: dict[str | None, str | None]) -> str:
    """The external id as its owner reads it, else by the name that its partner is shown; empty if neither tells."""
    if own is not None:
        return own.account.external_id or ""
    shown = None if other is None else other.partner_account
    return (None if shown is None else names.get(shown.fields.get("name"))) or ""
