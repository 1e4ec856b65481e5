"""Normalising, keys, evidence, score, explanation and evaluation: pure, column-wise, without a database or a framework."""

from service.matching.explain import Term, explain
from service.matching.keys import MatchKeys, evidence, match_keys
from service.matching.kinds import Attribute, KeyKind
from service.matching.normalise import normalise
from service.matching.score import evidence_column, score
from service.matching.version import NORMALISER_VERSION

__all__ = [
    "NORMALISER_VERSION",
    "Attribute",
    "KeyKind",
    "MatchKeys",
    "Term",
    "evidence",
    "evidence_column",
    "explain",
    "match_keys",
    "normalise",
    "score",
]
