"""The API as an ASGI app, built from settings."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from service.api.app import build_app, set_state
from service.db.database import Database
from service.http.state import AppState
from service.imports.spool import Spool
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from service.settings import Settings, open_keystore


def create_app(settings: Settings) -> FastAPI:
    """The app; it opens its connections when it starts and refuses a database that would not keep tenants apart."""
    if settings.database_url is None or settings.matcher_database_url is None:
        raise ValueError("the API needs both addresses: start the embedded server first")
    app_url, matcher_url = settings.database_url, settings.matcher_database_url
    ids = UuidV7Ids()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with Database(
            app_url=app_url.get_secret_value(),
            matcher_url=matcher_url.get_secret_value(),
            application="commonground api",
        ) as database:
            await database.verify()
            set_state(
                app,
                AppState(
                    database=database,
                    keystore=open_keystore(settings),
                    spool=Spool(settings.upload_folder, settings.upload_bytes),
                    clock=SystemClock(),
                    ids=ids,
                ),
            )
            yield

    return build_app(ids, lifespan)
