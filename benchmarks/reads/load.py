"""Requests over kept connections, one after the other on each, as fast as the answers come.

By `wrk` where that program is, since it leaves the servers their cores; else by Python, whose own work then stands in the
slow answers' times.
"""

import asyncio
import json
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

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


WRK = shutil.which("wrk")


async def load(port: int, path: str, headers: dict[str, str], *, connections: int, seconds: float) -> Load:
    """RuntimeError if any answer isn't a 200."""
    found = await _by_python(
        port,
        path,
        headers,
        connections=1 if WRK else connections,
        seconds=min(seconds, 0.2) if WRK else seconds,
    )
    if not WRK:
        return found
    said = [
        "-t1",
        f"-c{connections}",
        f"-d{max(1, round(seconds))}s",
        "-s",
        str(Path(__file__).with_name("wrk.lua")),
    ]
    given = [part for name, value in headers.items() for part in ("-H", f"{name}: {value}")]
    run = await asyncio.create_subprocess_exec(
        WRK, *said, *given, f"http://127.0.0.1:{port}{path}", stdout=subprocess.PIPE
    )
    counted = json.loads((await run.communicate())[0].splitlines()[-1])
    if run.returncode or counted["failed"]:
        raise RuntimeError(f"{counted['failed']} of {counted['requests']} answers were failures")
    return Load(counted["requests"], counted["seconds"], counted["p50"], counted["p99"], found.bytes)


async def _by_python(
    port: int, path: str, headers: dict[str, str], *, connections: int, seconds: float
) -> Load:
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
