"""Normalising, keys, evidence, score, explanation and evaluation: pure, column-wise, without a database or a framework.

Here only the words that rooms without columns need too: the modules bring Polars and large tables.
"""

from service.matching.kinds import Attribute, KeyKind
from service.matching.version import NORMALISER_VERSION

__all__ = ["NORMALISER_VERSION", "Attribute", "KeyKind"]
