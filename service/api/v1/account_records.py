"""Accounts brought as JSON: many at once, or one by the id that it has in one's own system."""

from functools import partial
from typing import Annotated, Any, Final
from uuid import UUID

import anyio.to_thread
from fastapi import Depends, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field

from service.accounts.attributes import Attributes
from service.accounts.direct import Prepared, RecordStatus, id_of, order_of, prepare, remove, write
from service.accounts.errors import UnknownAccountError
from service.accounts.records import read_records, speak_of_attributes
from service.accounts.repository import Accounts, Populations
from service.accounts.ways import ACCOUNT_WAY
from service.api.batches import (
    BATCH_RESPONSES,
    AllOrNothing,
    Batch,
    BatchResultOut,
    batch_body,
    error_of,
    says_of,
)
from service.api.deps import App, Reading, Writing, reads, writes
from service.api.errors import InvalidParameterError
from service.api.lean import answer
from service.api.preconditions import NOT_MODIFIED, ChangeConditions, ReadConditions
from service.api.problems import responses
from service.api.routing import resource
from service.api.v1.accounts import AccountOut, account_out
from service.api.v1.imports import importing
from service.api.v1.populations_named import Slug, check_named
from service.db.sessions import TenantReadSession, TenantSession
from service.http.etags import etag
from service.http.state import AppState
from service.imports.direct import Sent, take_place
from service.imports.target import Order
from service.ingest import ACCOUNTS
from service.organizations.models import Scope
from service.organizations.operations import Caller

router = resource("/accounts", "accounts")
_SAYS: Final = (
    f"{says_of(ACCOUNTS)} Custom attributes stand by key in the object `attributes`, of which the same holds: each value of the attribute's "
    "type, or as `GET` shows it, null to empty it."
)
OfPopulation = Annotated[
    Slug | None,
    Query(
        description="Of every record: a standard one or a list of yours; if it is left out, each record's `status` says the standard one."
    ),
]
ExternalId = Annotated[
    str,
    Path(min_length=1, max_length=500, pattern=r"\S", description="The account's id in your own system, percent-encoded."),
]  # fmt: skip


class AccountFields(BaseModel):
    """What the account is to say; what is left out stays as it is, null empties it."""

    model_config = ConfigDict(extra="allow", json_schema_extra={"description": _SAYS})


class PutResultOut(BaseModel):
    """What became of the record."""

    id: UUID
    status: RecordStatus
    import_id: UUID | None = Field(
        description="The import that the change is kept as; null if nothing was changed."
    )


@router.post(
    ":batch", operation_id="put_accounts", response_model=BatchResultOut, responses=BATCH_RESPONSES,
    openapi_extra=batch_body(
        "AccountBatch", _SAYS, {"external_id": "001xx", "name": "Siemens AG", "website": "siemens.com", "employees": 320000}
    ),
)  # fmt: skip
async def put_accounts(
    request: Request, app: App, caller: Annotated[Caller, Depends(importing)], *, population: OfPopulation = None,
    all_or_nothing: AllOrNothing = False,
) -> Response:  # fmt: skip
    """Create and update up to 10,000 accounts in one transaction, and hear of each at once."""
    batch = Batch(request, app, caller, ACCOUNT_WAY)
    return await batch.take(partial(_order, population=population), all_or_nothing=all_or_nothing)


async def _order(session: TenantReadSession, import_id: UUID, *, population: str | None) -> Order:
    """UnknownPopulationError, InvalidParameterError."""
    await check_named(session, population)
    return await order_of(session, ACCOUNT_WAY, import_id, population)


@router.get(
    "/by-external-id/{external_id:path}", operation_id="get_account_by_external_id", response_model=AccountOut,
    responses=responses(404) | NOT_MODIFIED, dependencies=[Depends(reads(Scope.ACCOUNTS_READ), scope="function")],
)  # fmt: skip
async def get_account_by_external_id(
    session: Reading, external_id: ExternalId, conditions: ReadConditions
) -> Response:
    """One of one's own accounts by its id in one's own system, with the `ETag` that a change may name in `If-Match`."""
    found = await id_of(session, ACCOUNT_WAY, external_id)
    if found is None:
        raise UnknownAccountError
    tag, body = await _tagged(session, found)
    return conditions.answer(tag, body)


@router.put(
    "/by-external-id/{external_id:path}", operation_id="put_account_by_external_id", response_model=PutResultOut,
    responses=responses(409, 412) | {201: {"model": PutResultOut, "description": "There was none: it was created."}},
    dependencies=[Depends(writes(Scope.IMPORTS_WRITE), scope="function")],
)  # fmt: skip
async def put_account_by_external_id(
    session: Writing, app: App, *, external_id: ExternalId, fields: AccountFields, conditions: ChangeConditions,
    population: OfPopulation = None,
) -> Response:  # fmt: skip
    """Create or update one account. What the body leaves out stays as it is, and null empties it."""
    given = fields.model_extra or {}
    if "external_id" in given:
        raise InvalidParameterError("external_id: the address says it; leave it out of the body.")
    prepared = await _one(session, app, {**given, "external_id": external_id}, population)
    await take_place(session)
    await _check(session, conditions, external_id)
    outcome = await write(
        session, app.clock, prepared, Sent(prepared.order.import_id, "accounts/by-external-id")
    )
    (result,) = outcome.results
    if result.id is None:
        raise TypeError("an account that was written has an id")
    if result.status is not RecordStatus.CREATED:
        conditions.check_found()
    tag, _ = await _tagged(session, result.id)
    out = PutResultOut(id=result.id, status=result.status, import_id=outcome.import_id)
    status = 201 if result.status is RecordStatus.CREATED else 200
    return Response(out.model_dump_json(), status, {"ETag": tag}, media_type="application/json")


@router.delete(
    "/by-external-id/{external_id:path}", operation_id="remove_account_by_external_id", status_code=204,
    responses=responses(404, 412), dependencies=[Depends(writes(Scope.IMPORTS_WRITE), scope="function")],
)  # fmt: skip
async def remove_account_by_external_id(
    session: Writing, app: App, external_id: ExternalId, conditions: ChangeConditions
) -> None:
    """Remove one account. A later import that has it brings it back."""
    await take_place(session)
    found = await _check(session, conditions, external_id)
    if found is None:
        raise UnknownAccountError
    await remove(session, app.clock, found, Sent(app.ids.new(), "accounts/by-external-id"))


async def _one(
    session: TenantSession, app: AppState, record: dict[str, Any], population: str | None
) -> Prepared:
    """RequestValidationError where the record is rejected; errors as of `_order`."""
    order = await _order(session, app.ids.new(), population=population)
    defined = await Attributes(session).by_key() if speak_of_attributes([record]) else {}
    records = read_records(ACCOUNTS, [record], defined)
    prepared = await anyio.to_thread.run_sync(partial(prepare, ACCOUNT_WAY, order, records))
    for result in prepared.refused.values():
        raise RequestValidationError([error_of((), result)])
    return prepared


async def _check(session: TenantSession, conditions: ChangeConditions, external_id: str) -> UUID | None:
    """The account's id, None if there is none. PreconditionFailedError."""
    found = await id_of(session, ACCOUNT_WAY, external_id)
    conditions.check(None if found is None else (await _tagged(session, found))[0])
    return found


async def _tagged(session: TenantReadSession, account_id: UUID) -> tuple[str, bytes]:
    """The account as it is shown, and the tag of that."""
    row = await Accounts(session).row(account_id)
    if row is None:
        raise UnknownAccountError
    shown = bytes(answer(account_out(row, await Populations(session).everyone())).body)
    return etag(shown.decode()), shown
