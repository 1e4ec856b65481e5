"""How the Python client sends: keys, queries, files, retries, errors. The network is stood in for; time is counted, not spent."""

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from commonground_client import (
    AsyncClient,
    Client,
    ConflictError,
    ForbiddenError,
    ImportFailedError,
    ImportHeldError,
    InvalidError,
    InvalidSettingError,
    NotFoundError,
    NotReachedError,
    ProblemError,
    Retries,
    ServiceError,
    TooManyRequestsError,
    UnexpectedAnswerError,
    WaitedTooLongError,
)
from commonground_client.call import PIECE, Call, path
from commonground_client.models import ImportStatus, ResetRequest, RuleIn, SharingLevel

ID = UUID("019aa3c4-7e5a-7c3b-9d64-1f2ab3c4d5e6")
NOW = datetime(2026, 11, 22, tzinfo=UTC).isoformat()
ORGANIZATION = {"id": str(ID), "handle": "left", "name": "Left", "mode": "hosted", "created_at": NOW}
IMPORT = {
    "id": str(ID), "status": "received", "mode": "upsert", "filename": "a.csv", "population": None, "bytes_received": 3,
    "worksheet": None, "all_or_nothing": False, "dry_run": False, "rollback_of": None, "records": "accounts", "origin": "file", "mapping": None, "progress": None, "preview": None,
    "counts": None, "report": None, "problem": None, "created_at": NOW, "finished_at": None,
}  # fmt: skip
Answer = httpx.Response | Exception


def answer(status: int, body: object = None, **headers: str) -> httpx.Response:
    return httpx.Response(
        status, json=body, headers={name.replace("_", "-"): v for name, v in headers.items()}
    )


def refusal(status: int, slug: str = "unavailable", **members: object) -> httpx.Response:
    problem = {
        "type": f"urn:commonground:problem:{slug}",
        "title": "No",
        "status": status,
        "detail": "Because.",
    }
    return answer(status, problem | members)


@dataclass
class Wire:
    """Answers in order; what was sent, and how long was waited in between."""

    answers: Iterator[Answer]
    sent: list[httpx.Request] = field(default_factory=list)
    waited: list[float] = field(default_factory=list)

    def _next(self) -> httpx.Response:
        found = next(self.answers)
        if isinstance(found, Exception):
            raise found
        return found

    def handle(self, request: httpx.Request) -> httpx.Response:
        request.read()
        self.sent.append(request)
        return self._next()

    async def handle_async(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.sent.append(request)
        return self._next()

    async def wait(self, seconds: float) -> None:
        self.waited.append(seconds)


@pytest.fixture
def wired() -> Iterator[Callable[..., tuple[Client, Wire]]]:
    opened: list[httpx.Client] = []

    def make(*answers: Answer, retries: Retries | None = None) -> tuple[Client, Wire]:
        wire = Wire(iter(answers))
        http = httpx.Client(transport=httpx.MockTransport(wire.handle))
        opened.append(http)
        return Client(
            "https://ground.example/", "cg_live_x", http=http, sleep=wire.waited.append, retries=retries
        ), wire

    yield make
    for http in opened:
        http.close()


Wired = Callable[..., tuple[Client, Wire]]


def test_request_carries_the_key_and_the_answer_is_a_model(wired: Wired) -> None:
    ground, wire = wired(answer(200, ORGANIZATION, ETag='"7"'))
    me = ground.get_my_organization()
    assert (me.handle, me.id, me.created_at.tzinfo) == ("left", ID, UTC)
    assert me.entity_tag == '"7"'
    assert str(wire.sent[0].url) == "https://ground.example/v1/organizations/me"
    assert wire.sent[0].headers["authorization"] == "Bearer cg_live_x"


def test_members_and_words_of_a_newer_service_are_kept(wired: Wired) -> None:
    ground, _ = wired(answer(200, ORGANIZATION | {"mode": "floating", "motto": "Hello"}))
    me = ground.get_my_organization()
    assert me.mode == "floating"
    assert me.model_extra == {"motto": "Hello"}


def test_values_that_are_not_given_are_not_sent(wired: Wired) -> None:
    ground, wire = wired(answer(200, {"items": [], "has_more": False}))
    ground.list_accounts(domain="a&b.example", limit=5)
    assert dict(wire.sent[0].url.params) == {"domain": "a&b.example", "limit": "5"}


def test_value_in_a_path_cannot_leave_its_place() -> None:
    assert path("/v1/{}/x", "../a b/?") == "/v1/..%2Fa%20b%2F%3F/x"


def test_body_has_the_members_that_were_set_and_no_other(wired: Wired) -> None:
    ground, wire = wired(refusal(404, "not-found"))
    with pytest.raises(NotFoundError):
        ground.put_sharing_rule(ID, "customers", RuleIn(level=SharingLevel.MATCHED))
    assert json.loads(wire.sent[0].content) == {"level": "matched"}
    assert wire.sent[0].headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (403, ForbiddenError),
        (404, NotFoundError),
        (409, ConflictError),
        (422, InvalidError),
        (500, ServiceError),
    ],
)
def test_problem_is_an_exception_of_its_status(wired: Wired, status: int, error: type[Exception]) -> None:
    ground, wire = wired(refusal(status, "some-kind", request_id="abc"))
    with pytest.raises(error, match=r"Because\. \(request abc\)") as raised:
        ground.get_my_organization()
    assert raised.value.type == "urn:commonground:problem:some-kind"
    assert raised.value.status == status
    assert len(wire.sent) == 1


def test_each_refused_value_is_told(wired: Wired) -> None:
    errors = [{"where": "query.limit", "message": "too large"}]
    ground, _ = wired(refusal(422, "invalid-request", errors=errors))
    with pytest.raises(InvalidError, match=r"query\.limit: too large") as raised:
        ground.list_accounts(limit=9999)
    assert [(e.where, e.message) for e in raised.value.errors] == [("query.limit", "too large")]


def test_error_that_is_no_problem_still_names_status_and_request(wired: Wired) -> None:
    ground, _ = wired(httpx.Response(500, text="<html>", headers={"X-Request-Id": "r-1"}))
    with pytest.raises(ServiceError, match="500 Internal Server Error") as raised:
        ground.get_my_organization()
    assert raised.value.request_id == "r-1"


@pytest.mark.parametrize("body", [b"<html>", b'{"id": 1}', b""])
def test_answer_of_something_else_is_told_as_such(wired: Wired, body: bytes) -> None:
    ground, _ = wired(httpx.Response(200, content=body))
    with pytest.raises(UnexpectedAnswerError, match="/v1/organizations/me"):
        ground.get_my_organization()


def test_busy_service_is_asked_again_after_the_time_it_names(wired: Wired) -> None:
    ground, wire = wired(answer(503, {}, Retry_After="7"), answer(200, ORGANIZATION))
    assert ground.get_my_organization().handle == "left"
    assert wire.waited == [7.0]


def test_waits_grow_and_end_with_the_last_attempt(wired: Wired) -> None:
    ground, wire = wired(*[refusal(503)] * 4)
    with pytest.raises(ServiceError):
        ground.get_my_organization()
    assert len(wire.sent) == 4
    for waited, least in zip(wire.waited, (0.25, 0.5, 1.0), strict=True):
        assert least <= waited <= 2 * least


def test_wait_that_is_too_long_is_left_to_the_caller(wired: Wired) -> None:
    ground, wire = wired(answer(429, {}, Retry_After="3600"))
    with pytest.raises(TooManyRequestsError) as raised:
        ground.get_my_organization()
    assert raised.value.retry_after == 3600
    assert wire.waited == []


def test_repeated_post_carries_one_key_and_the_same_bytes(wired: Wired) -> None:
    ground, wire = wired(httpx.ReadError("gone"), refusal(503), answer(202, IMPORT))
    ground.create_import(b"a\nb", filename="a.csv")
    keys = {request.headers["idempotency-key"] for request in wire.sent}
    assert len(wire.sent) == 3
    assert len(keys) == 1
    assert {request.content for request in wire.sent} == {b"a\nb"}


FORGOTTEN = ResetRequest(email="ada@example.com")
"""The body of a POST that takes no key."""


@pytest.mark.parametrize("failure", [httpx.ReadError("gone"), refusal(408), refusal(503)], ids=str)
def test_post_that_takes_no_key_has_none_and_is_not_sent_again(wired: Wired, failure: Answer) -> None:
    ground, wire = wired(failure)
    with pytest.raises((NotReachedError, ProblemError)):
        ground.ask_for_password_reset(FORGOTTEN)
    assert len(wire.sent) == 1
    assert "idempotency-key" not in wire.sent[0].headers


def test_post_that_takes_no_key_is_sent_again_where_nothing_was_done(wired: Wired) -> None:
    ground, wire = wired(
        httpx.ConnectError("no"),
        refusal(425),
        refusal(429),
        answer(202, {"detail": "A letter is on its way."}),
    )
    ground.ask_for_password_reset(FORGOTTEN)
    assert len(wire.sent) == 4


def test_every_post_that_takes_a_key_has_its_own(wired: Wired) -> None:
    ground, wire = wired(answer(202, IMPORT), answer(202, IMPORT))
    ground.create_import(b"a")
    ground.create_import(b"a")
    assert len({request.headers["idempotency-key"] for request in wire.sent}) == 2


def test_post_whose_first_request_still_runs_waits_for_it(wired: Wired) -> None:
    running = answer(409, {"type": "urn:commonground:problem:idempotency-in-progress"}, Retry_After="1")
    ground, wire = wired(running, answer(202, IMPORT))
    ground.create_import(b"a")
    assert wire.waited == [1.0]


def test_conflict_is_not_repeated(wired: Wired) -> None:
    ground, wire = wired(refusal(409, "partnership-ended"))
    with pytest.raises(ConflictError):
        ground.create_import(b"a")
    assert len(wire.sent) == 1


def test_change_that_may_have_been_made_is_not_sent_again(wired: Wired) -> None:
    for failure in (httpx.ReadError("gone"), refusal(503)):
        ground, wire = wired(failure)
        with pytest.raises((NotReachedError, ServiceError)):
            ground.send(Call("PATCH", "/v1/x", type(None)))
        assert len(wire.sent) == 1


def test_change_that_was_never_sent_or_refused_untouched_is_sent_again(wired: Wired) -> None:
    ground, wire = wired(httpx.ConnectError("no"), refusal(429), httpx.Response(204))
    ground.send(Call("PATCH", "/v1/x", type(None)))
    assert len(wire.sent) == 3


def test_service_that_is_not_there_is_told_with_its_cause(wired: Wired) -> None:
    ground, wire = wired(*[httpx.ConnectError("refused")] * 4)
    with pytest.raises(NotReachedError, match="refused") as raised:
        ground.get_my_organization()
    assert isinstance(raised.value.__cause__, httpx.ConnectError)
    assert len(wire.sent) == 4


def test_file_is_sent_from_its_beginning_each_time_with_its_length_and_name(
    wired: Wired, tmp_path: Path
) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes(b"x" * 600_000)
    ground, wire = wired(refusal(503), answer(202, IMPORT), answer(200, IMPORT | {"status": "completed"}))
    assert ground.upload_list(file).status is ImportStatus.COMPLETED
    for request in wire.sent[:2]:
        assert len(request.content) == 600_000
        assert request.headers["content-length"] == "600000"
        assert request.url.params["filename"] == "list.csv"


class HalfRead(httpx.BaseTransport):
    """Answers when it has read the first piece of a body, as a server does that is too busy for the rest."""

    def __init__(self, status: int) -> None:
        self.status = status
        self.begun: list[bytes] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        assert isinstance(request.stream, httpx.SyncByteStream)
        self.begun.append(next(iter(request.stream)))
        return refusal(self.status)


@pytest.mark.parametrize("status", [425, 429, 503])
def test_stream_that_was_begun_is_never_sent_again(status: int) -> None:
    wire = HalfRead(status)
    with httpx.Client(transport=wire) as http:
        ground = Client("https://ground.example", http=http, sleep=lambda _: None)
        with pytest.raises(ProblemError):
            ground.create_import(io.BytesIO(b"1" * PIECE + b"2" * PIECE))
    assert [piece[:1] for piece in wire.begun] == [b"1"]


def test_import_is_waited_for(wired: Wired) -> None:
    ground, wire = wired(*[answer(200, IMPORT | {"status": s}) for s in ("received", "running", "completed")])
    assert ground.wait_for_import(ID, poll=2).status is ImportStatus.COMPLETED
    assert wire.waited == [2, 2]


def test_refused_file_is_an_error_with_its_code(wired: Wired) -> None:
    failed = IMPORT | {"status": "failed", "problem": {"code": "not_text", "message": "It is an image."}}
    ground, _ = wired(answer(200, failed))
    with pytest.raises(ImportFailedError, match="not_text: It is an image") as raised:
        ground.wait_for_import(ID)
    assert raised.value.code == "not_text"


def test_held_import_says_why_and_which(wired: Wired) -> None:
    report = {
        "encoding": "utf-8", "compression": None, "delimiter": ",", "mapping": {}, "unmapped": [], "warnings": [],
        "errors_stored": 0, "guards": [{"guard": "removes_too_many", "message": "It lacks 9 of 10."}],
    }  # fmt: skip
    ground, _ = wired(answer(200, IMPORT | {"status": "held", "report": report}))
    with pytest.raises(ImportHeldError, match="It lacks 9 of 10") as raised:
        ground.wait_for_import(ID)
    assert raised.value.import_id == ID


def test_cancelled_import_is_not_waited_for(wired: Wired) -> None:
    ground, _ = wired(answer(200, IMPORT | {"status": "cancelled"}))
    with pytest.raises(ImportFailedError, match="cancelled"):
        ground.wait_for_import(ID)


def test_import_that_takes_too_long_is_left_running(wired: Wired) -> None:
    ground, _ = wired(answer(200, IMPORT))
    with pytest.raises(WaitedTooLongError, match=str(ID)):
        ground.wait_for_import(ID, timeout=-1)


def errors_page(*rows: int, cursor: str | None) -> httpx.Response:
    items = [{"row": n, "line": n, "column": None, "reason": "r", "message": "m", "text": "t"} for n in rows]
    return answer(200, {"items": items, "has_more": cursor is not None, "next_cursor": cursor})


def test_iterator_reads_every_page_and_no_page_before_it_is_needed(wired: Wired) -> None:
    ground, wire = wired(
        errors_page(1, 2, cursor="c2"), errors_page(cursor="c3"), errors_page(3, cursor=None)
    )
    rows = ground.iter_import_errors(ID, limit=2)
    assert wire.sent == []
    assert next(rows).row == 1
    assert len(wire.sent) == 1
    assert [error.row for error in rows] == [2, 3]
    assert [r.url.params.get("cursor") for r in wire.sent] == [None, "c2", "c3"]
    assert {r.url.params["limit"] for r in wire.sent} == {"2"}


async def test_asynchronous_client_does_the_same(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_bytes(b"Company\nA\n")
    wire = Wire(iter([
        refusal(503), answer(202, IMPORT), answer(200, IMPORT), answer(200, IMPORT | {"status": "completed"}),
        errors_page(1, cursor="c2"), errors_page(2, cursor=None), refusal(404, "not-found"),
    ]))  # fmt: skip
    async with httpx.AsyncClient(transport=httpx.MockTransport(wire.handle_async)) as http:
        ground = AsyncClient("https://ground.example", "cg_live_x", http=http, sleep=wire.wait)
        assert (await ground.upload_list(file)).status is ImportStatus.COMPLETED
        assert [error.row async for error in ground.iter_import_errors(ID)] == [1, 2]
        with pytest.raises(NotFoundError):
            await ground.get_import(ID)
    assert [request.content for request in wire.sent[:2]] == [b"Company\nA\n"] * 2
    assert wire.sent[0].headers["idempotency-key"] == wire.sent[1].headers["idempotency-key"]
    assert len(wire.waited) == 2


@pytest.mark.parametrize("kind", [Client, AsyncClient])
@pytest.mark.parametrize(
    ("address", "key", "said"),
    [
        ("ground.example", "cg_live_x", "'ground.example' is no address"),
        ("https://", "cg_live_x", "is no address"),
        ("https://ground.example\n", "cg_live_x", "is no address"),
        ("https://ground.example", "cg_live_x\n", "The API key has characters"),
        ("https://ground.example", "cg_live_ü", "The API key has characters"),
        ("https://ground.example", "", "The API key has characters"),
    ],
)
def test_address_or_key_that_cannot_be_one_is_told_at_once_and_no_key_is_shown(
    kind: type[Client] | type[AsyncClient], address: str, key: str, said: str
) -> None:
    with pytest.raises(InvalidSettingError, match=said) as raised:
        kind(address, key)
    assert isinstance(raised.value, ValueError)
    assert "cg_live" not in str(raised.value)


def test_own_http_client_stays_open_and_a_made_one_is_closed() -> None:
    http = httpx.Client()
    with Client("https://ground.example", http=http):
        pass
    assert not http.is_closed
    http.close()
    with Client("https://ground.example") as ground:
        pass
    assert ground._http.is_closed
