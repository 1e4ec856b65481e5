"""Where the queue library meets this service: its names pinned, its statements sent through an open session.

Everything about pgqueuer stays in this room.
"""

import asyncio
from typing import Self

from pgqueuer.adapters.persistence.qb import QueryBuilderEnvironment, QueryQueueBuilder, QuerySchedulerBuilder
from pgqueuer.core.tm import TaskManager
from pgqueuer.domain.settings import DBSettings, Durability
from pgqueuer.domain.types import Channel
from pgqueuer.ports.driver import Driver, NotifyCallback
from pgqueuer.queries import Queries

from service.db.sessions import ReadSession

CHANNEL = Channel("ch_pgqueuer")

SETTINGS = DBSettings(
    prefix="",
    db_schema=None,
    channel=CHANNEL,
    function="fn_pgqueuer_changed",
    statistics_table="pgqueuer_statistics",
    queue_status_type="pgqueuer_status",
    queue_table="pgqueuer",
    queue_table_log="pgqueuer_log",
    trigger="tg_pgqueuer_changed",
    schedules_table="pgqueuer_schedules",
    durability=Durability.durable,
)
"""The names that the migration made. Said here, because the library would take others from variables such as CHANNEL."""


def queries_over(driver: Driver) -> Queries:
    """Give the library's operations over `driver`, under our names."""
    return Queries(
        driver,
        qbe=QueryBuilderEnvironment(SETTINGS),
        qbq=QueryQueueBuilder(SETTINGS),
        qbs=QuerySchedulerBuilder(SETTINGS),
    )


class SessionDriver(Driver):
    """Sends the library's statements through an open session, so that they are kept or undone with it."""

    def __init__(self, session: ReadSession) -> None:
        self._session = session
        self._shutdown = asyncio.Event()
        self._tasks = TaskManager()

    async def fetch(self, query: str, *args: object) -> list[dict[str, object]]:
        return [dict(row) for row in (await self._session.sql(query, *args)).mappings()]

    async def execute(self, query: str, *args: object) -> str:
        await self._session.sql(query, *args)
        return ""

    async def notify(self, channel: str, payload: str) -> None:
        await self._session.sql("SELECT pg_notify($1, $2)", channel, payload)

    async def add_listener(self, channel: str, callback: NotifyCallback) -> None:
        raise NotImplementedError("a transaction cannot listen; the worker does")

    @property
    def shutdown(self) -> asyncio.Event:
        return self._shutdown

    @property
    def tm(self) -> TaskManager:
        return self._tasks

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None: ...
