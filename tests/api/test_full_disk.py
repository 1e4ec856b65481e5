"""The disk that uploads lie on is full: those that don't fit are refused and leave nothing, and those that do are accepted."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from service.api.app import build_app, set_state
from service.http.state import AppState
from service.imports.spool import Spool
from tests.factories.world import World
from tests.support.small_disk import fill, needs_root, small_disk

pytestmark = needs_root
MEGABYTE = 1_000_000
ROW = "Siemens AG,siemens.com\n"


def list_of(size: int, name: str = "x") -> bytes:
    head = f"Company,Website\n{name},{name}.example\n"
    return (head + ROW * ((size - len(head)) // len(ROW))).encode()


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    with small_disk(tmp_path / "disk", 2 * MEGABYTE) as folder:
        yield folder


@pytest.fixture
def full_world(own_world: World, disk: Path) -> World:
    return replace(own_world, spool=Spool(disk / "uploads", 50 * MEGABYTE))


@pytest.fixture
async def asking(full_world: World) -> AsyncIterator[httpx.AsyncClient]:
    app = build_app(full_world.ids)
    parts = (
        full_world.database, full_world.keystore, full_world.spool, full_world.clock, full_world.ids,
    )  # fmt: skip
    set_state(app, AppState(*parts))
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as opened:
        yield opened


async def test_an_upload_that_does_not_fit_leaves_nothing_and_fits_once_there_is_room(
    full_world: World, asking: httpx.AsyncClient, disk: Path
) -> None:
    member = await full_world.organization("left")
    forms = [
        {"content": list_of(3 * MEGABYTE)},
        {"files": {"file": ("l.csv", list_of(3 * MEGABYTE), "text/csv")}},
    ]
    headers = {**member.headers, "Idempotency-Key": "once"}
    for sent in forms:
        answer = await asking.post("/v1/imports", headers=headers, **sent)  # type: ignore[arg-type]
        assert (answer.status_code, answer.json()["type"]) == (507, "urn:commonground:problem:no-room")
        assert "free space" in answer.json()["detail"]
        assert int(answer.headers["Retry-After"]) > 0
        assert list((disk / "uploads").iterdir()) == []
    whole = list_of(MEGABYTE)
    taken = fill(disk)
    assert (await asking.post("/v1/imports", headers=headers, content=whole)).status_code == 507
    assert (await asking.get("/v1/imports", headers=member.headers)).json()["items"] == []
    taken.unlink()
    answer = await asking.post("/v1/imports", headers=headers, content=whole)
    assert answer.status_code == 202
    await full_world.work()
    made = await asking.get(f"/v1/imports/{answer.json()['id']}", headers=member.headers)
    assert (made.json()["status"], made.json()["problem"]) == ("completed", None)
    assert list((disk / "uploads").iterdir()) == []


async def test_of_uploads_at_the_same_time_those_that_fit_are_accepted_and_the_others_refused(
    full_world: World, asking: httpx.AsyncClient, disk: Path
) -> None:
    members = [await full_world.organization(f"org-{number}") for number in range(6)]
    sent = [
        asking.post("/v1/imports", headers=member.headers, content=list_of(MEGABYTE * 3 // 5, f"c{number}"))
        for number, member in enumerate(members)
    ]
    answers = await asyncio.gather(*sent)
    accepted = [answer for answer in answers if answer.status_code == 202]
    assert {answer.status_code for answer in answers} == {202, 507}
    assert len(list((disk / "uploads").iterdir())) == len(accepted) <= 3
    await full_world.work()
    for answer, member in zip(answers, members, strict=True):
        if answer.status_code == 202:
            made = await asking.get(f"/v1/imports/{answer.json()['id']}", headers=member.headers)
            assert made.json()["status"] == "completed"
        told = await asking.get("/v1/accounts", headers=member.headers)
        assert len(told.json()["items"]) == (2 if answer.status_code == 202 else 0)
    assert list((disk / "uploads").iterdir()) == []
