"""The synchronous client's transport."""

import time
from collections.abc import Callable, Iterator
from typing import Any, Self, TypeVar

import httpx
from commonground_client.base import Page
from commonground_client.call import Call, Retries, base_address, credential, pieces, size

AnswerT = TypeVar("AnswerT")
ItemT = TypeVar("ItemT")
TIMEOUT = httpx.Timeout(60.0, connect=10.0)


class Sender:
    """Sends calls. `http` is an httpx client of your own (proxies, certificates); it is then yours to close.

    InvalidSettingError for an address or a key that can't be one.
    """

    def __init__(
        self,
        address: str,
        key: str | None = None,
        *,
        retries: Retries | None = None,
        http: httpx.Client | None = None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._address, self._headers = base_address(address), credential(key)
        self._retries = retries or Retries()
        self._sleep = sleep
        self._http = http or httpx.Client(timeout=TIMEOUT)
        self._is_ours = http is None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._is_ours:
            self._http.close()

    def send(self, call: Call[AnswerT]) -> AnswerT:
        """Send a call, again where that is safe and promising. NotReachedError, ProblemError, UnexpectedAnswerError."""
        headers, attempt = self._headers | call.sent_headers(), 0
        while True:
            attempt += 1
            try:
                response = self._once(call, headers)
            except httpx.TransportError as error:
                pause: float | None = self._retries.after_failure(call, attempt, error)
            else:
                pause = self._retries.after(call, attempt, response)
                if pause is None:
                    return call.read(response)
            self._sleep(pause or 0)

    def _once(self, call: Call[Any], headers: dict[str, str]) -> httpx.Response:
        content: Any = call.sent_json()
        if call.content is not None:
            known = size(call.content)
            headers = headers | ({"Content-Length": str(known)} if known is not None else {})
            content = pieces(call.content)
        return self._http.request(
            call.method, self._address + call.path, params=call.sent_query(), content=content, headers=headers
        )

    def each(self, page_at: Callable[[str | None], Call[Page[ItemT]]]) -> Iterator[ItemT]:
        """Every item of every page; a page is asked for when its first item is."""
        cursor: str | None = None
        while True:
            page = self.send(page_at(cursor))
            yield from page.items
            if not page.has_more:
                return
            cursor = page.next_cursor
