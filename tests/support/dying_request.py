"""One request to an app of its own that is killed at a commit:

    python -m tests.support.dying_request <folder> <key> <api-keys|imports> <before|after> <which commit>

It ends by SIGKILL around its n-th commit, as a power cut would end it; if it lives, it says the status of the answer.
"""

import asyncio
import os
import signal
import sys
from pathlib import Path

import httpx

import service.db.transactions as under_test
from service.api.app import build_app, set_state
from service.crypto import FileKeystore, load_or_create_kek
from service.db.database import Database
from service.http.state import AppState
from service.imports.spool import Spool
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids

IDEMPOTENCY_KEY = "through the crash"
WISH = {"name": "for the CRM", "scopes": ["accounts:read"]}
LIST = b"Company,Website\nSiemens AG,siemens.com\n"


def keystore_in(folder: Path) -> FileKeystore:
    return FileKeystore(folder / "keystore", load_or_create_kek(folder / "secrets" / "kek"))


async def ask(client: httpx.AsyncClient, what: str, key: str) -> httpx.Response:
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": IDEMPOTENCY_KEY}
    if what == "imports":
        return await client.post("/v1/imports", content=LIST, headers=headers)
    return await client.post("/v1/api-keys", json=WISH, headers=headers)


def die_at(when: str, which: int) -> None:
    plain, commits = under_test._commit, 0

    async def commit(driver: object) -> None:
        nonlocal commits
        commits += 1
        if commits == which and when == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        await plain(driver)
        if commits == which and when == "after":
            os.kill(os.getpid(), signal.SIGKILL)

    under_test._commit = commit


async def main(folder: Path, key: str, what: str, when: str, which: int) -> None:
    die_at(when, which)
    urls = {"app_url": os.environ["DATABASE_URL"], "matcher_url": os.environ["MATCHER_DATABASE_URL"]}
    ids = UuidV7Ids()
    async with Database(**urls) as database:
        app = build_app(ids)
        spool = Spool(folder / "uploads", 1_000_000)
        set_state(app, AppState(database, keystore_in(folder), spool, SystemClock(), ids))
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
            sys.stdout.write(f"{(await ask(client, what, key)).status_code}\n")


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5])))
