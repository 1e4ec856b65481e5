"""Why pairs of `commonground match` are left to a person, and what of it more columns would mend."""

from typing import Final

import polars as pl

from service.matching.kinds import KeyKind, Level
from service.matching.score import AUTO, group_column
from service.matching.weights import RIVALS

TOLD_APART_BY_PEOPLE: Final = "Companies whose names agree and whose web domains differ are for people to tell apart, whatever the threshold."
_ADD_MORE: Final = "Names that are short, common or only begin alike don't decide alone: add websites, or countries and cities, to either list."
_LITTLE: Final = (KeyKind.NAME_WEAK.value, KeyKind.NAME_HEAD.value)


def rivals() -> pl.Expr:
    """Whether a pair is of two companies of one name with a domain each: never `auto`."""
    return group_column().is_in(RIVALS)


def hint(found: pl.DataFrame) -> str | None:
    """What keeps pairs in review, of a match that took none; of several reasons the one that its user can mend."""
    left_open = found.filter(pl.col("status") != AUTO, pl.col("level") == Level.SAME_COMPANY.value)
    if left_open.filter(group_column().is_in(_LITTLE)).height:
        return _ADD_MORE
    return TOLD_APART_BY_PEOPLE if left_open.filter(rivals()).height else None
