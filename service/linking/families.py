"""Whose subsidiaries accounts are: the match keys of the company above each, and of the highest one, as far as the list names them.

The company above is the account of the same list that `parent_external_id` names, else what `parent_name` and `parent_domain` say.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from service.matching.keys import match_keys
from service.matching.kinds import KeyKind, Level, Role
from service.matching.normalise import normalise
from service.matching.records import ALIAS_FIELDS, KEY_FIELDS, PARENT_FIELDS

OWNER_OF_MOST = 100
"""An owner of so many accounts of one list is none there: everything would belong with everything."""
MOST_STEPS = 20
"""A chain of owners that goes on for longer, or in a circle, has no highest one."""
READ_FIELDS = ("external_id", *PARENT_FIELDS, *KEY_FIELDS, *ALIAS_FIELDS)
"""What is read of an account."""
KINDS = tuple(kind for kind in KeyKind if kind is not KeyKind.NAME_HEAD)
"""First words of a name are too little to tell an owner by."""
_NONE = -1
_KEY_SCHEMA = {"index": pl.UInt32, "key": pl.String}
I64 = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class FamilyKeys:
    """`columns`: a role and kind each, `index` (UInt32, the row of the account) and `key`; `left_out`: owners that give none there
    because too many accounts of the list are theirs.
    """

    columns: Mapping[Role, Mapping[KeyKind, pl.DataFrame]]
    left_out: int


def family_keys(accounts: pl.DataFrame, level: Level) -> FamilyKeys:
    """Keys of the companies above `accounts` (columns of `READ_FIELDS`; a missing one counts as empty), as far up as `level` asks."""
    frame = accounts.select(
        pl.col(field).cast(pl.String) if field in accounts.columns else pl.lit(None, pl.String).alias(field)
        for field in READ_FIELDS
    )
    wanted = {role: owners for role, owners in owners_of(frame).items() if role in level.roles()}
    columns: dict[Role, Mapping[KeyKind, pl.DataFrame]] = {}
    left_out = 0
    for role, owners in wanted.items():
        columns[role], crowded = _keys(frame, owners)
        left_out += crowded
    return FamilyKeys(columns, left_out)


def owners_of(frame: pl.DataFrame) -> dict[Role, I64]:
    """For each account (columns of `READ_FIELDS`, n rows) its parent, and the highest company above that: int64 (n,).

    Below n it is a row of the frame, from n on what the row so far behind says in words of its parent; -1 where there is none.
    """
    parent = _parents(frame)
    return {Role.PARENT: parent[: frame.height], Role.ULTIMATE_PARENT: _highest(parent, frame.height)}


def _parents(frame: pl.DataFrame) -> I64:
    """The company above each account and, behind them, above each parent that stands in words: of that, nothing is known."""
    rows, count = frame.with_row_index("index"), frame.height
    named = rows.select("index", external_id="parent_external_id").drop_nulls()
    listed = (
        rows.select("external_id", above="index")
        .drop_nulls()
        .unique("external_id", keep="first", maintain_order=True)
    )
    found = named.join(listed, on="external_id").filter(pl.col("above") != pl.col("index"))
    words = rows.filter(pl.col("parent_name").is_not_null() | pl.col("parent_domain").is_not_null())["index"]
    parent = np.full(2 * count, _NONE, dtype=np.int64)
    at = words.to_numpy().astype(np.int64)
    parent[at] = count + at
    parent[found["index"].to_numpy()] = found["above"].to_numpy()
    return parent


def _highest(parent: I64, count: int) -> I64:
    """Where the way up from each account ends, if that is further up than its parent; else -1."""
    at = parent[:count].copy()
    for _ in range(MOST_STEPS):
        above = np.where(at == _NONE, _NONE, parent[at])
        if (above == _NONE).all():
            break
        at = np.where(above == _NONE, at, above)
    ended = (at != _NONE) & (parent[at] == _NONE)
    return np.where(ended & (at != parent[:count]), at, _NONE)


def _keys(frame: pl.DataFrame, owners: I64) -> tuple[dict[KeyKind, pl.DataFrame], int]:
    """The keys of each account's owner, and how many owners are left out."""
    count = frame.height
    index = np.flatnonzero(owners != _NONE)
    companies, at = np.unique(owners[index], return_inverse=True)
    listed, worded = companies[companies < count], companies[companies >= count] - count
    fields = [*KEY_FIELDS, *ALIAS_FIELDS]
    said = pl.concat([
        frame[listed].select(fields), frame[worded].select(name="parent_name", website="parent_domain"),
    ], how="diagonal")  # fmt: skip
    # many rows say the same of one parent
    described = said.unique(maintain_order=True).with_row_index("company")
    company = said.join(described, on=fields, how="left", nulls_equal=True, maintain_order="left")["company"]
    links = pl.DataFrame(
        {"index": index, "company": company.gather(at)}, schema_overrides={"index": pl.UInt32}
    )
    found = match_keys(normalise(described)).columns if described.height else {}
    borne = {
        kind: found[kind].rename({"index": "company"}).join(links, on="company").select("index", "key").unique(maintain_order=True)
        for kind in KINDS if kind in found
    }  # fmt: skip
    many = pl.len().over("key") >= OWNER_OF_MOST
    crowded = [frame.filter(many) for frame in borne.values()]
    off = pl.concat([pl.DataFrame(schema=_KEY_SCHEMA), *crowded])["index"].unique()
    kept = {kind: keys.filter(~many) for kind, keys in borne.items()}
    left_out = links.filter(pl.col("index").is_in(off.implode()))["company"].n_unique()
    return {kind: keys for kind, keys in kept.items() if keys.height}, left_out
