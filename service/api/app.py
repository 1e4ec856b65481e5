"""The HTTP app put together."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from importlib.metadata import version

from fastapi import FastAPI

from service.api import health, metrics, problems
from service.api.description import TAGS, describe
from service.api.docs import page
from service.api.routing import Addresses, Index
from service.api.v1 import routes
from service.http.body_limit import BodyLimit
from service.http.budget_headers import BudgetHeaders
from service.http.deadline import Deadline, Drain
from service.http.gate import Gated
from service.http.limits import DEFAULT_LIMITS, HttpLimits
from service.http.metrics import Measured
from service.http.request_id import RequestId
from service.http.security_headers import SecurityHeaders
from service.http.session_cookie import SessionCookie
from service.http.state import AppState
from service.http.target import Target
from service.kit.ids import Ids

UPLOADS = frozenset(
    ("POST", f"/v1/{path}") for path in ("imports", "accounts:batch", "contacts:batch", "opportunities:batch")
)
"""Method and path of what streams its body."""
BULK = frozenset({("POST", "/v1/overlaps/decisions")})
"""Of what takes a body of a thousand items."""
DESCRIPTION = (
    "Find the companies that you and a partner have in common, without showing each other your lists. "
    "Every error is a problem as RFC 9457 has it; lists that may grow long come in pages, with an opaque cursor."
)


def build_app(
    ids: Ids,
    lifespan: Callable[[FastAPI], AbstractAsyncContextManager[None]] | None = None,
    *,
    limits: HttpLimits = DEFAULT_LIMITS,
    https: bool = False,
    drain: Drain | None = None,
) -> FastAPI:
    """The app without its state: a lifespan or a test sets `app.state.commonground`. `https`: people reach it over TLS."""
    app = FastAPI(
        title="Commonground", version=version("commonground"), description=DESCRIPTION, openapi_url="/openapi.json",
        docs_url=None, redoc_url=None, lifespan=lifespan, redirect_slashes=False, separate_input_output_schemas=False,
        openapi_tags=[{"name": name, "description": text} for name, text in TAGS.items()],
    )  # fmt: skip
    operations = [*health.router.routes, *routes()]
    app.router.routes += [Index(operations), *operations]
    addresses = Addresses(app)
    problems.install(app, addresses.methods)
    describe(app)
    page.install(app)
    metrics.install(app)
    # the last one added is the first that a request meets
    app.add_middleware(SessionCookie)
    app.add_middleware(problems.Unexpected)
    app.add_middleware(BodyLimit, uploads=UPLOADS, bulk=BULK, limits=limits)
    app.add_middleware(Target, addresses=addresses, limits=limits)
    app.add_middleware(Deadline, uploads=UPLOADS, limits=limits, drain=drain)
    app.add_middleware(Gated)
    app.add_middleware(Measured)
    app.add_middleware(BudgetHeaders)
    app.add_middleware(SecurityHeaders, https=https)
    app.add_middleware(RequestId, ids=ids)
    return app


def set_state(app: FastAPI, state: AppState) -> None:
    app.state.commonground = state


def state_in(app: FastAPI) -> AppState:
    state: AppState = app.state.commonground
    return state
