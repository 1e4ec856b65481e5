"""What the terminal and the page are made of, computed from both sides' views and nothing else."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from commonground_client.models import Cell, Counts, Overlap

from service.cli.demo import words
from service.cli.demo.side import SideView
from service.linking.counts import Sides, counts_of, sentence
from service.matching.kinds import KeyKind

Cells = Sequence[Cell | None]
"""A row of the matrix; None where the partner shows nothing of that population."""


@dataclass(frozen=True)
class Column:
    """One side's view with what people call things in it."""

    view: SideView
    place: str
    """`left` or `right`."""

    @property
    def name(self) -> str:
        return self.view.me.name

    @property
    def short(self) -> str:
        """The first word of the name, for headings."""
        return self.name.split()[0] if self.name.split() else self.name

    @property
    def handle(self) -> str:
        return self.view.me.handle

    @property
    def total(self) -> Counts:
        return self.view.matrix.total

    @cached_property
    def own_names(self) -> dict[str, str]:
        return {p.slug: p.name for p in self.view.populations}

    @cached_property
    def partner_names(self) -> dict[str, str]:
        return words.names_of(self.view.rules.partner)

    @cached_property
    def grid(self) -> list[tuple[str, Cells]]:
        """(my population, one cell for each population of the partner's)."""
        cells = {(cell.population, cell.partner_population): cell for cell in self.view.matrix.cells}
        columns = [rule.population for rule in self.view.rules.partner]
        return [(slug, [cells.get((slug, partner)) for partner in columns]) for slug in self.own_names]

    @cached_property
    def peak(self) -> int:
        """The largest number of companies in a cell, at least 1."""
        return max([1, *(cell.counts.companies for cell in self.view.matrix.cells)])

    @cached_property
    def by_rule(self) -> list[tuple[KeyKind, int]]:
        """How many overlaps by the strongest key that met, in the order of the kinds."""
        strength = [str(kind) for kind in KeyKind].index
        counted = Counter(KeyKind(min(overlap.rules, key=strength)) for overlap in self.view.overlaps)
        return [(kind, counted[kind]) for kind in KeyKind if counted[kind]]

    @cached_property
    def sizes(self) -> dict[str, int]:
        return {p.slug: p.accounts for p in self.view.populations}

    @cached_property
    def top(self) -> list[Overlap]:
        """The surest overlap of each way to meet, then the surest of the rest."""
        first = {tuple(words.how_met(o.rules)): o for o in reversed(self.view.overlaps)}
        chosen = {overlap.id for overlap in first.values()}
        ways = [overlap for overlap in self.view.overlaps if overlap.id in chosen]
        return ways + [overlap for overlap in self.view.overlaps if overlap.id not in chosen]

    @cached_property
    def twice(self) -> tuple[str, int] | None:
        """An account of the partner's that several of one's own overlap, and how many do."""
        shown = (o.partner_account.fields.get("name", "") for o in self.view.overlaps if o.partner_account)
        name, count = next(iter(Counter(shown).most_common(1)), ("", 0))
        return (name, count) if count > 1 and name else None


@dataclass(frozen=True, slots=True)
class Seen:
    """The same pair from both desks: `left` or `right` is None where that side isn't told of it."""

    left: Overlap | None
    right: Overlap | None
    title: str


def both_desks(left: Column, right: Column) -> list[Seen]:
    """One example of each way in which the two views of one company can relate, as far as the views have one."""
    theirs, mine = right.view.by_id, left.view.by_id
    shared = [Seen(o, theirs[o.id], "Both show the details") for o in left.top if o.id in theirs]
    narrow = [
        Seen(s.left, s.right, "One shows the name alone")
        for s in shared
        if _fields(s.left) != _fields(s.right)
    ]
    one_way = [Seen(o, None, f"Only {left.short} is told") for o in left.top if o.id not in theirs]
    other_way = [Seen(None, o, f"Only {right.short} is told") for o in right.top if o.id not in mine]
    wide = [s for s in shared if min(len(_fields(s.left)), len(_fields(s.right))) > 1]
    least = sorted(narrow, key=lambda s: min(len(_fields(s.left)), len(_fields(s.right))))
    return [*wide[:1], *[s for s in least if s not in wide][:1], *one_way[:1], *other_way[:1]]


def in_both(left: Column, right: Column) -> Counts:
    """The numbers over the overlaps that both sides are told of, `accounts` being the left side's."""
    pairs = [
        (o.account.id, other.account.id) for o in left.view.overlaps if (other := right.view.by_id.get(o.id))
    ]
    codes = [
        np.unique([str(pair[side]) for pair in pairs], return_inverse=True)[1].astype(np.uint64)
        for side in (0, 1)
    ]
    counts = counts_of(codes[0], codes[1])
    sides = Sides(
        f"{{}} of {left.short}", f"{{}} of {right.short}", f"in {left.short}’s list", f"in {right.short}’s"
    )
    return Counts(
        pairs=counts.pairs, accounts=counts.accounts, partner_accounts=counts.partner_accounts,
        companies=counts.companies, in_words=sentence(counts, sides),
    )  # fmt: skip


def headline(left: Column, right: Column) -> tuple[int, str]:
    """How many companies in common the side that is told most of them counts, and why the other counts fewer."""
    more, fewer = (left, right) if left.total.companies >= right.total.companies else (right, left)
    count = more.total.companies
    if fewer.total.companies == count:
        return count, f"Both {left.short} and {right.short} are told of each of them."
    kept = words.listed(words.kept_back(more.view.rules.own)) or "some accounts"
    said = f"{more.short} is told of all of them, {fewer.short} of {fewer.total.companies}: {more.short} lets its {kept} take part without showing them."
    return count, said


def _fields(overlap: Overlap | None) -> list[str]:
    account = overlap.partner_account if overlap else None
    return sorted(account.fields) if account else []
