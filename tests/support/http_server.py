"""An app served over a real socket in the test's own loop, and raw conversations with it."""

import asyncio
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass

import uvicorn
from fastapi import FastAPI

from service.http.limits import DEFAULT_LIMITS, HttpLimits
from service.http.protocol import BoundedProtocol


@dataclass(frozen=True)
class Served:
    port: int

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 24)

    async def say(self, *pieces: bytes, seconds: float = 20) -> bytes:
        """Send these bytes and give all that comes until the server closes."""
        reader, writer = await self.connect()
        try:
            for piece in pieces:
                writer.write(piece)
                await writer.drain()
            async with asyncio.timeout(seconds):
                return await reader.read()
        except ConnectionError:
            return b""
        finally:
            writer.close()


@asynccontextmanager
async def serving(
    app: FastAPI, limits: HttpLimits = DEFAULT_LIMITS, *, idle_seconds: int = 5
) -> AsyncIterator[Served]:
    """Serve `app` as `commonground serve` does, with `limits` on connections."""
    protocol = type("Bounded", (BoundedProtocol,), {"limits": limits})
    config = uvicorn.Config(
        app, http=protocol, ws="none", lifespan="off", log_config=None, access_log=False, server_header=False,
        timeout_graceful_shutdown=1, timeout_keep_alive=idle_seconds,
    )  # fmt: skip
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        server = _Server(config)
        running = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            async with asyncio.timeout(20):
                await server.ready.wait()
            yield Served(listener.getsockname()[1])
        finally:
            server.should_exit = True
            await running


class _Server(uvicorn.Server):
    """Says when it answers, and leaves signals alone."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield
