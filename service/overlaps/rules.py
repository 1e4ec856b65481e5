"""Packing of what met and what agreed: pure, both ways."""

from collections.abc import Mapping

import polars as pl

from service.matching.kinds import Attribute, KeyKind
from service.matching.score import implied_by
from service.matching.shared import SHARED

KIND_BIT: Mapping[KeyKind, int] = {kind: 1 << bit for bit, kind in enumerate(KeyKind)}
AGREES, DIFFERS, IS_SHARED = 1, 2, 3


def pack_kinds() -> pl.Expr:
    """Boolean columns named like the kinds → Int16 bits in the order of `KeyKind`."""
    bits = [pl.when(pl.col(k.value)).then(bit).otherwise(0) for k, bit in KIND_BIT.items()]
    return pl.sum_horizontal(bits).cast(pl.Int16).alias("kinds")


def pack_evidence() -> pl.Expr:
    """`ev_<attribute>` columns (1, −1, 0, `SHARED`) → Int16, two bits an attribute: 0 unknown, 1 agrees, 2 differs, 3 shared."""
    parts = [
        pl.when(pl.col(f"ev_{a.value}") == 1).then(AGREES << 2 * i)
        .when(pl.col(f"ev_{a.value}") == -1).then(DIFFERS << 2 * i)
        .when(pl.col(f"ev_{a.value}") == SHARED).then(IS_SHARED << 2 * i)
        .otherwise(0)
        for i, a in enumerate(Attribute)
    ]  # fmt: skip
    return pl.sum_horizontal(parts).cast(pl.Int16).alias("evidence")


def kinds_of(packed: int) -> list[KeyKind]:
    return [kind for kind, bit in KIND_BIT.items() if packed & bit]


def rules_text(packed: int) -> str:
    """Kinds that met, joined by `+`, strongest first, without those that another one implies; empty where people linked the two."""
    met = kinds_of(packed)
    return "+".join(kind for kind in met if not set(implied_by(kind)) & set(met))


def evidence_of(packed: int) -> dict[Attribute, int]:
    """Attribute → 1 agrees, −1 differs, 0 unknown, `SHARED` of a domain that other accounts of a list bear too."""
    meaning = {0: 0, AGREES: 1, DIFFERS: -1, IS_SHARED: SHARED}
    return {a: meaning[packed >> 2 * i & 3] for i, a in enumerate(Attribute)}
