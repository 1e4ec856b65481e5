"""Accounts brought as JSON: many at once, or one by the id that it has in one's own system."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import ExitStack
from functools import partial
from typing import Annotated, Any, Final
from uuid import UUID

import anyio.to_thread
from fastapi import Depends, Path, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field

from service.accounts.attributes import Attributes
from service.accounts.direct import (
    Outcome,
    Prepared,
    RecordStatus,
    Result,
    id_of,
    order_of,
    prepare,
    remove,
    write,
)
from service.accounts.errors import UnknownAccountError
from service.accounts.models import AccountAttribute
from service.accounts.records import FIELDS, read_records, speak_of_attributes
from service.accounts.repository import Accounts, Populations
from service.api.deps import App, Reading, Writing, reads, writes
from service.api.errors import BatchTooLargeError, InvalidParameterError, SlowBatchError
from service.api.json_body import read_json
from service.api.lean import answer
from service.api.preconditions import NOT_MODIFIED, ChangeConditions, ReadConditions
from service.api.problems import responses
from service.api.routing import require_json, resource
from service.api.uploads import Streamed, announced_length
from service.api.v1.accounts import AccountOut, account_out
from service.api.v1.imports import importing
from service.api.v1.populations_named import Slug, check_named
from service.db.sessions import TenantReadSession, TenantSession
from service.http.etags import etag
from service.http.state import AppState
from service.imports.direct import Sent, take_place
from service.imports.target import Order
from service.organizations.models import Scope
from service.organizations.operations import Caller

router = resource("/accounts", "accounts")
MOST_RECORDS: Final = 10_000
MOST_BYTES: Final = 16 * 1024**2
MOST_SECONDS: Final = 60.0
"""For a body to come in whole: it lies in memory."""
MOST_NAMED: Final = 100
"""Refused records that one problem lists."""
_SAYS: Final = (
    "The fields of an account as files have them, each a text, a number, true or false, or null, which empties it; what a record "
    f"leaves out stays as it is. Fields: {', '.join(FIELDS)}; and `attributes`, an object of custom attributes by key, of which the same holds: "
    "each value of the attribute's type, or as `GET` shows it, null to empty it."
)
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "title": "AccountBatch",
                    "type": "object",
                    "required": ["records"],
                    "additionalProperties": False,
                    "properties": {
                        "records": {
                            "type": "array", "minItems": 1, "maxItems": MOST_RECORDS, "description": _SAYS,
                            "items": {"type": "object", "additionalProperties": True},
                        }
                    },
                },
                "example": {"records": [{"external_id": "001xx", "name": "Siemens AG", "website": "siemens.com", "employees": 320000}]},
            }
        },
    }
}  # fmt: skip
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


class RecordResult(BaseModel):
    """What became of one record."""

    status: RecordStatus
    id: UUID | None = Field(description="The account's; null where the record was rejected.")
    reason: str | None = Field(description="Why it was rejected, as in the errors of an import.")
    message: str | None = Field(description="The same in words, and how to mend it.")
    field: str | None = Field(description="The field at fault, if one is.")


class BatchResultOut(BaseModel):
    import_id: UUID | None = Field(
        description="The import that the batch is kept as, which can be rolled back; null if nothing was changed."
    )
    created: int
    updated: int
    unchanged: int
    rejected: int
    results: list[RecordResult] = Field(description="One a record, in the order of the records.")


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
    ":batch", operation_id="put_accounts", response_model=BatchResultOut, responses=responses(400, 408, 409, 413, 415),
    openapi_extra=_BODY,
)  # fmt: skip
async def put_accounts(
    request: Request,
    app: App,
    caller: Annotated[Caller, Depends(importing)],
    *,
    population: OfPopulation = None,
    all_or_nothing: Annotated[
        bool,
        Query(description="Store nothing if any record is rejected; otherwise the good ones are stored."),
    ] = False,
) -> Response:
    """Create and update up to 10,000 accounts in one transaction, and hear of each at once."""
    require_json(request)
    if (announced_length(request) or 0) > MOST_BYTES:
        raise BatchTooLargeError(MOST_BYTES)
    sent = Sent(app.ids.new(), "accounts:batch")
    size, prepared = 0, None

    with ExitStack() as room:

        async def receive(pieces: AsyncIterator[bytes]) -> None:
            nonlocal size, prepared
            with app.receiving.room(caller.org_id):
                body = await _whole(pieces)
                room.enter_context(app.batches.room(caller.org_id))
            size = len(body)
            records = await anyio.to_thread.run_sync(_records, body)
            async with app.database.tenant_read(caller.org_id) as session:
                order = await _order(session, sent.import_id, population)
                defined = await _defined(session, records)
            work = partial(_prepared, records, defined, order)
            prepared = await anyio.to_thread.run_sync(work)
            if all_or_nothing:
                _require_all(prepared)

        async def effect(session: TenantSession) -> Response:
            if prepared is None:
                raise TypeError("a batch is stored once it was received")
            await take_place(session)
            return answer(
                _out(await write(session, app.clock, prepared, Sent(sent.import_id, sent.name, size)))
            )

        return await Streamed(request, app, caller).once(receive, effect, lambda: None)


async def _whole(pieces: AsyncIterator[bytes]) -> bytes:
    """BatchTooLargeError, SlowBatchError."""
    body = bytearray()
    try:
        async with asyncio.timeout(MOST_SECONDS):
            async for piece in pieces:
                body += piece
                if len(body) > MOST_BYTES:
                    raise BatchTooLargeError(MOST_BYTES)
    except TimeoutError:
        raise SlowBatchError(MOST_SECONDS) from None
    return bytes(body)


async def _order(session: TenantReadSession, import_id: UUID, population: str | None) -> Order:
    """UnknownPopulationError, InvalidParameterError."""
    await check_named(session, population)
    return await order_of(session, import_id, population)


def _records(body: bytes) -> list[dict[str, Any]]:
    """MalformedJsonError, InvalidParameterError."""
    found = read_json(body)
    records = found.get("records") if isinstance(found, dict) and set(found) == {"records"} else None
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise InvalidParameterError(
            'The body: send an object with the list `records` and nothing else, such as {"records": [{"name": "Siemens AG"}]}.'
        )
    if not 0 < len(records) <= MOST_RECORDS:
        raise InvalidParameterError(
            f"records: there are {len(records):,}: send between 1 and {MOST_RECORDS:,}, or a file to /v1/imports."
        )
    return records


async def _defined(
    session: TenantReadSession, records: Sequence[Mapping[str, Any]]
) -> Mapping[str, AccountAttribute]:
    """The organization's attributes, where a record speaks of any."""
    return await Attributes(session).by_key() if speak_of_attributes(records) else {}


def _prepared(
    records: Sequence[Mapping[str, Any]], defined: Mapping[str, AccountAttribute], order: Order
) -> Prepared:
    return prepare(order, read_records(records, defined))


def _require_all(prepared: Prepared) -> None:
    """RequestValidationError with the records that were rejected, if any was."""
    refused = sorted(prepared.refused.items())[:MOST_NAMED]
    if refused:
        raise RequestValidationError([_error(("records", row - 1), result) for row, result in refused])


def _error(place: tuple[str | int, ...], result: Result) -> dict[str, Any]:
    return {"loc": ("body", *place, *([result.field] if result.field else [])), "msg": result.message}


def _out(outcome: Outcome) -> dict[str, Any]:
    """A `BatchResultOut`."""
    statuses = [result.status for result in outcome.results]
    return {
        "import_id": outcome.import_id,
        **{status.value: statuses.count(status) for status in RecordStatus},
        "results": [
            {"status": r.status, "id": r.id, "reason": r.reason, "message": r.message, "field": r.field}
            for r in outcome.results
        ],
    }


@router.get(
    "/by-external-id/{external_id:path}", operation_id="get_account_by_external_id", response_model=AccountOut,
    responses=responses(404) | NOT_MODIFIED, dependencies=[Depends(reads(Scope.ACCOUNTS_READ), scope="function")],
)  # fmt: skip
async def get_account_by_external_id(
    session: Reading, external_id: ExternalId, conditions: ReadConditions
) -> Response:
    """One of one's own accounts by its id in one's own system, with the `ETag` that a change may name in `If-Match`."""
    found = await id_of(session, external_id)
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
    order, defined = await _order(session, app.ids.new(), population), await _defined(session, [record])
    prepared = await anyio.to_thread.run_sync(partial(_prepared, [record], defined, order))
    for result in prepared.refused.values():
        raise RequestValidationError([_error((), result)])
    return prepared


async def _check(session: TenantSession, conditions: ChangeConditions, external_id: str) -> UUID | None:
    """The account's id, None if there is none. PreconditionFailedError."""
    found = await id_of(session, external_id)
    conditions.check(None if found is None else (await _tagged(session, found))[0])
    return found


async def _tagged(session: TenantReadSession, account_id: UUID) -> tuple[str, bytes]:
    """The account as it is shown, and the tag of that."""
    row = await Accounts(session).row(account_id)
    if row is None:
        raise UnknownAccountError
    shown = bytes(answer(account_out(row, await Populations(session).everyone())).body)
    return etag(shown.decode()), shown
