"""Numbers for Prometheus: of this process, and of the queue that all share. No label ever names a tenant or what is theirs."""

import time
from http import HTTPStatus
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MEDIA_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"
_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)


class Metrics:
    """The numbers of one app, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry(auto_describe=True)
        self.requests = Counter(
            "commonground_requests", "Requests answered.", ["operation", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "commonground_request_seconds", "From a request's headers to the end of its answer.", ["operation"],
            buckets=_BUCKETS, registry=self.registry,
        )  # fmt: skip
        self.refusals = Counter(
            "commonground_rate_limit_refusals", "Requests answered 429.", registry=self.registry
        )
        self.replays = Counter(
            "commonground_idempotent_replays",
            "Requests answered with what was done before.",
            registry=self.registry,
        )
        self.pool = Gauge(
            "commonground_database_connections",
            "Connections by role and state.",
            ["role", "state"],
            registry=self.registry,
        )
        self.jobs = Gauge(
            "commonground_jobs", "Jobs in the queue.", ["job", "status"], registry=self.registry
        )
        self.oldest_job = Gauge(
            "commonground_oldest_job_seconds",
            "How long the job that waits longest has been due.",
            registry=self.registry,
        )
        self.results = Gauge(
            "commonground_job_results_last_hour", "Jobs that ended in the last hour.", ["job", "result"],
            registry=self.registry,
        )  # fmt: skip

    def text(self) -> bytes:
        """In the format that Prometheus reads."""
        return generate_latest(self.registry)

    def count(self, operation: str, status: int, seconds: float) -> None:
        self.requests.labels(operation, str(status)).inc()
        self.seconds.labels(operation).observe(seconds)
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            self.refusals.inc()


class Measured:
    """ASGI middleware: counts every request by the operation that it reached, `none` where it reached none."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        state = getattr(getattr(scope.get("app"), "state", None), "commonground", None)
        if scope["type"] != "http" or state is None:
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), int(HTTPStatus.INTERNAL_SERVER_ERROR)

        async def noting(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = int(message["status"])
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            operation = getattr(scope.get("route"), "operation_id", None) or "none"
            state.metrics.count(operation, status, time.perf_counter() - started)
