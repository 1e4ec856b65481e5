"""Fetching JSON from a server that the operator names: over TLS, bounded in bytes and time, never redirected.

Certificates are what guards it: a server inside the network that speaks plain HTTP, such as a cloud's metadata, can't answer.
"""

import asyncio
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

DEADLINE_SECONDS: Final = 10.0
"""From the look-up of the name to the last byte."""
MOST_BYTES: Final = 256 * 1024
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class FetchError(Exception):
    """The server can't be reached, takes too long, says too much or no JSON. The message holds nothing that it said."""


@dataclass(frozen=True, slots=True)
class Fetched:
    status: int
    body: Mapping[str, Any]


class Fetcher:
    """GET and form POST to https addresses; `plain_loopback` allows http to this machine, for trying out."""

    def __init__(
        self,
        *,
        plain_loopback: bool = False,
        deadline: float = DEADLINE_SECONDS,
        most_bytes: int = MOST_BYTES,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._plain_loopback, self._deadline, self._most_bytes = plain_loopback, deadline, most_bytes
        self._tls = tls

    def may(self, url: str) -> bool:
        """Whether the address is one to ask at all."""
        try:
            parts = urlsplit(url)
            host, _port = parts.hostname, parts.port
        except ValueError:
            return False
        plain = self._plain_loopback and parts.scheme == "http" and host in _LOOPBACK
        return bool(
            host and parts.username is None and not parts.fragment and (parts.scheme == "https" or plain)
        )

    async def get(self, url: str) -> Fetched:
        """FetchError."""
        return await self._ask("GET", url, {}, None)

    async def post(
        self, url: str, form: Mapping[str, str], *, basic: tuple[str, str] | None = None
    ) -> Fetched:
        """Send a form, with a user and password in the header if given. FetchError."""
        return await self._ask("POST", url, form, basic)

    async def _ask(
        self, method: str, url: str, form: Mapping[str, str], basic: tuple[str, str] | None
    ) -> Fetched:
        if not self.may(url):
            raise FetchError("the address is not an https one")
        try:
            # httpx limits each read: a server that drips would hold the request for ever.
            async with asyncio.timeout(self._deadline):
                status, content = await self._exchange(method, url, form, basic)
        except (httpx.HTTPError, httpx.InvalidURL, TimeoutError, OSError) as error:
            raise FetchError(f"no answer ({type(error).__name__})") from None
        return Fetched(status, _object(content))

    async def _exchange(
        self, method: str, url: str, form: Mapping[str, str], basic: tuple[str, str] | None
    ) -> tuple[int, bytes]:
        client = httpx.AsyncClient(
            timeout=self._deadline, trust_env=False, follow_redirects=False, verify=self._tls or _trust()
        )
        # Compressed answers are refused by not asking for any: they would be counted after they have grown.
        headers = {"Accept": "application/json", "Accept-Encoding": "identity"}
        auth = None if basic is None else httpx.BasicAuth(*basic)
        async with (
            client,
            client.stream(method, url, data=form or None, headers=headers, auth=auth) as answer,
        ):
            content = bytearray()
            async for piece in answer.aiter_raw():
                content += piece
                if len(content) > self._most_bytes:
                    raise FetchError("the answer is too large")
            return answer.status_code, bytes(content)


@cache
def _trust() -> ssl.SSLContext:
    """Whom this machine trusts; `SSL_CERT_FILE` names others."""
    return ssl.create_default_context()


def _object(content: bytes) -> Mapping[str, Any]:
    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        raise FetchError("the answer is no JSON") from None
    if not isinstance(found, dict):
        raise FetchError("the answer is no JSON object")
    return found
