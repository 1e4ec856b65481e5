"""The asynchronous client's transport."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, Self, TypeVar

import httpx
from commonground_client.base import Page
from commonground_client.call import Call, Retries, Upload, base_address, credential, pieces, size
from commonground_client.sync import TIMEOUT

AnswerT = TypeVar("AnswerT")
ItemT = TypeVar("ItemT")


class AsyncSender:
    """As `Sender`, to be awaited."""

    def __init__(
        self,
        address: str,
        key: str | None = None,
        *,
        retries: Retries | None = None,
        http: httpx.AsyncClient | None = None,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._address, self._headers = base_address(address), credential(key)
        self._retries = retries or Retries()
        self._sleep = sleep
        self._http = http or httpx.AsyncClient(timeout=TIMEOUT)
        self._is_ours = http is None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        if self._is_ours:
            await self._http.aclose()

    async def send(self, call: Call[AnswerT]) -> AnswerT:
        """Send a call, again where that is safe and promising. NotReachedError, ProblemError, UnexpectedAnswerError."""
        headers, attempt = self._headers | call.sent_headers(), 0
        while True:
            attempt += 1
            try:
                response = await self._once(call, headers)
            except httpx.TransportError as error:
                pause: float | None = self._retries.after_failure(call, attempt, error)
            else:
                pause = self._retries.after(call, attempt, response)
                if pause is None:
                    return call.read(response)
            await self._sleep(pause or 0)

    async def _once(self, call: Call[Any], headers: dict[str, str]) -> httpx.Response:
        content: Any = call.sent_json()
        if call.content is not None:
            known = size(call.content)
            headers = headers | ({"Content-Length": str(known)} if known is not None else {})
            content = _apart(call.content)
        return await self._http.request(
            call.method, self._address + call.path, params=call.sent_query(), content=content, headers=headers
        )

    async def each(self, page_at: Callable[[str | None], Call[Page[ItemT]]]) -> AsyncIterator[ItemT]:
        """Every item of every page; a page is asked for when its first item is."""
        cursor: str | None = None
        while True:
            page = await self.send(page_at(cursor))
            for one in page.items:
                yield one
            if not page.has_more:
                return
            cursor = page.next_cursor


async def _apart(content: Upload) -> AsyncIterator[bytes]:
    """The pieces of a file, read beside the loop."""
    reading = pieces(content)
    while (piece := await asyncio.to_thread(next, reading, None)) is not None:
        yield piece
