"""Columns that are sealed under data keys, and sealing them again under a newer version while the service runs.

A room that seals a column says so with a `SealedColumn`, whose `place` it seals and opens with; the operator's command for
data keys takes the list of them.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from service.crypto import SERVICE, DataKeys, DataPlace
from service.crypto.errors import RecordError
from service.db.errors import SealedRowError
from service.db.sessions import TenantSession, WriteSession

_BATCH = 500


@dataclass(frozen=True, slots=True)
class SealedColumn:
    """A `bytea` column of records under the data key of the row's organization, or of the service."""

    table: str
    column: str
    key: str | tuple[str, ...] = "id"
    """The column that names the row within its owner, or the columns that do together."""
    of_service: bool = False
    """For tables without a tenant: under the service's own data key."""
    text: Callable[[Any], str] = str
    """Writes the value of `key` as it stands in the place, where it may hold other than plain ASCII."""
    home: "SealedColumn | None" = None
    """Where its values were sealed, if they were moved from there as they are: their place is that of home, and `key` the row's there."""

    @property
    def keys(self) -> tuple[str, ...]:
        return (self.key,) if isinstance(self.key, str) else self.key

    def place(self, *row: object) -> DataPlace:
        """Where the value of this row belongs; `row` is the value of `key`, or the values."""
        if self.home:
            return self.home.place(*row)
        return DataPlace(self.table, ":".join(map(self.text, row)), self.column)

    def place_in(self, row: Mapping[str, object]) -> DataPlace:
        """Where the value of this row belongs, given with its columns."""
        return self.place(*(row[key] for key in self.keys))


def owner_of(session: WriteSession) -> str:
    """Whose data key seals what this session writes."""
    return str(session.org_id) if isinstance(session, TenantSession) else SERVICE


async def reseal(session: WriteSession, column: SealedColumn, keys: DataKeys, *, limit: int = _BATCH) -> int:
    """Seal up to `limit` values again that another version than the newest sealed; how many, 0 when none is left.

    SealedRowError names a row that doesn't open.
    """
    newest, named = keys.newest(), [f'"{key}"' for key in column.keys]
    rows = await session.sql(
        f"""SELECT {column.column}, {", ".join(named)} FROM {column.table}
             WHERE {_owned(session)} AND substring({column.column} FROM 2 FOR 8) <> $1
             ORDER BY {", ".join(named)} LIMIT {int(limit)} FOR UPDATE""",
        newest.to_bytes(8),
    )
    again = [(_sealed_again(column, keys, row, record), record, *row) for record, *row in rows]
    if again:
        driver = await session.raw()
        this = " AND ".join(f"{name} = ${at}" for at, name in enumerate(named, start=3))
        await driver.executemany(
            f"UPDATE {column.table} SET {column.column} = $1 WHERE {_owned(session)} AND {column.column} = $2 AND {this}",
            again,
        )
    return len(again)


async def sealed_versions(session: WriteSession, column: SealedColumn) -> set[int]:
    """The versions of the data key that something of this owner is sealed under."""
    rows = await session.sql(
        f"""SELECT DISTINCT substring({column.column} FROM 2 FOR 8) AS version FROM {column.table}
             WHERE {_owned(session)} AND {column.column} IS NOT NULL"""
    )
    return {int.from_bytes(row.version) for row in rows}


def _sealed_again(column: SealedColumn, keys: DataKeys, row: Sequence[object], record: bytes) -> bytes:
    place = column.place(*row)
    try:
        return keys.seal(keys.open(record, place), place)
    except RecordError as error:
        raise SealedRowError(
            f"{column.column} of {column.table} {place.row} does not open ({error}). Restore that row or its key from a backup, "
            "or set the value to null, and begin again."
        ) from error


def _owned(session: WriteSession) -> str:
    return f"org_id = '{session.org_id}'" if isinstance(session, TenantSession) else "true"
