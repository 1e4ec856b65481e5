"""What a pair is by its score and both sides' words: pure.

Words on a pair that both are told of are said to each other. Words on a pair in review are not: whoever offered hears
of a confirmation, and of nothing else. So a rejection there changes nothing but what the one who rejects is told. What was
confirmed below the threshold is in review again once a side takes its confirmation back, by whatever word.
"""

from itertools import product

import polars as pl

from service.overlaps.decision_models import Word
from service.overlaps.models import OverlapStatus, Scored

WORDS = ["lo_word", "hi_word"]


def status_of(scored: Scored | None, *words: Word | None) -> OverlapStatus:
    """The pair's status. Where the score doesn't say so, nothing but both sides' confirmation shows either's account to the other."""
    said = set(words)
    if scored is not Scored.AUTO:
        return OverlapStatus.CONFIRMED if said == {Word.CONFIRM} else OverlapStatus.REVIEW
    if Word.REJECT in said:
        return OverlapStatus.REJECTED if said == {Word.REJECT} else OverlapStatus.DISPUTED
    return OverlapStatus.CONFIRMED if Word.CONFIRM in said else OverlapStatus.AUTO


def _every_case() -> pl.DataFrame:
    cases = product([None, *Scored], [None, *Word], [None, *Word])
    rows = [(*case, status_of(*case)) for case in cases]
    return pl.DataFrame(rows, schema=dict.fromkeys(("scored", *WORDS, "status"), pl.String), orient="row")


STATUSES = _every_case()
"""`status_of` as a table: `scored`, `lo_word`, `hi_word`, `status`; null where nothing is said."""
