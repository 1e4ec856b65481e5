"""An upload as a form: one file in it is an import like any other, and whatever else it holds is refused as it streams."""

import base64
import hashlib
import resource
from collections.abc import AsyncIterator, Iterator
from uuid import UUID

import httpx
import pytest

from tests.factories.world import Pair, company_list

LIST = company_list(("Siemens AG", "siemens.com"), ("Orchid Bakery", "orchidbakery.com")).encode()
PROBLEM = "urn:commonground:problem:"
MIB = 1024**2
FORM = {"Content-Type": "multipart/form-data; boundary=b"}
HEAD = b'--b\r\nContent-Disposition: form-data; name="file"; filename="list.csv"\r\n\r\n'
TAIL = b"\r\n--b--\r\n"


async def send(
    client: httpx.AsyncClient, pair: Pair, body: bytes | AsyncIterator[bytes], headers: dict[str, str] = FORM
) -> httpx.Response:
    return await client.post("/v1/imports", content=body, headers=pair.left.headers | headers)


def spooled(pair: Pair) -> list[bytes]:
    folder = pair.world.spool.folder
    return [path.read_bytes() for path in folder.iterdir()] if folder.exists() else []


async def in_pieces(parts: Iterator[bytes], taken: list[int]) -> AsyncIterator[bytes]:
    for part in parts:
        taken.append(len(part))
        yield part


async def test_a_form_with_one_file_is_an_import_under_the_name_of_the_file(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    answer = await client.post(
        "/v1/imports",
        files={"file": ("C:\\lists\\Früh\x07jahr.csv", LIST, "text/csv")},
        headers=pair.left.headers,
    )
    plain = await send(client, pair, LIST, {"Content-Type": "text/csv"})

    assert answer.status_code == 202, answer.text
    assert plain.status_code == 200, "these very bytes are the newest import"
    assert answer.json()["filename"].endswith("jahr.csv")
    assert "lists" not in answer.json()["filename"]
    assert plain.json()["id"] == answer.json()["id"]
    assert answer.json()["bytes_received"] == plain.json()["bytes_received"] == len(LIST)


async def test_the_file_is_kept_byte_for_byte_however_the_body_is_cut(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    for size in (1, 7, 64, 10_000):
        data = b"Company %d" % size + b"\r\nA\r\n--\r\n-b\r\n--x\r\n\r\n" * 50
        body = HEAD + data + TAIL
        pieces = (body[at : at + size] for at in range(0, len(body), size))
        answer = await send(client, pair, in_pieces(pieces, []))
        assert answer.status_code == 202, answer.text
        assert answer.json()["bytes_received"] == len(data)
        opener = await pair.world.opener(pair.left, UUID(answer.json()["id"]))
        with opener() as spooled_file:
            assert spooled_file.read() == data


async def test_the_same_file_in_another_form_is_the_same_request_under_its_key(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    key = {"Idempotency-Key": "november"}
    first = await send(client, pair, HEAD + LIST + TAIL, FORM | key)
    again = await send(
        client,
        pair,
        (HEAD + LIST + TAIL).replace(b"--b", b"--c"),
        {"Content-Type": "multipart/form-data; boundary=c"} | key,
    )
    other = await send(client, pair, HEAD + LIST + b"More,more.com\n" + TAIL, FORM | key)

    assert first.json() == again.json()
    assert again.headers["idempotent-replayed"] == "true"
    assert (other.status_code, other.json()["type"]) == (422, PROBLEM + "idempotency-key-reused")


async def test_a_digest_is_that_of_the_form(client: httpx.AsyncClient, pair: Pair) -> None:
    body = HEAD + LIST + TAIL
    for data, status in ((body, 202), (LIST, 400)):
        said = base64.b64encode(hashlib.sha256(data).digest()).decode()
        answer = await send(client, pair, body, FORM | {"Content-Digest": f"sha-256=:{said}:"})
        assert answer.status_code == status


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        ("multipart/form-data", HEAD + LIST + TAIL, "boundary"),
        ("multipart/mixed; boundary=b", HEAD + LIST + TAIL, "multipart/form-data"),
        ("multipart/form-data; boundary=" + "b" * 300, HEAD, "longer than 256"),
        ("multipart/form-data; boundary=b", LIST, "can't be read"),
        ("multipart/form-data; boundary=b", HEAD + LIST, "ends early"),
        ("multipart/form-data; boundary=b", HEAD[:30], "ends early"),
        ("multipart/form-data; boundary=b", b"--b--\r\n", ""),
        ("multipart/form-data; boundary=b", HEAD + LIST + b"\r\n" + HEAD + LIST + TAIL, "more than one part"),
        (
            "multipart/form-data; boundary=b",
            HEAD.replace(b"; filename", b"; x") + LIST + TAIL,
            "part 'file' is no file",
        ),
        ("multipart/form-data; boundary=b", b"--b\r\n\r\n" + LIST + TAIL, "is no file"),
        (
            "multipart/form-data; boundary=b",
            HEAD.replace(b"\r\n\r\n", b"\r\nContent-Transfer-Encoding: base64\r\n\r\n") + LIST + TAIL,
            "transfer encoding",
        ),
        (
            "multipart/form-data; boundary=b",
            HEAD.replace(b"\r\n\r\n", b"\r\n" + b"X: y\r\n" * 9 + b"\r\n"),
            "can't be read",
        ),
    ],
)
async def test_what_is_not_a_form_with_one_file_is_refused_and_nothing_kept(
    client: httpx.AsyncClient, pair: Pair, kind: str, body: bytes, said: str
) -> None:
    answer = await send(client, pair, body, {"Content-Type": kind})

    assert (answer.status_code, answer.json()["type"]) == (400, PROBLEM + "bad-form")
    assert said in answer.json()["detail"]
    assert "curl -F file=@list.csv" in answer.json()["detail"]
    assert spooled(pair) == []


async def test_an_empty_file_in_a_form_is_an_empty_upload(client: httpx.AsyncClient, pair: Pair) -> None:
    answer = await send(client, pair, HEAD + TAIL)

    assert (answer.status_code, answer.json()["type"]) == (400, PROBLEM + "empty-upload")


def forever(piece: bytes) -> Iterator[bytes]:
    while True:
        yield piece


def text_part() -> Iterator[bytes]:
    yield b'--b\r\nContent-Disposition: form-data; name="mode"\r\n\r\n'
    yield from forever(b"x" * MIB)


def many_parts() -> Iterator[bytes]:
    yield from forever((HEAD + b"x\r\n") * 1_000)


def headers_of_megabytes() -> Iterator[bytes]:
    yield b'--b\r\nContent-Disposition: form-data; name="'
    yield from forever(b"n" * MIB)


def before_the_boundary() -> Iterator[bytes]:
    yield from forever(b"\r\n" * (MIB // 2))


def behind_the_end() -> Iterator[bytes]:
    yield HEAD + LIST + TAIL
    yield from forever(b"\r\n" * 1_000)


@pytest.mark.parametrize(
    "abuse", [text_part, many_parts, headers_of_megabytes, before_the_boundary, behind_the_end]
)
async def test_abuse_without_end_is_answered_before_it_was_taken(
    client: httpx.AsyncClient, pair: Pair, abuse: object
) -> None:
    taken: list[int] = []
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    answer = await send(client, pair, in_pieces(abuse(), taken))  # type: ignore[operator]

    assert 400 <= answer.status_code < 500, answer.text
    assert sum(taken) < 4 * MIB
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 50 * 1024
    assert spooled(pair) == []


async def test_a_file_above_the_limit_is_refused_as_it_comes_or_as_it_is_announced(
    client: httpx.AsyncClient, pair: Pair
) -> None:
    limit = pair.world.spool.limit
    pieces = iter([HEAD, *[b"x" * (limit // 2)] * 3])
    streamed = await send(client, pair, in_pieces(pieces, []))
    announced = await send(client, pair, b"", FORM | {"Content-Length": str(limit + 70_000)})

    for answer in (streamed, announced):
        assert (answer.status_code, answer.json()["type"]) == (413, PROBLEM + "upload-too-large")
    assert spooled(pair) == []
