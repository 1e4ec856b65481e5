"""Run the API, the worker or both in one process until a signal ends them."""

import asyncio
import contextlib
import signal
import socket
import sys
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any

import structlog
import uvicorn

from service.asgi import create_app
from service.cli.errors import CommandError
from service.http.deadline import Drain
from service.http.protocol import BoundedProtocol
from service.kit.memory import leave_out_of_collections
from service.settings import Settings
from service.worker import open_worker

log = structlog.get_logger(__name__)

_ANSWER_SECONDS = 5
"""For the answers to requests whose grace is over, and what they must undo first."""


def listen(host: str, port: int) -> socket.socket:
    """Take the port, 0 for a free one. Raises CommandError."""
    try:
        return socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=2048
        )
    except OSError as error:
        raise CommandError(
            f"Can't listen on {host}:{port}: {error.strerror}. Choose another with --port."
        ) from error


def run(main: Coroutine[Any, Any, None]) -> None:
    """Run `main` on the fastest loop there is."""
    if sys.platform == "win32":
        asyncio.run(main)
        return
    import uvloop  # noqa: PLC0415 - not made for Windows

    uvloop.run(main)


async def run_service(
    settings: Settings,
    listener: socket.socket,
    ready: Callable[[], None],
    *,
    beside: Coroutine[Any, Any, None] | None = None,
) -> None:
    """Serve the API and work, until SIGINT or SIGTERM; `ready` is called once requests are answered.

    `beside` runs in the same loop: the service ends with it, and it is cancelled when the service ends first.
    """
    server = _Server(settings, ready)
    async with open_worker(settings) as worker:
        guest = None if beside is None else asyncio.ensure_future(beside)

        def stop() -> None:
            server.should_exit = True
            worker.stop()
            if guest is not None:
                guest.cancel()

        def on_signal() -> None:
            server.force_exit = server.should_exit  # asked a second time: don't wait for requests
            stop()

        with _on_signal(on_signal):
            tasks = [asyncio.ensure_future(work) for work in (server.serve(sockets=[listener]), worker.run())]
            await _together([*tasks, guest] if guest is not None else tasks, stop)


async def run_worker(settings: Settings, ready: Callable[[], None]) -> None:
    """Work until SIGINT or SIGTERM."""
    async with open_worker(settings) as worker:
        with _on_signal(worker.stop):
            ready()
            await worker.run()


async def _together(tasks: Sequence[asyncio.Future[None]], stop: Callable[[], None]) -> None:
    """Wait for all; when one ends, the others are stopped, and an error of any is raised."""
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    stop()
    await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled():
            task.result()


def _config(settings: Settings, drain: Drain) -> uvicorn.Config:
    return uvicorn.Config(
        create_app(settings, drain),
        lifespan="on",
        http=BoundedProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        forwarded_allow_ips=list(settings.trusted_proxies),
        timeout_graceful_shutdown=settings.grace_seconds + _ANSWER_SECONDS,
    )


class _Server(uvicorn.Server):
    """Says when it answers, and leaves signals to this module: the worker must hear them too."""

    def __init__(self, settings: Settings, ready: Callable[[], None]) -> None:
        self._drain = Drain()
        super().__init__(_config(settings, self._drain))
        self._ready, self._grace_seconds = ready, settings.grace_seconds

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if not self.should_exit:
            leave_out_of_collections()
            self._ready()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self._drain.is_stopping = True
        asyncio.get_running_loop().call_later(self._grace_seconds, self._drain.end)
        await super().shutdown(sockets)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


@contextlib.contextmanager
def _on_signal(stop: Callable[[], None]) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    numbers = (signal.SIGINT, signal.SIGTERM)
    with contextlib.suppress(NotImplementedError):  # Windows: Ctrl-C arrives as KeyboardInterrupt
        for number in numbers:
            loop.add_signal_handler(number, stop)
    try:
        yield
    finally:
        with contextlib.suppress(NotImplementedError):
            for number in numbers:
                loop.remove_signal_handler(number)
