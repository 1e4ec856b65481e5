"""Requests over kept connections, one after the other on each, as fast as the answers come."""

import asyncio
import time
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Load:
    """`requests` answered with 200 in `seconds`; `p50` and `p99` of their times in milliseconds; `bytes` of the last body."""

    requests: int
    seconds: float
    p50: float
    p99: float
    bytes: int

    @property
    def per_second(self) -> float:
        return self.requests / self.seconds


async def load(port: int, path: str, headers: dict[str, str], *, connections: int, seconds: float) -> Load:
    """RuntimeError if any answer isn't a 200."""
    lines = [f"GET {path} HTTP/1.1", "Host: localhost", *(f"{k}: {v}" for k, v in headers.items()), "", ""]
    request, began = "\r\n".join(lines).encode(), time.perf_counter()
    runs = await asyncio.gather(*(_one(port, request, began + seconds) for _ in range(connections)))
    took = time.perf_counter() - began
    times = np.array([t for run, _ in runs for t in run]) * 1000
    return Load(len(times), took, float(np.median(times)), float(np.percentile(times, 99)), runs[0][1])


async def _one(port: int, request: bytes, until: float) -> tuple[list[float], int]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    times, length = [], 0
    while (began := time.perf_counter()) < until:
        writer.write(request)
        head = (await reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
        body = await reader.readexactly(length)
        if not head.startswith(b"http/1.1 200"):
            raise RuntimeError(f"the answer was {head.splitlines()[0].decode()}: {body[:300].decode()}")
        times.append(time.perf_counter() - began)
    writer.close()
    return times, length
