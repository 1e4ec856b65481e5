"""Rows of a file that say what the last file of their wording said, told by fingerprints as soon as they are read.

An account's row is known again by 128 bits over everything that the file says in it, its external id included. As long as nobody
has written the account since, a row with that fingerprint changes nothing: it needs no identity, no digest and no comparison.
Rows without an external id aren't told like this: whom they name depends on the rows beside them.
"""

import hashlib
import json
from collections.abc import Collection, Sequence
from typing import Final

import numpy as np
import polars as pl

from service.accounts.attribute_values import hints_of_attributes, more_samples
from service.accounts.rows import READING, settled_by
from service.accounts.values import hints_of
from service.imports.attributes import AttributeColumn
from service.imports.errors import ReadAgainError
from service.imports.target import Order
from service.ingest.values import Hints

PRINT: Final = ("print_high", "print_low")
ACCOUNT: Final = ("id_high", "id_low")
_SEEDS: Final = (0x1F83D9ABFB41BD6B, 0x5BE0CD19137E2179)
_IDENTITY_SEED: Final = 0x510E527FADE682D1
_U64 = pl.UInt64()
ENTRY: Final = pl.Schema({
    **dict.fromkeys((*PRINT, "identity", *ACCOUNT), _U64), "populations": pl.Int64(),
})  # fmt: skip
"""A row that stands for an account: its fingerprint, a hash of the account's identity, the account's id, what it says of populations."""


def wording(order: Order) -> bytes:
    """SHA-256 of what a row's meaning depends on beside its own texts. Files of one wording can be told by fingerprints."""
    said = [
        READING, pl.__version__, sorted(order.fields), order.population, sorted(order.statuses.items()), sorted(order.lists.items()),
        sorted(map(repr, order.attributes)),
    ]  # fmt: skip
    return hashlib.sha256(json.dumps(said).encode()).digest()


def with_prints(frame: pl.DataFrame, fields: Collection[str]) -> pl.DataFrame:
    """Add the two columns of `PRINT`. Polars's hashes with a given seed are the same in every process of one version."""
    said = frame.select(sorted({*fields, "external_id"}))
    return frame.with_columns(
        said.hash_rows(seed).alias(name) for name, seed in zip(PRINT, _SEEDS, strict=True)
    )


def identity_hashes(identities: pl.Series) -> pl.Series:
    return identities.hash(_IDENTITY_SEED)


def account_columns(ids: pl.Series) -> list[pl.Series]:
    """Ids of accounts (hex, with or without hyphens) as the two columns of `ACCOUNT`."""
    raw = ids.str.replace_all("-", "", literal=True).str.decode("hex")
    return [
        raw.bin.slice(at, 8).bin.reinterpret(dtype=pl.UInt64, endianness="big").alias(name)
        for name, at in zip(ACCOUNT, (0, 8), strict=True)
    ]


def account_ids(accounts: pl.DataFrame) -> pl.Series:
    """The columns of `ACCOUNT` as ids, 32 hex characters each."""
    both = np.stack([accounts[name].to_numpy() for name in ACCOUNT], axis=1).astype(">u8").tobytes().hex()
    return pl.Series("id", [both[at : at + 32] for at in range(0, len(both), 32)], pl.String)


class Overall:
    """What the rows of a file say together: `hints` of how the values of a field are to be read, by field, and `samples` of the columns
    that may become attributes.
    """

    def __init__(self, attributes: Sequence[AttributeColumn]) -> None:
        self.hints: dict[str, Hints] = {}
        self.samples: dict[str, pl.Series] = {}
        self._attributes = attributes

    def take(self, frame: pl.DataFrame) -> None:
        for field, found in {**hints_of(frame), **hints_of_attributes(frame, self._attributes)}.items():
            self.hints[field] = self.hints.get(field, Hints()) | found
        self.samples = more_samples(self.samples, frame, self._attributes)


class Sieve:
    """Takes away the rows of one file that stand as `entries` (schema `ENTRY`), each once, and keeps of all rows what is asked of the
    file as a whole. `base` is the number of the footprint's base, `seen` that of the organization's last change when the entries were read; `settled` how the values of
    the file were read that they come from.
    """

    def __init__(
        self, entries: pl.DataFrame, *, fields: Collection[str], attributes: Sequence[AttributeColumn], base: int, seen: int,
        settled: str,
    ) -> None:  # fmt: skip
        self.entries = entries.sort(PRINT[0])
        self.base, self.seen, self.settled = base, seen, settled
        self.overall = Overall(attributes)
        self.unread = pl.Series("status", [], pl.String)
        """Spellings of a status that told no population, of the rows that were taken away."""
        self._fields = fields
        self._high, self._low = (self.entries[name].to_numpy() for name in PRINT)
        self._rows = np.zeros((2, self.entries.height), np.uint32)
        """By entry, the row and the line that it was found in; 0 where it wasn't."""

    @property
    def height(self) -> int:
        """Rows taken away so far."""
        return int(np.count_nonzero(self._rows[0]))

    def take(self, frame: pl.DataFrame) -> pl.DataFrame:
        """The rows that are still to be looked at."""
        self.overall.take(frame)
        entry, known = self._looked_up(with_prints(frame, self._fields))
        told = entry[known]
        self._rows[:, told] = frame["row"].to_numpy()[known], frame["line"].to_numpy()[known]
        self._note_unread(frame.filter(known), told)
        return frame.filter(~known)

    def _looked_up(
        self, frame: pl.DataFrame
    ) -> tuple[np.ndarray[tuple[int], np.dtype[np.intp]], np.ndarray[tuple[int], np.dtype[np.bool_]]]:
        """The entry of each row, and whether it is one that no row was found for yet."""
        high, low = (frame[name].to_numpy() for name in PRINT)
        if not len(self._high):
            return np.zeros(len(high), np.intp), np.zeros(len(high), np.bool_)
        entry = np.minimum(np.searchsorted(self._high, high), len(self._high) - 1)
        known = (self._high[entry] == high) & (self._low[entry] == low) & (self._rows[0][entry] == 0)
        known &= pl.Series(np.where(known, entry, -1 - np.arange(len(entry)))).is_first_distinct().to_numpy()
        return entry, known

    def _note_unread(self, rows: pl.DataFrame, entry: np.ndarray[tuple[int], np.dtype[np.intp]]) -> None:
        without = self.entries["populations"].to_numpy()[entry] == 0
        if "status" in self._fields and without.any():
            self.unread = pl.concat([self.unread, rows.filter(without)["status"].drop_nulls()]).unique()

    @property
    def claimed(self) -> pl.DataFrame:
        """The entries that a row was found for, with its `row` and `line`."""
        found = self._rows[0] > 0
        places = [
            pl.Series(n, of[found], pl.UInt32) for n, of in zip(("row", "line"), self._rows, strict=True)
        ]
        return self.entries.filter(found).with_columns(places)

    @property
    def unclaimed(self) -> pl.DataFrame:
        """The other entries."""
        return self.entries.filter(self._rows[0] == 0)

    def check_settled(self) -> None:
        """ReadAgainError where the file as a whole says that values are to be read otherwise than the known rows were."""
        if settled_by(self.overall.hints) != self.settled:
            raise ReadAgainError

    def repeated(self, rows: pl.DataFrame) -> pl.DataFrame:
        """`row` and `first_row` of those of `rows` (with an `identity`) whose account a row that was taken away stands for.

        ReadAgainError where that one comes later in the file: the first row of an account counts, and is to be compared.
        """
        claimed = self.claimed.select("identity", pl.col("row").alias("first_row"))
        asked = rows.select("row", identity_hashes(rows["identity"]))
        found = asked.join(claimed, on="identity")
        if (found["first_row"] > found["row"]).any():
            raise ReadAgainError
        return found.select("row", "first_row")
