"""The API as an ASGI app, built from settings."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial

from fastapi import FastAPI

from service.api.app import build_app, set_state, state_in
from service.crypto.errors import TombstonesError
from service.db.database import Database
from service.guards.limits import Limiter, RateLimits
from service.http.deadline import Drain
from service.http.limits import HttpLimits
from service.http.state import AppState
from service.imports.spool import Spool
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from service.organizations.passwords import Passwords
from service.organizations.restored import brought_back
from service.organizations.sso.provider import Provider
from service.partnerships.ending import EndingParts, end_again
from service.partnerships.inviting.rules import Operator
from service.settings import Settings, SignUp, make_mailer, open_keystore, sign_on_config


def create_app(settings: Settings, drain: Drain | None = None) -> FastAPI:
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
                    operator=Operator(settings.operator_name, settings.operator_handle),
                    sign_on=_provider(settings),
                    passwords=Passwords(at_once=settings.passwords_at_once),
                    limiter=Limiter(_rate_limits(settings)),
                    metrics_token=settings.metrics_token.get_secret_value()
                    if settings.metrics_token
                    else None,
                    sign_up_is_open=settings.sign_up is SignUp.OPEN,
                ),
            )
            state = state_in(app)
            with suppress(TombstonesError):  # the gate says so
                await end_again(EndingParts(database, state.keystore, state.clock))
            async with state.gate.watching(partial(_unready, state)), state.key_uses.writing(database):
                yield

    return build_app(
        ids,
        lifespan,
        limits=_http_limits(settings),
        https=settings.own_url.startswith("https://"),
        drain=drain,
    )


def _provider(settings: Settings) -> Provider | None:
    config = sign_on_config(settings)
    return None if config is None else Provider(config, SystemClock())


def _rate_limits(settings: Settings) -> RateLimits:
    return RateLimits(caller=settings.requests_per_caller, organization=settings.requests_per_organization)


def _http_limits(settings: Settings) -> HttpLimits:
    return HttpLimits(request_seconds=settings.request_seconds, upload_seconds=settings.upload_seconds)


async def _unready(state: AppState) -> str | None:
    """Why nobody may be served yet, or None."""
    if await brought_back(state.database, state.keystore):
        return (
            "The service was restored from a backup and has to erase again what was erased since: "
            "the operator runs `commonground org erase-again`."
        )
    return None
