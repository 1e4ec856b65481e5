"""Uploading a list and watching it become accounts."""

import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, Field

from service.accounts.models import StandardPopulation
from service.api.deps import App, Key, Reading, identified, reads
from service.api.errors import InvalidParameterError
from service.api.limiting import count_known
from service.api.pagination import Page, Paging
from service.api.problems import responses
from service.api.routing import resource
from service.api.uploads import Streamed, announced_length, refuse_forms
from service.db.sessions import TenantSession
from service.imports.errors import UnknownImportError
from service.imports.models import Import, ImportMode, ImportStatus
from service.imports.operations import Upload, accept
from service.imports.repository import Imports
from service.matching.records import ACCOUNT_FIELDS
from service.organizations.models import Scope
from service.organizations.operations import Caller

router = resource("/imports", "imports")
MAX_MAPPING = 8192


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
    format: str = Field("csv", description="`csv`, `xlsx`, `ods`, `parquet`, `ndjson` or `json`.")
    worksheet: str | None = Field(None, description="The sheet that was read, of a workbook.")
    worksheets: list[str] | None = Field(None, description="All sheets of the workbook.")
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
            "text/csv": {},
            "application/octet-stream": {},
        },
    }
}


async def importing(request: Request, app: App, key: Key) -> Caller:
    """The key is checked before the first byte of the body is taken; no transaction is open while it streams."""
    await count_known(request, app, key.digest)
    async with app.database.tenant_read(key.org_id) as session:
        caller = await identified(request, app, key, session)
    caller.require(Scope.IMPORTS_WRITE)
    return caller


importing.__dict__["required_scope"] = Scope.IMPORTS_WRITE
importing.__dict__["is_done_once"] = True


@router.post(
    "", operation_id="create_import", status_code=202, responses=responses(400, 413), response_model=ImportOut,
    openapi_extra=_BODY,
)  # fmt: skip
async def create_import(  # each is one query parameter
    request: Request,
    app: App,
    caller: Annotated[Caller, Depends(importing)],
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
) -> Response:
    """Send a list as the body. The answer comes when it is safely stored; poll the import for what became of it."""
    refuse_forms(request)
    mapping, import_id = _mapping(columns), app.ids.new()
    received = 0

    async def receive(pieces: AsyncIterator[bytes]) -> None:
        nonlocal received
        received = await app.spool.receive(import_id, pieces, announced=announced_length(request))

    async def effect(session: TenantSession) -> Response:
        slug = population.value if population else None
        upload = Upload(import_id, filename, received, mode, slug, mapping)
        record = await accept(session, app.clock, upload)
        return Response(_out(record).model_dump_json(), 202, media_type="application/json")

    return await Streamed(request, app, caller).once(receive, effect, lambda: app.spool.discard(import_id))


@router.get(
    "", operation_id="list_imports", responses=responses(400),
    dependencies=[Depends(reads(Scope.IMPORTS_READ), scope="function")],
)  # fmt: skip
async def list_imports(session: Reading, paging: Paging) -> Page[ImportOut]:
    """Imports, newest first."""
    rows = await Imports(session).page(limit=paging.limit + 1, before=paging.after_id())
    return paging.page(rows, _out, lambda record: (record.id,))


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
async def list_import_errors(session: Reading, import_id: UUID, paging: Paging) -> Page[RowError]:
    """The rows that were refused, in the order of the file."""
    await _found(session, import_id)
    position = paging.after(int)
    rows = await Imports(session).errors(
        import_id, limit=paging.limit + 1, after_row=position[0] if position else 0
    )
    return paging.page(rows, lambda row: RowError(**dict(row)), lambda row: (row["row"],))


async def _found(session: Reading, import_id: UUID) -> Import:
    record = await Imports(session).by_id(import_id)
    if record is None:
        raise UnknownImportError
    return record
