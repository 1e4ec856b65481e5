"""Keeping what an import refused: its rows, or the file."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import anyio.to_thread
import polars as pl

from service.crypto import DataKeys, Keystore
from service.db.sealed import owner_of
from service.db.sessions import TenantReadSession, TenantSession
from service.imports.models import PERSONAL_KINDS, SEALED_REFUSAL, Import, ImportKind
from service.imports.repository import Imports
from service.ingest import IngestError
from service.ingest.errors import BrokenHeaderError, NestedColumnError
from service.ingest.refusals import TEXT_SHOWN
from service.organizations.errors import QuotaExceededError

_WITHOUT_ITS_WORDS = (
    "The header line doesn't say which column is which. Its words aren't kept, since without a header they would be a person's: "
    "give the list a first line such as Email, First name, Last name, Account, or say with `columns` which header is which."
)
_ADD_ERRORS = """
    INSERT INTO import_error (org_id, import_id, text, "row", line, "column", reason, message, original)
    SELECT $1, $2, '', * FROM unnest($3::int[], $4::int[], $5::text[], $6::text[], $7::text[], $8::bytea[])
    ON CONFLICT DO NOTHING
"""


def problem_of(error: IngestError | QuotaExceededError, kind: ImportKind) -> dict[str, str]:
    """Why a list was refused, as it is kept: what is wrong with a header names it, but the first line of a list of people may be one."""
    named = isinstance(error, BrokenHeaderError | NestedColumnError)
    message = _WITHOUT_ITS_WORDS if named and kind in PERSONAL_KINDS else str(error)
    code = error.code if isinstance(error, IngestError) else "quota_exceeded"
    return {"code": code, "message": message}


async def keep_errors(
    session: TenantSession, keystore: Keystore, record: Import, refused: pl.DataFrame
) -> None:
    """Store refused rows (`row`, `line`, `column`, `reason`, `message`, `text`), once each, their text sealed; of people without it."""
    driver, keys = await session.raw(), DataKeys(keystore, owner_of(session))
    # PostgreSQL's text has no place for U+0000, which may be the very reason of a refusal; its picture stands for it
    shown = refused.with_columns(pl.col(pl.String).str.replace_all("\x00", "␀", literal=True))
    columns = [shown[c].to_list() for c in ("row", "line", "column", "reason", "message")]
    texts = pl.lit("") if record.kind in PERSONAL_KINDS else pl.col("text").str.head(TEXT_SHOWN)
    said = shown.select("row", texts.alias("text")).rows()
    originals = await anyio.to_thread.run_sync(_sealed, keys, record.id, said)
    await driver.execute(_ADD_ERRORS, session.org_id, record.id, *columns, originals)


def _sealed(keys: DataKeys, import_id: UUID, said: Sequence[tuple[int, str | None]]) -> list[bytes | None]:
    return [
        keys.seal(json.dumps(text).encode(), SEALED_REFUSAL.place(import_id, row)) if text else None
        for row, text in said
    ]


async def errors_of(
    session: TenantReadSession, keystore: Keystore, import_id: UUID, *, limit: int, after_row: int = 0
) -> list[dict[str, Any]]:
    """Refused rows by `row`, behind `after_row`: what `keep_errors` was given."""
    rows = await Imports(session).errors(import_id, limit=limit, after_row=after_row)
    keys = DataKeys(keystore, str(session.org_id))
    return await anyio.to_thread.run_sync(lambda: [_opened(keys, import_id, row) for row in rows])


def _opened(keys: DataKeys, import_id: UUID, row: Mapping[str, Any]) -> dict[str, Any]:
    """`original` opened as `text`, unless that stands there: it did before it was sealed."""
    told = dict(row)
    sealed = told.pop("original")
    if sealed is not None:
        told["text"] = json.loads(keys.open(sealed, SEALED_REFUSAL.place(import_id, row["row"])))
    return told
