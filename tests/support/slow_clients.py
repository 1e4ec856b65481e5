"""Slow clients of every kind, in a process of their own: whoever is measured beside them shares no event loop with them.

`python -m tests.support.slow_clients PORT CERTIFICATE EACH` prints a line of JSON: kind → the longest that one was borne, in seconds.
"""

import asyncio
import json
import ssl
import sys
import time
from pathlib import Path
from typing import Protocol

ADDRESS = "127.0.0.2"
PUT = b"PUT /v1/partnerships/x/sharing-rules/y HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\n"


class Talk(Protocol):
    """What a client says, and how slowly."""

    __name__: str

    async def __call__(self, writer: asyncio.StreamWriter, /) -> None: ...


async def idle(_: asyncio.StreamWriter) -> None: ...


async def stalled_head(writer: asyncio.StreamWriter) -> None:
    writer.write(b"GET /livez HTTP/1.1\r\nHost: loc")


async def trickled_head(writer: asyncio.StreamWriter) -> None:
    writer.write(b"GET /livez HTTP/1.1\r\nHost: localhost\r\n")
    await trickle(writer, b"X: y\r\n")


async def stalled_body(writer: asyncio.StreamWriter) -> None:
    writer.write(PUT + b"{")


async def trickled_body(writer: asyncio.StreamWriter) -> None:
    writer.write(PUT)
    await trickle(writer, b" ")


async def trickle(writer: asyncio.StreamWriter, piece: bytes) -> None:
    while not writer.is_closing():
        writer.write(piece)
        await asyncio.sleep(1)  # it is the trickling that is tested


HEADS: tuple[Talk, ...] = (idle, stalled_head, trickled_head)
BODIES: tuple[Talk, ...] = (stalled_body, trickled_body)


async def held(port: int, trust: ssl.SSLContext, talk: Talk) -> float:
    """How many seconds the edge bears with such a client."""
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=trust, server_hostname="localhost", local_addr=(ADDRESS, 0)
    )
    started = time.monotonic()
    talking = asyncio.create_task(talk(writer))
    try:
        while await reader.read(65_536):
            continue
    except (ConnectionError, OSError):
        pass
    finally:
        talking.cancel()
        await asyncio.gather(talking, return_exceptions=True)
        writer.close()
    return time.monotonic() - started


async def longest(port: int, trust: ssl.SSLContext, each: int) -> dict[str, float]:
    kinds = HEADS + BODIES
    clients = [held(port, trust, talk) for talk in kinds for _ in range(each)]
    seconds = await asyncio.gather(*clients)
    return {talk.__name__: max(seconds[n * each : (n + 1) * each]) for n, talk in enumerate(kinds)}


if __name__ == "__main__":
    trusted = ssl.create_default_context(cafile=str(Path(sys.argv[2])))
    sys.stdout.write(json.dumps(asyncio.run(longest(int(sys.argv[1]), trusted, int(sys.argv[3])))) + "\n")
