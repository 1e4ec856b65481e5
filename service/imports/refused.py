"""Keeping what an import refused: its rows, or the file."""

import polars as pl

from service.db.sessions import TenantSession
from service.imports.models import PERSONAL_KINDS, Import, ImportKind
from service.ingest import IngestError
from service.ingest.errors import BrokenHeaderError, NestedColumnError
from service.ingest.refusals import TEXT_SHOWN
from service.organizations.errors import QuotaExceededError

_WITHOUT_ITS_WORDS = (
    "The header line doesn't say which column is which. Its words aren't kept, since without a header they would be a person's: "
    "give the list a first line such as Email, First name, Last name, Account, or say with `columns` which header is which."
)
_ADD_ERRORS = """
    INSERT INTO import_error (org_id, import_id, "row", line, "column", reason, message, text)
    SELECT $1, $2, * FROM unnest($3::int[], $4::int[], $5::text[], $6::text[], $7::text[], $8::text[])
    ON CONFLICT DO NOTHING
"""


def problem_of(error: IngestError | QuotaExceededError, kind: ImportKind) -> dict[str, str]:
    """Why a list was refused, as it is kept: what is wrong with a header names it, but the first line of a list of people may be one."""
    named = isinstance(error, BrokenHeaderError | NestedColumnError)
    message = _WITHOUT_ITS_WORDS if named and kind in PERSONAL_KINDS else str(error)
    code = error.code if isinstance(error, IngestError) else "quota_exceeded"
    return {"code": code, "message": message}


async def keep_errors(session: TenantSession, record: Import, refused: pl.DataFrame) -> None:
    """Store refused rows (`row`, `line`, `column`, `reason`, `message`, `text`), once each; of people without their text."""
    if record.kind in PERSONAL_KINDS:
        refused = refused.with_columns(pl.lit("").alias("text"))
    driver = await session.raw()
    # PostgreSQL's text has no place for U+0000, which may be the very reason of a refusal; its picture stands for it
    shown = refused.with_columns(pl.col(pl.String).str.replace_all("\x00", "␀", literal=True))
    shown = shown.with_columns(pl.col("text").str.head(TEXT_SHOWN))
    columns = [shown[c].to_list() for c in ("row", "line", "column", "reason", "message", "text")]
    await driver.execute(_ADD_ERRORS, session.org_id, record.id, *columns)
