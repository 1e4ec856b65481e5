"""The API as an ASGI app, built from settings."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from fastapi import FastAPI

from service.api.app import build_app, set_state, state_in
from service.db.database import Database
from service.http.state import AppState
from service.imports.spool import Spool
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from service.organizations.passwords import Passwords
from service.organizations.restored import brought_back
from service.settings import Settings, SignUp, make_mailer, open_keystore


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
                    mailer=make_mailer(settings),
                    public_url=settings.own_url,
                    passwords=Passwords(at_once=settings.passwords_at_once),
                    sign_up_is_open=settings.sign_up is SignUp.OPEN,
                ),
            )
            state = state_in(app)
            async with state.gate.watching(partial(_unready, state)), state.key_uses.writing(database):
                yield

    return build_app(ids, lifespan)


async def _unready(state: AppState) -> str | None:
    """Why nobody may be served yet, or None."""
    if await brought_back(state.database, state.keystore):
        return (
            "The service was restored from a backup and has to erase again what was erased since: "
            "the operator runs `commonground backup forget`."
        )
    return None
