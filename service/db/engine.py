"""Engines of SQLAlchemy over asyncpg that leave BEGIN and COMMIT to this room.

SQLAlchemy would send BEGIN on its own and lazily. Here a transaction opens with one message, `BEGIN; SET LOCAL …`, so engines
run in autocommit and `service.db.database` opens and closes every transaction. Addresses are plain
`postgresql://` ones with libpq's parameters (`sslmode`, `host=/socket`, several hosts), read by asyncpg itself.
"""

from dataclasses import dataclass
from typing import Any

import asyncpg
import structlog
from sqlalchemy import event
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

from service.db.addresses import plain_url
from service.db.errors import DatabaseRefusedError
from service.db.faults import connecting

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Limits:
    """How many connections one role's engine may open and how long anything may take, in seconds."""

    connections: int = 10
    brief_reads: int = 4
    """Short reads under way at once. More would wait for the database's cores, and the last of them longest."""
    acquire: float = 2.0
    """Waiting for a free connection, and for a new one to answer."""
    command: float = 30.0
    """Waiting for the answer to one statement; after it the statement is cancelled."""
    idle: float | None = None
    """How long a transaction may wait for its next statement; after it the server ends the connection. For as long as one likes unless said."""


JOB_LIMITS = Limits(connections=6, command=600.0, idle=300.0)
"""For jobs: fewer connections, statements over a whole list. A worker that hangs in the middle of one gives up what it has locked."""


async def connect(url: str, **options: Any) -> asyncpg.Connection:
    """Open one connection. DatabaseUnavailable, DatabaseRefusedError."""
    with connecting():
        return await asyncpg.connect(plain_url(url), **{"timeout": 10} | options)


def make_engine(url: str, *, limits: Limits, application: str = "commonground") -> AsyncEngine:
    """Make an engine for one role. It connects when it is first used."""
    refused: str | None = None
    told = {"application_name": application}
    if limits.idle is not None:
        told["idle_in_transaction_session_timeout"] = f"{limits.idle * 1000:.0f}"

    async def opened() -> asyncpg.Connection:
        nonlocal refused
        try:
            connection = await connect(
                url,
                timeout=limits.acquire,
                command_timeout=limits.command,
                server_settings=told,
            )
        except DatabaseRefusedError as error:
            if refused != error.sqlstate:  # once, not at every request
                refused = error.sqlstate
                log.warning("the database refuses connections", application=application, sqlstate=refused)
            raise
        refused = None
        return connection

    engine = create_async_engine(
        "postgresql+asyncpg://",
        async_creator=opened,
        isolation_level="AUTOCOMMIT",
        pool_size=limits.connections,
        max_overflow=0,
        pool_timeout=limits.acquire,
        pool_reset_on_return=None,
    )
    event.listen(engine.sync_engine, "checkout", _refuse_closed)
    return engine


def _refuse_closed(connection: Any, entry: ConnectionPoolEntry, proxy: PoolProxiedConnection) -> None:  # noqa: ARG001  # SQLAlchemy's signature
    """Have the pool replace a connection that the server has closed; asyncpg knows without asking."""
    if connection.driver_connection.is_closed():
        raise DisconnectionError
