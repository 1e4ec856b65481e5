"""Uploading a list and watching it become accounts."""

import json
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import BaseModel, Field

from service.accounts.models import StandardPopulation
from service.api.deps import App, Key, Reading, reads
from service.api.errors import InvalidParameterError
from service.api.pagination import CursorText, Limit, Page, cursor_id, decode_cursor, encode_cursor
from service.api.problems import responses
from service.db.errors import DatabaseUnavailable
from service.imports.errors import UnknownImportError
from service.imports.models import Import, ImportMode, ImportStatus
from service.imports.operations import Upload, accept
from service.imports.repository import Imports
from service.matching.records import ACCOUNT_FIELDS
from service.organizations.models import Scope
from service.organizations.operations import identify

router = APIRouter(prefix="/imports", tags=["imports"])
MAX_MAPPING = 8192
MAX_ROW = (1 << 31) - 1


class Failure(BaseModel):
    """Why the whole file was refused."""

    code: str
    message: str


class Counted(BaseModel):
    rows_read: int = Field(description="Data rows in the file, refused ones too.")
    created: int
    updated: int
    unchanged: int
    removed: int = Field(description="Accounts that the file no longer has; with `mode=replace` only.")
    rejected: int = Field(description="Rows refused: see `/errors`.")


class Report(BaseModel):
    """What was detected."""

    encoding: str
    compression: str | None
    delimiter: str | None
    mapping: dict[str, str] = Field(description="Account field → header of the file.")
    unmapped: list[str]
    warnings: list[str]
    errors_stored: int = Field(description="How many of the rejected rows `/errors` lists.")


class ImportOut(BaseModel):
    id: UUID
    status: ImportStatus
    mode: ImportMode
    filename: str
    population: str | None
    bytes_received: int
    counts: Counted | None = Field(description="Once completed.")
    report: Report | None = Field(description="Once completed.")
    problem: Failure | None = Field(description="Once failed.")
    created_at: datetime
    finished_at: datetime | None


class RowError(BaseModel):
    row: int = Field(description="1-based data row.")
    line: int = Field(description="Line of the file, the header being line 1.")
    column: str | None
    reason: str
    message: str
    text: str = Field(description="What stood in the file, cut at 500 characters.")


def _out(record: Import) -> ImportOut:
    values = record.model_dump(include={*ImportOut.model_fields, *Counted.model_fields})
    counts = Counted(**values) if record.status is ImportStatus.COMPLETED else None
    return ImportOut(**values, counts=counts)


def _is_text(value: str) -> bool:
    """Whether it has no half of a surrogate pair, which JSON can write and nothing can store."""
    return not any("\ud800" <= character <= "\udfff" for character in value)


def _mapping(columns: str | None) -> dict[str, str] | None:
    """`columns` of the query as field → header. InvalidParameterError names what is wrong with it."""
    if columns is None:
        return None
    try:
        found = json.loads(columns)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not all(isinstance(v, str) and "\x00" not in v for v in found.values()):
        raise InvalidParameterError(
            'columns: give a JSON object of account field and header, such as {"name": "Company"}.'
        )
    if not all(_is_text(value) for value in found.values()):
        raise InvalidParameterError("columns: a header has a character that is no text.")
    if unknown := sorted(set(found) - set(ACCOUNT_FIELDS)):
        raise InvalidParameterError(
            f"columns: no account field '{unknown[0]}': use {', '.join(ACCOUNT_FIELDS)}."
        )
    return found


_BODY = {
    "requestBody": {
        "required": True,
        "description": "The file itself: CSV, TSV, semicolon- or pipe-separated text, plain or gzip.",
        "content": {
            "text/csv": {"schema": {"type": "string"}},
            "application/octet-stream": {"schema": {"type": "string"}},
        },
    }
}


async def importing(app: App, key: Key) -> None:
    """The key is checked before the first byte of the body is taken; no transaction is open while it streams."""
    async with app.database.tenant_read(key.org_id) as session:
        caller = await identify(session, key, app.clock)
    caller.require(Scope.IMPORTS_WRITE)


importing.__dict__["required_scope"] = Scope.IMPORTS_WRITE


@router.post(
    "", operation_id="create_import", status_code=202, responses=responses(400, 413),
    openapi_extra=_BODY, dependencies=[Depends(importing)],
)  # fmt: skip
async def create_import(  # each is one query parameter
    request: Request,
    app: App,
    key: Key,
    *,
    filename: Annotated[str, Query(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")] = "upload.csv",
    population: Annotated[
        StandardPopulation | None, Query(description="Of every row, where the file has no status column.")
    ] = None,
    mode: Annotated[
        ImportMode, Query(description="`replace` also removes accounts that the file no longer has.")
    ] = ImportMode.MERGE,
    columns: Annotated[
        str | None,
        Query(
            max_length=MAX_MAPPING, description='JSON: account field → header, such as {"name": "Company"}.'
        ),
    ] = None,
) -> ImportOut:
    """Send a list as the body. The answer comes when it is safely stored; poll the import for what became of it."""
    mapping = _mapping(columns)
    import_id = app.ids.new()
    announced = request.headers.get("content-length")
    received = await app.spool.receive(
        import_id, request.stream(), announced=int(announced) if announced and announced.isdigit() else None
    )
    upload = Upload(import_id, filename, received, mode, population.value if population else None, mapping)
    try:
        async with app.database.tenant(key.org_id) as session:
            record = await accept(session, app.clock, upload)
    except DatabaseUnavailable as error:
        if not error.outcome_unknown:
            app.spool.discard(import_id)
        raise
    except Exception:
        app.spool.discard(import_id)
        raise
    return _out(record)


@router.get(
    "", operation_id="list_imports", responses=responses(400),
    dependencies=[Depends(reads(Scope.IMPORTS_READ), scope="function")],
)  # fmt: skip
async def list_imports(session: Reading, cursor: CursorText = None, limit: Limit = 50) -> Page[ImportOut]:
    """Imports, newest first."""
    position = decode_cursor("imports", cursor, [str])
    rows = await Imports(session).page(limit=limit + 1, before=cursor_id(position, 0))
    items = [_out(record) for record in rows[:limit]]
    more = len(rows) > limit
    return Page(
        items=items, has_more=more, next_cursor=encode_cursor("imports", str(items[-1].id)) if more else None
    )


@router.get(
    "/{import_id}", operation_id="get_import", responses=responses(404),
    dependencies=[Depends(reads(Scope.IMPORTS_READ), scope="function")],
)  # fmt: skip
async def get_import(session: Reading, import_id: UUID) -> ImportOut:
    """One import; `status` goes from `received` over `running` to `completed` or `failed`."""
    return _out(await _found(session, import_id))


@router.get(
    "/{import_id}/errors", operation_id="list_import_errors", responses=responses(400, 404),
    dependencies=[Depends(reads(Scope.IMPORTS_READ), scope="function")],
)  # fmt: skip
async def list_import_errors(
    session: Reading, import_id: UUID, cursor: CursorText = None, limit: Limit = 50
) -> Page[RowError]:
    """The rows that were refused, in the order of the file."""
    await _found(session, import_id)
    position = decode_cursor("import_errors", cursor, [int])
    after = min(max(int(position[0]), 0), MAX_ROW) if position else 0
    rows = await Imports(session).errors(import_id, limit=limit + 1, after_row=after)
    items = [RowError(**dict(row)) for row in rows[:limit]]
    more = len(rows) > limit
    return Page(
        items=items,
        has_more=more,
        next_cursor=encode_cursor("import_errors", items[-1].row) if more else None,
    )


async def _found(session: Reading, import_id: UUID) -> Import:
    record = await Imports(session).by_id(import_id)
    if record is None:
        raise UnknownImportError
    return record
