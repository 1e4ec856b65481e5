"""The HTTP app put together."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from importlib.metadata import version

from fastapi import FastAPI

from service.api import health, problems
from service.api.v1 import router
from service.http.body_limit import BodyLimit
from service.http.request_id import RequestId
from service.http.state import AppState
from service.kit.ids import Ids

DESCRIPTION = (
    "Find the companies that you and a partner have in common, without showing each other your lists. "
    "Every error is a problem as RFC 9457 has it; every list is paged by an opaque cursor."
)


def build_app(
    ids: Ids, lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]] | None = None
) -> FastAPI:
    """The app without its state: a lifespan or a test sets `app.state.commonground`."""
    app = FastAPI(
        title="Commonground", version=version("commonground"), description=DESCRIPTION, openapi_url="/openapi.json",
        docs_url=None, redoc_url=None, lifespan=lifespan, separate_input_output_schemas=False,
    )  # fmt: skip
    app.include_router(health.router)
    app.include_router(router)
    problems.install(app)
    app.add_middleware(BodyLimit, uploads={("POST", "/v1/imports")})
    app.add_middleware(RequestId, ids=ids)
    return app


def set_state(app: FastAPI, state: AppState) -> None:
    app.state.commonground = state
