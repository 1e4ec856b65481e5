"""Requests at a steady rate, whether or not the last has been answered, each over a connection that waits for it."""

import asyncio
import time
from dataclasses import dataclass, field


@dataclass
class Steady:
    """Asks until `stop`; `times` are seconds from when a request was due until it was answered, `dues` when that was."""

    port: int
    path: str
    key: str
    per_second: float
    times: list[float] = field(default_factory=list)
    dues: list[float] = field(default_factory=list)
    _stopped: bool = False

    def stop(self) -> None:
        self._stopped = True

    async def run(self, seconds: float | None = None) -> None:
        """RuntimeError if any answer isn't a 200."""
        idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []
        asked: set[asyncio.Task[None]] = set()
        due = began = time.perf_counter()
        while not self._stopped and (seconds is None or due < began + seconds):
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            asked.add(task := asyncio.create_task(self._ask(due, idle)))
            task.add_done_callback(asked.discard)
            due += 1 / self.per_second
        await asyncio.gather(*asked)
        for _, writer in idle:
            writer.close()

    async def _ask(self, due: float, idle: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]]) -> None:
        reader, writer = idle.pop() if idle else await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(
            f"GET {self.path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {self.key}\r\n\r\n".encode()
        )
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        await reader.readexactly(int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0]))
        self.times.append(time.perf_counter() - due)
        self.dues.append(due)
        if not head.startswith(b"http/1.1 200"):
            raise RuntimeError(f"the answer was {head.splitlines()[0].decode()}")
        idle.append((reader, writer))

    def between(self, began: float, ended: float) -> list[float]:
        """Seconds of the requests that were due in this time."""
        return [took for due, took in zip(self.dues, self.times, strict=True) if began <= due < ended]
