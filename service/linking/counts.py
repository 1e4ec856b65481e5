"""Numbers of a set of pairs that reconcile, and the sentence that says why they differ from each other."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from service.linking.groups import company_groups

U64 = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Counts:
    """Pairs, the accounts of either side in them, and the distinct companies they stand for: connected groups of the pairs.

    `several` and `partner_several`: how many of these companies have more than one account of that side. Where neither has any,
    all four numbers are one.
    """

    pairs: int
    accounts: int
    partner_accounts: int
    companies: int
    several: int
    partner_several: int

    def turned(self) -> "Counts":
        """The same pairs as the other side counts them."""
        return Counts(
            self.pairs,
            self.partner_accounts,
            self.accounts,
            self.companies,
            self.partner_several,
            self.several,
        )


def counts_of(own: U64, partner: U64) -> Counts:
    """Of the pairs (own[i], partner[i]), each there once: references of accounts, u64 (n,)."""
    groups = company_groups(own, partner)
    sides = [_accounts(refs, groups) for refs in (own, partner)]
    return Counts(
        pairs=len(own), accounts=int(sides[0].sum()), partner_accounts=int(sides[1].sum()), companies=len(sides[0]),
        several=int((sides[0] > 1).sum()), partner_several=int((sides[1] > 1).sum()),
    )  # fmt: skip


def _accounts(refs: U64, groups: NDArray[np.int64]) -> NDArray[np.int64]:
    """How many different accounts each group has: an account stands in one group only."""
    _, first = np.unique(refs, return_index=True)
    return np.bincount(groups[first])


@dataclass(frozen=True, slots=True)
class Sides:
    """What the two sides are called: `accounts` and `others` with their number, and where their accounts stand."""

    accounts: str
    others: str
    in_own: str
    in_partner: str


YOURS = Sides("Your {}", "{} of theirs", "in your list", "in theirs")
"""As one partner reads its own counts."""
LISTS = Sides("{} on the left", "{} on the right", "in the left list", "in the right one")
"""As whoever has both lists reads them."""


COMPANY, FAMILY = "company", "corporate family"
"""What a connected group is: one company, or all that belongs to one owner."""


def sentence(counts: Counts, sides: Sides = YOURS, group: str = COMPANY) -> str:
    """How the numbers hang together, as "Your 3 accounts meet 2 of theirs in 3 pairs: 2 distinct companies, because 1 company has
    2 accounts in your list."
    """
    if not counts.pairs:
        return "There are no pairs."
    accounts = sides.accounts.format(_counted(counts.accounts, "account"))
    meet = "meets" if counts.accounts == 1 else "meet"
    others = sides.others.format(f"{counts.partner_accounts:,}")
    pairs, companies = _counted(counts.pairs, "pair"), _counted(counts.companies, f"distinct {group}")
    return f"{accounts} {meet} {others} in {pairs}: {companies}, {_why(counts, sides, group)}."


def _why(counts: Counts, sides: Sides, group: str) -> str:
    said = [
        f"{_counted(several, group)} {'has' if several == 1 else 'together have'} {accounts - counts.companies + several:,} accounts {where}"
        for several, accounts, where in (
            (counts.several, counts.accounts, sides.in_own),
            (counts.partner_several, counts.partner_accounts, sides.in_partner),
        )
        if several
    ]
    return "because " + " and ".join(said) if said else "each with one account on either side"


def cells_sentence(total: Counts, in_cells: int) -> str | None:
    """Why the pairs of all cells, `in_cells` in sum, are more than those of the total; None where they are as many."""
    if in_cells == total.pairs:
        return None
    return (
        f"The cells add up to {_counted(in_cells, 'pair')}: a pair stands in several of them where an account is in "
        "several populations, and is counted once in the total."
    )


def _counted(number: int, noun: str) -> str:
    plural = noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return f"{number:,} {noun if number == 1 else plural}"
