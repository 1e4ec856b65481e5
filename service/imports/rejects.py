"""Refused rows as a list to be mended and sent again: the file's own columns, then where and why.

Kept sealed, in pieces: refused rows are what people typed, and may say anything about anybody.
"""

import csv
import io
import zlib
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import polars as pl

from service.crypto import DataKeys, Keystore
from service.db.sealed import owner_of
from service.db.sessions import TenantReadSession, TenantSession
from service.imports.files import Opener, sheet_of
from service.imports.models import SEALED_REJECTS, Import, ImportReject
from service.ingest import Limits
from service.ingest.batches import FORMULA_BEGINNINGS
from service.ingest.originals import originals
from service.kit.ids import Ids

WHERE: Final = ("_line", "_column", "_reason", "_message")
"""Columns behind the file's own; an import leaves them out, so the mended list can be sent as it is."""
_PIECE = 1000
MOST_ROWS: Final = 100_000
_MOST_BYTES = 32 * 1024**2
_PIECES = (
    "SELECT id, data FROM import_reject WHERE org_id = $1 AND import_id = $2 AND id > $3 ORDER BY id LIMIT 1"
)
_ANY = "SELECT EXISTS (SELECT FROM import_reject WHERE org_id = $1 AND import_id = $2)"
_TABLES = ("import_reject", "import_error")
_OF = "DELETE FROM {} WHERE org_id = $1 AND import_id IN (SELECT id FROM import WHERE org_id = $1 AND "
_FORGET = _OF + "id < $2 AND created_at < $3)"
_FORGET_TRIED = _OF + "dry_run AND created_at < $2)"
_FORGET_PREVIEWS = (
    "UPDATE import SET preview = NULL WHERE org_id = $1 AND created_at < $2 AND preview IS NOT NULL"
)
_FIRST: Final = UUID(int=0)


def written(opener: Opener, order: Import, limits: Limits, refused: pl.DataFrame) -> list[bytes]:
    """The refused rows (`row`, `line`, `column`, `reason`, `message`) of a spooled file as pieces of one CSV, packed. Heavy.

    The first 100,000 of them, as far as 32 MiB of packed text.
    """
    refused = refused.head(MOST_ROWS)
    said = {
        row: rest for row, *rest in refused.select("row", "line", "column", "reason", "message").iter_rows()
    }
    with sheet_of(opener, order, limits) as sheet:
        found, width = originals(sheet, refused["row"]), len(sheet.headers)
        pieces, size = [_packed([[*sheet.headers, *WHERE]])], 0
        for some in _pieces_of([*_fitted(o.values, width), *said[o.row]] for o in found):
            pieces.append(_packed(some))
            size += len(pieces[-1])
            if size > _MOST_BYTES:
                break
    return pieces


def _pieces_of(rows: Iterator[list[str | int | None]]) -> Iterator[Sequence[list[str | int | None]]]:
    some: list[list[str | int | None]] = []
    for row in rows:
        some.append(row)
        if len(some) == _PIECE:
            yield some
            some = []
    if some:
        yield some


def _fitted(values: Sequence[str | None], width: int) -> list[str | None]:
    """As many values as there are columns: what is too much stays, joined, in the last one."""
    if len(values) > width:
        rest = ",".join(value or "" for value in values[width - 1 :])
        return [*values[: width - 1], rest]
    return [*values, *[None] * (width - len(values))]


def _packed(rows: Sequence[Sequence[str | int | None]]) -> bytes:
    text = io.StringIO()
    csv.writer(text).writerows([_disarmed(value) for value in row] for row in rows)
    return zlib.compress(text.getvalue().encode())


def _disarmed(value: str | int | None) -> str | int | None:
    """A spreadsheet takes such a text for a formula; imports take the apostrophe away again."""
    return f"'{value}" if isinstance(value, str) and value.startswith(tuple(FORMULA_BEGINNINGS)) else value


async def keep(
    session: TenantSession, keystore: Keystore, ids: Ids, import_id: UUID, pieces: Sequence[bytes]
) -> None:
    """Store the pieces, unless an earlier reading of the same import has."""
    driver = await session.raw()
    if await driver.fetchval(_ANY, session.org_id, import_id):
        return
    keys = DataKeys(keystore, owner_of(session))
    for piece in pieces:
        piece_id = ids.new()
        data = keys.seal(piece, SEALED_REJECTS.place(piece_id))
        session.add(ImportReject(org_id=session.org_id, import_id=import_id, id=piece_id, data=data))
    await session.flush()


async def piece_after(
    session: TenantReadSession, keystore: Keystore, import_id: UUID, after: UUID = _FIRST
) -> tuple[UUID, bytes] | None:
    """The next piece of an import's CSV and its id, None behind the last."""
    driver = await session.raw()
    row = await driver.fetchrow(_PIECES, session.org_id, import_id, after)
    if row is None:
        return None
    keys = DataKeys(keystore, str(session.org_id))
    return row["id"], zlib.decompress(keys.open(row["data"], SEALED_REJECTS.place(row["id"])))


async def forget(session: TenantSession, *, before: UUID, until: datetime) -> None:
    """Refused rows of imports older than `before` that came earlier than `until`."""
    for table in _TABLES:
        await session.sql(_FORGET.format(table), session.org_id, before, until)


async def forget_tried(session: TenantSession, *, until: datetime) -> None:
    """What dry runs earlier than `until` found."""
    for table in _TABLES:
        await session.sql(_FORGET_TRIED.format(table), session.org_id, until)
    await session.sql(_FORGET_PREVIEWS, session.org_id, until)
