"""Many records as JSON in one body: taken in, stored in one transaction, each answered for."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

import anyio.to_thread
from fastapi import Query, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, Field

from service.accounts.attributes import Attributes
from service.accounts.direct import Outcome, Prepared, RecordStatus, Result, order_of, prepare, write
from service.accounts.models import AccountAttribute
from service.accounts.records import read_records, speak_of_attributes
from service.accounts.ways import ACCOUNT_WAY, Way
from service.api.errors import BatchTooLargeError, InvalidParameterError, SlowBatchError
from service.api.json_body import read_json
from service.api.lean import answer
from service.api.problems import responses
from service.api.routing import require_json
from service.api.uploads import Streamed, announced_length
from service.db.sessions import TenantReadSession, TenantSession
from service.http.state import AppState
from service.imports.direct import Sent, take_place
from service.imports.target import Order
from service.ingest.kinds import RecordKind
from service.organizations.operations import Caller

MOST_RECORDS: Final = 10_000
MOST_BYTES: Final = 16 * 1024**2
MOST_SECONDS: Final = 60.0
"""For a body to come in whole: it lies in memory."""
MOST_NAMED: Final = 100
"""Refused records that one problem lists."""
BATCH_RESPONSES: Final = responses(400, 408, 409, 413, 415)
AllOrNothing = Annotated[
    bool, Query(description="Store nothing if any record is rejected; otherwise the good ones are stored.")
]
OrderOf = Callable[[TenantReadSession, UUID], Awaitable[Order]]
"""What the records of the import with this id are to become."""


class RecordResult(BaseModel):
    """What became of one record."""

    status: RecordStatus
    id: UUID | None = Field(description="The record's; null where the record was rejected.")
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


def says_of(kind: RecordKind) -> str:
    """What a record of the kind may say, in the words of the reference."""
    return (
        f"The fields of {kind.a_record} as files have them, each a text, a number, true or false, or null, which empties it; what a record "
        f"leaves out stays as it is. Fields: {', '.join(kind.fields)}."
    )


def batch_body(title: str, says: str, example: Mapping[str, Any]) -> dict[str, Any]:
    """What the reference says of the body of a batch."""
    records = {
        "type": "array", "minItems": 1, "maxItems": MOST_RECORDS, "description": says,
        "items": {"type": "object", "additionalProperties": True},
    }  # fmt: skip
    schema = {
        "title": title, "type": "object", "required": ["records"], "additionalProperties": False,
        "properties": {"records": records},
    }  # fmt: skip
    content = {"schema": schema, "example": {"records": [example]}}
    return {"requestBody": {"required": True, "content": {"application/json": content}}}


@dataclass(frozen=True, slots=True)
class Batch:
    """A request with records of one kind."""

    request: Request
    app: AppState
    caller: Caller
    way: Way

    async def take(self, order: OrderOf | None = None, *, all_or_nothing: bool) -> Response:
        """Store and answer for each; once, where there is an idempotency key. `order` says what they are to become, if there is more to say."""
        require_json(self.request)
        if (announced_length(self.request) or 0) > MOST_BYTES:
            raise BatchTooLargeError(MOST_BYTES)
        app, org_id, import_id = self.app, self.caller.org_id, self.app.ids.new()
        size, prepared = 0, None

        with ExitStack() as room:

            async def receive(pieces: AsyncIterator[bytes]) -> None:
                nonlocal size, prepared
                with app.receiving.room(org_id):
                    body = await _whole(pieces)
                    room.enter_context(app.batches.room(org_id))
                size = len(body)
                prepared = await self._prepared(body, import_id, order)
                if all_or_nothing:
                    _require_all(prepared)

            async def effect(session: TenantSession) -> Response:
                if prepared is None:
                    raise TypeError("a batch is stored once it was received")
                await take_place(session)
                sent = Sent(import_id, f"{self.way.kind.value}:batch", size, self.way.kind)
                return answer(_out(await write(session, app.clock, prepared, sent)))

            return await Streamed(self.request, app, self.caller).once(receive, effect, lambda: None)

    async def _prepared(self, body: bytes, import_id: UUID, order: OrderOf | None) -> Prepared:
        """MalformedJsonError, InvalidParameterError."""
        way = self.way
        records = await anyio.to_thread.run_sync(_records, body)
        async with self.app.database.tenant_read(self.caller.org_id) as session:
            asked = await (order(session, import_id) if order else order_of(session, way, import_id))
            defined = await _defined(session, way, records)

        def work() -> Prepared:
            return prepare(way, asked, read_records(way.records, records, defined))

        return await anyio.to_thread.run_sync(work)


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


def _records(body: bytes) -> list[dict[str, Any]]:
    """MalformedJsonError, InvalidParameterError."""
    found = read_json(body)
    records = found.get("records") if isinstance(found, dict) and set(found) == {"records"} else None
    if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
        raise InvalidParameterError(
            'The body: send an object with the list `records` and nothing else, such as {"records": [{"external_id": "001xx"}]}.'
        )
    if not 0 < len(records) <= MOST_RECORDS:
        raise InvalidParameterError(
            f"records: there are {len(records):,}: send between 1 and {MOST_RECORDS:,}, or a file to /v1/imports."
        )
    return records


async def _defined(
    session: TenantReadSession, way: Way, records: Sequence[Mapping[str, Any]]
) -> Mapping[str, AccountAttribute]:
    """The organization's attributes, where an account speaks of any."""
    return await Attributes(session).by_key() if way is ACCOUNT_WAY and speak_of_attributes(records) else {}


def _require_all(prepared: Prepared) -> None:
    """RequestValidationError with the records that were rejected, if any was."""
    refused = sorted(prepared.refused.items())[:MOST_NAMED]
    if refused:
        raise RequestValidationError([error_of(("records", row - 1), result) for row, result in refused])


def error_of(place: tuple[str | int, ...], result: Result) -> dict[str, Any]:
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
