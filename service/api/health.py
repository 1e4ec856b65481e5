"""Is the process alive, and can it serve?"""

import asyncio
import os
from collections.abc import AsyncIterator
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from service.api.deps import App
from service.api.errors import NotReadyError
from service.api.problems import responses
from service.api.routing import Operation
from service.crypto.errors import CryptoError
from service.db.database import Database
from service.db.errors import DatabaseUnavailable
from service.http.state import AppState

router = APIRouter(tags=["health"], route_class=Operation)
PATIENCE_SECONDS = 3.0


class Health(BaseModel):
    status: Literal["ok"] = "ok"


@router.get("/livez", operation_id="livez")
async def livez() -> Health:
    """The process answers."""
    return Health()


@router.get("/readyz", operation_id="readyz", responses={503: responses()[503]})
async def readyz(app: App) -> Health:
    """The database answers both roles, the keystore opens, and uploads have a place; a problem names what is missing."""
    missing = [part async for part in _missing(app)]
    if missing:
        raise NotReadyError(missing)
    return Health()


async def _missing(app: AppState) -> AsyncIterator[str]:
    if not await _answers(app.database):
        yield "the database does not answer"
    try:
        app.signer.probe(app.keystore)
    except (CryptoError, OSError):
        yield "the keystore does not open"
    folder = next(one for one in (app.spool.folder, *app.spool.folder.parents) if one.exists())
    if not os.access(folder, os.W_OK | os.X_OK):
        yield "the folder of uploads can't be written"


async def _answers(database: Database) -> bool:
    """Whether the database answers in time. What doesn't is left to end by itself: its rollback would wait, too."""
    asking = asyncio.create_task(_ping(database))
    await asyncio.wait({asking}, timeout=PATIENCE_SECONDS)
    if asking.done():
        return asking.result()
    asking.add_done_callback(
        lambda ended: ended.cancelled() or ended.exception()
    )  # whatever it was, it came too late
    asking.cancel()
    return False


async def _ping(database: Database) -> bool:
    try:
        await database.ping()
    except DatabaseUnavailable:
        return False
    return True
