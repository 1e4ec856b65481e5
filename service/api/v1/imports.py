"""Uploading a list and watching it become records."""

import json
from collections.abc import AsyncIterator, Container, Mapping
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from service.api.deps import App, Key, Reading, Writing, identified, reads, writes
from service.api.errors import InvalidParameterError
from service.api.forms import FormFile, form_of
from service.api.limiting import count_known
from service.api.pagination import Page, Paging
from service.api.problems import responses
from service.api.routing import resource
from service.api.uploads import Streamed, announced_length, check_length
from service.api.v1.import_bodies import ImportOut, RowError, import_out, import_out_whole
from service.api.v1.populations_named import Slug, check_named
from service.db.sessions import TenantSession
from service.http.state import AppState
from service.imports.attributes import BadAttributeError, attributes_asked, fields_asked, merged
from service.imports.errors import UnknownImportError, UnknownMappingError
from service.imports.mappings import ImportMappings
from service.imports.models import Import, ImportKind, ImportMapping, ImportMode, Origin
from service.imports.operations import Upload, accept, cancel, confirm, roll_back
from service.imports.refused import errors_of
from service.imports.rejects import piece_after
from service.imports.repository import Imports
from service.imports.spool import Received
from service.imports.target import RECORD_KINDS
from service.organizations.models import Scope
from service.organizations.operations import Caller

router = resource("/imports", "imports")
MAX_MAPPING = 8192
MAPPING_NAME = r"^[a-z0-9][a-z0-9_-]{0,59}$"
CSV = "text/csv; charset=utf-8"


def _is_text(value: str) -> bool:
    """Whether it has no half of a surrogate pair, which JSON can write and nothing can store."""
    return not any("\ud800" <= character <= "\udfff" for character in value)


def _mapping(columns: str | None, records: ImportKind) -> dict[str, str] | None:
    """`columns` of the query as field → header. InvalidParameterError names what is wrong with it."""
    if columns is None:
        return None
    try:
        found = json.loads(columns)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or not all(isinstance(v, str) and "\x00" not in v for v in found.values()):
        raise InvalidParameterError(
            'columns: give a JSON object of field and header, such as {"name": "Company"}.'
        )
    check_columns(found, records)
    return found


def check_columns(found: Mapping[str, str], records: ImportKind) -> None:
    """InvalidParameterError for a field that the kind hasn't, or a header that is no text."""
    if not all(_is_text(value) for value in found.values()):
        raise InvalidParameterError("columns: a header has a character that is no text.")
    kind = RECORD_KINDS[records]
    if unknown := sorted(set(fields_asked(found)) - set(kind.fields)):
        raise InvalidParameterError(
            f"columns: no {kind.name} field '{unknown[0]}': use {', '.join(kind.fields)}."
        )
    _require_attributes(found, records)


def _require_attributes(columns: Mapping[str, str], records: ImportKind) -> None:
    try:
        asked = attributes_asked(columns)
    except BadAttributeError as error:
        raise InvalidParameterError(f"columns: {error}.") from error
    if asked and records is not ImportKind.ACCOUNTS:
        raise InvalidParameterError("columns: only accounts have attributes of your own; leave them out.")


_BODY = {
    "requestBody": {
        "required": True,
        "description": "The file itself, or a form with one file: CSV, TSV, semicolon- or pipe-separated text, XLSX, ODS, Parquet, "
        "NDJSON or a JSON array, plain or in gzip, zstd or zip.",
        "content": {
            "text/csv": {},
            "application/octet-stream": {},
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "properties": {
                        "file": {"type": "string", "contentMediaType": "application/octet-stream"}
                    },
                    "required": ["file"],
                }
            },
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


class Asked:
    """How an upload is to be done: query parameters."""

    def __init__(  # noqa: PLR0913 - each is one query parameter
        self,
        *,
        filename: Annotated[
            str | None,
            Query(
                max_length=200,
                pattern=r"^[^\x00-\x1f\x7f]*$",
                description="Of the file; a form says it for its own. `upload.csv` unless said.",
            ),
        ] = None,
        mapping: Annotated[
            str | None,
            Query(
                max_length=60,
                pattern=MAPPING_NAME,
                description="The name of a saved mapping: it stands for what is left out here; `columns` given here come before its own.",
            ),
        ] = None,
        records: Annotated[ImportKind, Query(description="What the rows are.")] = ImportKind.ACCOUNTS,
        population: Annotated[
            Slug | None,
            Query(
                description="Of every row: the file is the list of this population, a standard one or a list of yours. Of accounts only."
            ),
        ] = None,
        mode: Annotated[
            ImportMode,
            Query(
                description="`upsert` adds and updates; `replace` also removes what the file no longer has (with `population`: "
                "of that population alone; accounts that leave a list of yours stay); `append` only adds and leaves what is there."
            ),
        ] = ImportMode.UPSERT,
        columns: Annotated[
            str | None,
            Query(
                max_length=MAX_MAPPING,
                description='JSON: field → header, such as {"name": "Company"}. Of accounts, `attribute:tier` keeps a column as a custom '
                "attribute with the key `tier`; `attribute:arr:money:EUR` says its type too (`text`, `number`, `date`, `boolean`, `money`), "
                "which is guessed otherwise.",
            ),
        ] = None,
        worksheet: Annotated[
            str | None,
            Query(
                max_length=200,
                pattern=r"^[^\x00-\x1f\x7f]+$",
                description="Name or number (from 1) of a workbook's sheet; the first with data if left out.",
            ),
        ] = None,
        all_or_nothing: Annotated[
            bool, Query(description="Keep nothing if any row is refused; otherwise the good rows are kept.")
        ] = False,
        dry_run: Annotated[
            bool,
            Query(description="Read and compare, store nothing: the import answers with a `preview`."),
        ] = False,
        confirm: Annotated[
            bool,
            Query(description="Don't hold it when it removes more than a fifth, or grows more than tenfold."),
        ] = False,
    ) -> None:
        self.filename, self.mapping, self.dry_run, self.confirm = filename, mapping, dry_run, confirm
        self.records, self.population, self.mode = records, population, mode
        self.worksheet, self.all_or_nothing = worksheet, all_or_nothing
        self.written = columns
        self.columns: Mapping[str, str] | None = None
        self.statuses: Mapping[str, str | None] | None = None
        self.since: datetime | None = None

    def settle(self, saved: ImportMapping | None, given: Container[str]) -> None:
        """Let the saved mapping say what the query, whose parameters are `given`, leaves out. InvalidParameterError."""
        if saved is not None and "records" not in given:
            self.records = saved.kind
        own = _mapping(self.written, self.records)
        self.columns = own
        if saved is not None:
            if saved.kind is not self.records:
                raise InvalidParameterError(
                    f"mapping: '{saved.name}' is of {saved.kind}, not of {self.records}."
                )
            self.columns = merged(saved.columns, own or {}) or None
            check_columns(self.columns or {}, self.records)
            self.statuses = saved.statuses or None
            for name in ("population", "mode", "worksheet", "all_or_nothing"):
                said = getattr(saved, name)
                if name not in given and said is not None:
                    setattr(self, name, said)
        if self.population and self.records is not ImportKind.ACCOUNTS:
            raise InvalidParameterError("population: only accounts belong to populations; leave it out.")

    def upload(self, import_id: UUID, received: Received, form: FormFile | None) -> Upload:
        name = self.filename or (form and form.filename) or "upload.csv"
        return Upload(
            import_id, name, *received, kind=self.records, mode=self.mode, population=self.population, columns=self.columns,
            mapping=self.mapping, statuses=self.statuses, worksheet=self.worksheet, all_or_nothing=self.all_or_nothing, dry_run=self.dry_run, confirmed=self.confirm,
            since=self.since,
        )  # fmt: skip


@router.post(
    "", operation_id="create_import", status_code=202,
    responses=responses(400, 413, 507) | {200: {"model": ImportOut, "description": "The newest import was of these very bytes: this is it."}},
    response_model=ImportOut, openapi_extra=_BODY,
)  # fmt: skip
async def create_import(
    request: Request,
    app: App,
    caller: Annotated[Caller, Depends(importing)],
    asked: Annotated[Asked, Depends()],
) -> Response:
    """Send a list as the body. The answer comes when it is safely stored; poll the import for what became of it."""
    import_id, form = app.ids.new(), form_of(request)
    length = check_length(form, announced_length(request), app.spool.limit)
    received: Received

    async def receive(pieces: AsyncIterator[bytes]) -> None:
        nonlocal received
        await _settle(app, caller, asked, request.query_params.keys())
        received = await app.spool.receive(import_id, pieces, announced=length)

    async def effect(session: TenantSession) -> Response:
        record = await accept(session, app.keystore, app.clock, asked.upload(import_id, received, form))
        is_new = record.id == import_id
        if not is_new:
            app.spool.discard(import_id)
        body = import_out(record).model_dump_json()
        return Response(body, 202 if is_new else 200, media_type="application/json")

    return await Streamed(request, app, caller, form).once(
        receive, effect, lambda: app.spool.discard(import_id)
    )


async def _settle(app: AppState, caller: Caller, asked: Asked, given: Container[str]) -> None:
    """Before the first byte of the body is taken. UnknownMappingError, UnknownPopulationError, InvalidParameterError."""
    saved = None
    if asked.mapping is None and asked.population is None:
        asked.settle(None, given)
        return
    async with app.database.tenant_read(caller.org_id) as session:
        if asked.mapping is not None:
            mappings = ImportMappings(session)
            saved = await mappings.by_name(asked.mapping)
            if saved is None:
                raise UnknownMappingError(asked.mapping, [one.name for one in await mappings.everyone()])
        asked.settle(saved, given)
        asked.since = await check_named(session, asked.population, asked.statuses)


@router.get(
    "", operation_id="list_imports", responses=responses(400),
    dependencies=[Depends(reads(Scope.IMPORTS_READ), scope="function")],
)  # fmt: skip
async def list_imports(
    session: Reading,
    paging: Paging,
    origin: Annotated[
        Origin | None, Query(description="`file` leaves out what came as JSON; `api` has nothing else.")
    ] = None,
) -> Page[ImportOut]:
    """Imports, newest first."""
    rows = await Imports(session).page(limit=paging.limit + 1, before=paging.after_id(), origin=origin)
    return paging.page(rows, import_out, lambda record: (record.id,))


@router.get(
    "/{import_id}", operation_id="get_import", responses=responses(404),
    dependencies=[Depends(reads(Scope.IMPORTS_READ), scope="function")],
)  # fmt: skip
async def get_import(session: Reading, app: App, import_id: UUID) -> ImportOut:
    """One import; `status` goes from `received` over `running` to `completed`, `held`, `failed` or `cancelled`."""
    return import_out_whole(app.keystore, await _found(session, import_id))


@router.post(
    "/{import_id}/confirm", operation_id="confirm_import", responses=responses(404, 409),
    dependencies=[Depends(writes(Scope.IMPORTS_WRITE), scope="function")],
)  # fmt: skip
async def confirm_import(session: Writing, app: App, import_id: UUID) -> ImportOut:
    """Let a held import go on: what it removes or adds is meant."""
    return import_out(await confirm(session, app.clock, import_id))


@router.post(
    "/{import_id}/cancel", operation_id="cancel_import", responses=responses(404, 409),
    dependencies=[Depends(writes(Scope.IMPORTS_WRITE), scope="function")],
)  # fmt: skip
async def cancel_import(session: Writing, app: App, import_id: UUID) -> ImportOut:
    """Give an import up. One that waits ends at once, one that is being read within a second or so; what is stored stays whole."""
    return import_out(await cancel(session, app.clock, import_id))


@router.post(
    "/{import_id}/rollback", operation_id="roll_back_import", status_code=202, responses=responses(404, 409),
    dependencies=[Depends(writes(Scope.IMPORTS_WRITE), scope="function")],
)  # fmt: skip
async def roll_back_import(session: Writing, app: App, import_id: UUID) -> ImportOut:
    """Undo an import, as an import of its own: what it made goes, what it changed or removed comes back, and what a later
    import wrote stays as it is (`skipped`). Possible for 90 days, and for the last ten imports.
    """
    return import_out(await roll_back(session, app.clock, app.ids, import_id))


@router.get(
    "/{import_id}/errors", operation_id="list_import_errors", responses=responses(400, 404),
    dependencies=[Depends(reads(Scope.IMPORTS_READ), scope="function")],
)  # fmt: skip
async def list_import_errors(session: Reading, app: App, import_id: UUID, paging: Paging) -> Page[RowError]:
    """The rows that were refused, in the order of the file."""
    await _found(session, import_id)
    position = paging.after(int)
    rows = await errors_of(
        session, app.keystore, import_id, limit=paging.limit + 1, after_row=position[0] if position else 0
    )
    return paging.page(rows, lambda row: RowError(**row), lambda row: (row["row"],))


@router.get(
    "/{import_id}/rejected-rows", operation_id="download_rejected_rows", response_class=StreamingResponse,
    dependencies=[Depends(reads(Scope.IMPORTS_READ), scope="function")],
    responses=responses(404) | {
        200: {
            "description": "The file's own columns, then `_line`, `_column`, `_reason` and `_message`, which an import leaves out.",
            "content": {CSV: {"schema": {"type": "string"}}},
        }
    },
)  # fmt: skip
async def download_rejected_rows(session: Reading, app: App, import_id: UUID) -> StreamingResponse:
    """Every refused row as CSV, to be mended and sent again. Texts that a spreadsheet takes for formulas begin with an
    apostrophe, which an import takes away again.
    """
    await _found(session, import_id)
    headers = {"Content-Disposition": f'attachment; filename="rejected-{import_id}.csv"'}
    return StreamingResponse(_rejected(app, session.org_id, import_id), media_type=CSV, headers=headers)


async def _rejected(app: AppState, org_id: UUID, import_id: UUID) -> AsyncIterator[bytes]:
    """No transaction is open while a slow reader reads: pieces are never changed."""
    last = UUID(int=0)
    while True:
        async with app.database.tenant_read(org_id) as session:
            found = await piece_after(session, app.keystore, import_id, last)
        if found is None:
            break
        last, piece = found
        yield piece


async def _found(session: Reading, import_id: UUID) -> Import:
    record = await Imports(session).by_id(import_id)
    if record is None:
        raise UnknownImportError
    return record
