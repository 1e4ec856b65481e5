"""Match weights: bits (log2 odds) per term and outcome, after Fellegi and Sunter (1969), from `data/weights.csv`.

The strongest kind of key that met *leads* and chooses the group of weights for the evidence: evidence says less where an
identifier has met, and agreement says next to nothing where two companies of one name have a domain each (`…_rivals`).
Other identifiers and names that met as well *join*. A domain that several accounts of a list share identifies nobody: it is evidence
beside a name, and says little where it stands *alone*. Missing evidence weighs nothing.
"""

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from math import log2
from pathlib import Path

from service.matching import tables
from service.matching.errors import EvaluationDataError
from service.matching.kinds import KeyKind

EVERY_GROUP = "*"
IDENTIFIERS = (KeyKind.REGISTRY_ID, KeyKind.DOMAIN, KeyKind.LINKEDIN)
NAMES = (KeyKind.NAME, KeyKind.NAME_WEAK, KeyKind.NAME_HEAD)
GROUPS = ("identifier", *(f"{kind}{rivals}" for kind in NAMES for rivals in ("", "_rivals")))
RIVALS = tuple(group for group in GROUPS if group.endswith("_rivals"))
PRIOR, LEADS, JOINS, ALONE, AGREES, DIFFERS = "prior", "leads", "joins", "alone", "agrees", "differs"
OWNERS_NAME_AT_MOST = 0.87
"""Confidence of two accounts above which companies of one name stand: nothing else about those is compared."""
UNKNOWN, MET = "unknown", "met"
"""Outcomes without a weight of their own: not known on a side; already counted as the key that met."""


@dataclass(frozen=True)
class Weights:
    """`bits` by (group, term, outcome); group `*` holds prior and kinds. What isn't there weighs nothing."""

    bits: dict[tuple[str, str, str], float] = field(repr=False)

    def of(self, group: str, term: str, outcome: str) -> float:
        return self.bits.get((group, term, outcome), 0.0)

    @property
    def prior(self) -> float:
        return self.of(EVERY_GROUP, PRIOR, "")


@cache
def shipped_weights() -> Weights:
    """The table that comes with the normaliser: learnt from labelled pairs (`calibrate`), where enough were at hand."""
    return _weights(tables.weight_rows())


@cache
def owner_weights() -> Weights:
    """Those of the keys of companies above two accounts: the name of an owner is never enough by itself."""
    shipped, name = shipped_weights(), (EVERY_GROUP, KeyKind.NAME.value, LEADS)
    most = log2(OWNERS_NAME_AT_MOST / (1 - OWNERS_NAME_AT_MOST)) - shipped.prior
    return Weights(shipped.bits | {name: min(shipped.bits[name], round(most, 2))})


@cache
def prior_weights() -> Weights:
    """What was thought of each term before any pair was looked at: where `calibrate` begins."""
    return _weights(row | {"bits": row["prior"]} for row in tables.weight_rows())


def read_weights(path: Path) -> Weights:
    """A table as `commonground evaluate --calibrate` writes it. Raises `EvaluationDataError`."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return _weights(csv.DictReader(file))
    except (OSError, UnicodeDecodeError, KeyError, TypeError, ValueError) as error:
        raise EvaluationDataError(
            f"{path} can't be read as match weights ({error}); give a CSV with the columns group, term, outcome and bits, such as "
            "--calibrate writes."
        ) from error


def _weights(rows: Iterable[Mapping[str, str]]) -> Weights:
    return Weights({(row["group"], row["term"], row["outcome"]): float(row["bits"]) for row in rows})
