"""A PostgreSQL of its own that a test may stop, kill, pause and start again under a running service."""

import os
import signal
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil

from service.db.embedded import EmbeddedServer, Urls
from tests.support.processes import postmasters

PATIENCE = 60


class BreakableServer:
    """The embedded server on `folder`, durable as in earnest. Its addresses stay the same over a restart."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._server = EmbeddedServer(folder)
        self._server.start()
        self.urls: Urls = self._server.prepare("commonground")

    @property
    def data(self) -> Path:
        """Where its data lie; the folder belongs to the user that it runs as."""
        return self._server.data

    @property
    def postmaster(self) -> psutil.Process:
        found = postmasters(self._folder)
        assert len(found) == 1, found
        return found[0]

    def end(self, number: signal.Signals) -> None:
        """SIGINT is a fast shutdown, SIGQUIT an immediate one, SIGKILL a crash; back when it is gone, with all its children."""
        process = self.postmaster
        children = process.children(recursive=True)
        process.send_signal(number)
        process.wait(PATIENCE)
        psutil.wait_procs(children, timeout=PATIENCE)

    def pause(self) -> None:
        """Stop the server and every connection's process in their tracks: packets are taken, nothing answers."""
        process = self.postmaster
        process.suspend()
        for one in process.children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                one.suspend()

    def resume(self) -> None:
        process = self.postmaster
        for one in [process, *process.children(recursive=True)]:
            with suppress(psutil.NoSuchProcess):
                one.resume()

    def start(self) -> None:
        """Start it again on the same data."""
        self._server = EmbeddedServer(self._folder)
        self._server.start()

    def close(self) -> None:
        for process in postmasters(self._folder):
            for one in [process, *process.children(recursive=True)]:
                with suppress(psutil.NoSuchProcess):
                    one.resume()
        self._server.stop()
        until = time.monotonic() + PATIENCE
        while postmasters(self._folder) and time.monotonic() < until:
            for process in postmasters(self._folder):
                os.kill(process.pid, signal.SIGKILL)
                process.wait(PATIENCE)


@contextmanager
def breakable_server() -> Iterator[BreakableServer]:
    with tempfile.TemporaryDirectory(prefix="cg-break-", ignore_cleanup_errors=True) as made:
        Path(made).chmod(0o755)
        server = BreakableServer(Path(made) / "data")
        try:
            yield server
        finally:
            server.close()
