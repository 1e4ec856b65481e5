"""uvicorn's protocol with bounds where it has none: on a head that doesn't end, and on a client that doesn't take its answer.

What is said before any request is one comes as a problem too.
"""

import asyncio
import json
from http import HTTPStatus
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from service.http.limits import DEFAULT_LIMITS, HttpLimits
from service.http.problem import (
    BAD_REQUEST,
    HEADERS_TOO_LARGE,
    MEDIA_TYPE,
    REQUEST_TIMEOUT,
    Kind,
    members,
)

_UNREADABLE = "This is no HTTP request that can be read."


class BoundedProtocol(HttpToolsProtocol):
    """One connection. `limits` is a class attribute, since uvicorn makes the instances."""

    limits: HttpLimits = DEFAULT_LIMITS

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._head_timer: asyncio.TimerHandle | None = None
        self._taking_timer: asyncio.TimerHandle | None = None
        self._head_bytes = 0
        self._is_broken = False
        # uvicorn lets pass whatever comes after a request that was the last one by its own word; here it shows that a length was wrong.
        self.parser.set_dangerous_leniencies(lenient_data_after_close=False)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        super().connection_made(transport)
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._stop(self._head_timer, self._taking_timer)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._is_broken:
            return
        super().data_received(data)
        if self._head_timer is None or self.transport.is_closing():
            return
        self._head_bytes += len(data)
        if self._head_bytes > self.limits.head_bytes:
            self._refuse(HEADERS_TOO_LARGE, "The headers are too large: send fewer or shorter ones.")

    def on_message_begin(self) -> None:
        super().on_message_begin()
        if self._head_timer is None:
            self._expect_head()

    def on_headers_complete(self) -> None:
        self._stop(self._head_timer)
        self._head_timer = None
        super().on_headers_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        self._taking_timer = self.loop.call_later(self.limits.taking_seconds, self._cut)

    def resume_writing(self) -> None:
        self._stop(self._taking_timer)
        super().resume_writing()

    def send_400_response(self, msg: str) -> None:  # noqa: ARG002 - uvicorn's signature; its sentence helps nobody
        """A request that is being answered already gets its answer first; one whose body the app hasn't taken to its end is void."""
        self._is_broken = True
        if self.cycle is None or self.cycle.response_complete:
            self._refuse(BAD_REQUEST, _UNREADABLE)
        elif (self.cycle.more_body or self.cycle.body) and not self.cycle.response_started:
            self._void(self.cycle)
        else:
            self._stop(self._head_timer)

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._is_broken:
            self._refuse(BAD_REQUEST, _UNREADABLE)

    def _void(self, cycle: RequestResponseCycle) -> None:
        cycle.disconnected = True
        cycle.message_event.set()
        self._answer(
            BAD_REQUEST,
            "The body is not as long as it said, or its chunks can't be read: nothing of it was kept.",
        )
        self.transport.close()

    def _expect_head(self) -> None:
        self._head_bytes = 0
        self._head_timer = self.loop.call_later(self.limits.head_seconds, self._head_is_late)

    def _head_is_late(self) -> None:
        self._refuse(REQUEST_TIMEOUT, "The headers did not come in time: send the request again.")

    def _refuse(self, kind: Kind, detail: str) -> None:
        """Write a problem past the app and close; nothing where an answer is under way already."""
        if self.transport.is_closing():
            return
        if self.cycle is None or self.cycle.response_complete:
            self._answer(kind, detail)
        self.transport.close()

    def _answer(self, kind: Kind, detail: str) -> None:
        body = json.dumps(members(kind, detail, None)).encode()
        head = (
            f"HTTP/1.1 {int(kind.status)} {HTTPStatus(kind.status).phrase}\r\ncontent-type: {MEDIA_TYPE}\r\n"
            f"content-length: {len(body)}\r\nx-content-type-options: nosniff\r\ncache-control: no-store\r\n"
            "connection: close\r\n\r\n"
        )
        self.transport.write(head.encode() + body)

    def _cut(self) -> None:
        self.transport.abort()

    @staticmethod
    def _stop(*timers: asyncio.TimerHandle | None) -> None:
        for timer in timers:
            if timer is not None:
                timer.cancel()
