"""`/docs`: the page, its style sheet, its script and its icon. Nothing on it comes from elsewhere."""

import hashlib
from functools import cache
from importlib.resources import files
from typing import Final

from fastapi import FastAPI
from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from service.api.docs.document import read
from service.api.docs.text import inline, prose

POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; "
    "form-action 'none'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"
)
ASSETS: Final = {"docs.css": "text/css", "docs.js": "text/javascript", "icon.svg": "image/svg+xml"}
_HEADERS: Final = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


def install(app: FastAPI) -> None:
    """Serve the reference of `app` under `/docs`. It is made at the first request and kept: the app doesn't change."""
    made: list[str] = []

    async def page(_: Request) -> Response:
        if not made:
            made.append(render(app))
        return HTMLResponse(made[0], headers={**_HEADERS, "Cache-Control": "no-cache"})

    async def asset(request: Request) -> Response:
        name = request.url.path.rpartition("/")[2]
        cached = {"Cache-Control": "public, max-age=31536000, immutable"}
        return Response(_asset(name), media_type=ASSETS[name], headers={**_HEADERS, **cached})

    app.add_route("/docs", page, include_in_schema=False)
    for name in ASSETS:
        app.add_route(f"/docs/{name}", asset, include_in_schema=False)


def render(app: FastAPI) -> str:
    environment = Environment(
        loader=PackageLoader("service.api.docs"), autoescape=True, undefined=StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
    environment.filters |= {"inline": inline, "prose": prose}
    versions = {name: hashlib.sha256(_asset(name)).hexdigest()[:12] for name in ASSETS}
    return environment.get_template("docs.html").render(reference=read(app.openapi()), versions=versions)


@cache
def _asset(name: str) -> bytes:
    return (files("service.api.docs") / "static" / name).read_bytes()
