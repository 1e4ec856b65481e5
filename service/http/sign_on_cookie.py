"""The cookie that binds an answer of the identity provider to the browser that went there."""

from typing import Final

from starlette.requests import Request
from starlette.responses import Response

from service.http.session_cookie import SECURE_NAME, cookie_name

_SUFFIX: Final = "-sign-on"


def read_ticket(request: Request, public_url: str) -> str | None:
    return request.cookies.get(cookie_name(public_url) + _SUFFIX)


def give_ticket(response: Response, public_url: str, ticket: str, seconds: int) -> None:
    """`Lax`: the browser comes back from another site, by a link."""
    _set(response, public_url, ticket, seconds)


def take_ticket(response: Response, public_url: str) -> None:
    _set(response, public_url, "", 0)


def _set(response: Response, public_url: str, value: str, seconds: int) -> None:
    name = cookie_name(public_url)
    response.set_cookie(
        name + _SUFFIX,
        value,
        max_age=seconds,
        path="/",
        secure=name == SECURE_NAME,
        httponly=True,
        samesite="lax",
    )
