"""Why two rows of `commonground match` are no pair: by the keys that both have, and those of them that were left out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import polars as pl

from service.cli.match_files import List
from service.linking.meet import MAX_PAIRS_PER_TOKEN
from service.matching.keys import PART
from service.matching.kinds import KeyKind

Keys = Mapping[KeyKind, Sequence[str]]


@dataclass(frozen=True, slots=True)
class CommonKeys:
    """The keys that two rows have in common, by kind: those that `met`, those `left_out` since their token would have joined too many
    pairs, and those `withheld` by a guard of either list.
    """

    met: Keys
    left_out: Keys
    withheld: Keys

    @classmethod
    def of(cls, sides: Sequence[List], places: Sequence[int]) -> Self:
        met, left_out, withheld = {}, {}, {}
        for kind in KeyKind:
            both = _common([_with_withheld(side, kind) for side in sides], places)
            hashed = _common([side.prepared.keys.columns[kind] for side in sides], places)
            left_out[kind] = [key for key in hashed if _joins(sides, kind, key) > MAX_PAIRS_PER_TOKEN]
            met[kind] = [key for key in hashed if key not in left_out[kind]]
            withheld[kind] = [key for key in both if key not in hashed]
        return cls(met, left_out, withheld)


def _with_withheld(side: List, kind: KeyKind) -> pl.DataFrame:
    keys = side.prepared.keys
    found = keys.columns[kind]
    return pl.concat([found, keys.withheld[kind]]) if kind in keys.withheld else found


def _common(frames: Sequence[pl.DataFrame], places: Sequence[int]) -> list[str]:
    left, right = (
        frame.filter(pl.col("index") == place)["key"] for frame, place in zip(frames, places, strict=True)
    )
    return left.filter(left.is_in(right.implode())).unique(maintain_order=True).to_list()


def _joins(sides: Sequence[List], kind: KeyKind, key: str) -> int:
    """How many pairs the token of a key would join."""
    left, right = (
        side.prepared.keys.columns[kind].filter(pl.col("key") == key)["index"].n_unique() for side in sides
    )
    return left * right


def why_none(keys: CommonKeys) -> str:
    """In sentences, of two rows that are no pair."""
    told = []
    if left_out := _named(keys.left_out.values()):
        told.append(
            f"So many accounts of both lists bear {_and(left_out)} that {_says(left_out)} nothing: {_is(left_out)} left out."
        )
    elif withheld := _named(keys.withheld.values()):
        told.append(f"Too many accounts of a list bear {_and(withheld)}: {_is(withheld)} no key there.")
    if shared := keys.met[KeyKind.DOMAIN]:
        told.append(
            f"Several accounts bear {_and(shared)}, and each of the two has the name of another one there, so they are no pair."
        )
    else:
        told.append(
            f"No {'other ' if told else ''}key of the one is a key of the other, so they are no pair."
        )
    return " ".join(told)


def shown_key(key: str) -> str:
    return key.replace(PART, ":")


def _named(keys: Iterable[Sequence[str]]) -> list[str]:
    """Each once: a name may be a key of two kinds."""
    return list(dict.fromkeys(shown_key(key) for of_kind in keys for key in of_kind))


def _and(keys: Sequence[str]) -> str:
    return " and ".join([", ".join(keys[:-1]), keys[-1]] if len(keys) > 1 else keys)


def _says(keys: Sequence[str]) -> str:
    return "they say" if len(keys) > 1 else "it says"


def _is(keys: Sequence[str]) -> str:
    return "they are" if len(keys) > 1 else "it is"
