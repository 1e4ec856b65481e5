"""`/metrics`, for Prometheus: only where the operator has set a token, and only for who sends it."""

import hmac
from contextlib import suppress

from fastapi import FastAPI, HTTPException
from starlette.requests import Request
from starlette.responses import Response

from service.db.errors import DatabaseUnavailable
from service.http.metrics import MEDIA_TYPE
from service.http.state import AppState
from service.jobs.numbers import queue_numbers

PATH = "/metrics"


def install(app: FastAPI) -> None:
    """Serve the numbers of `app`; without the token the address does not exist."""

    async def metrics(request: Request) -> Response:
        state: AppState = request.app.state.commonground
        if not _may_read(request, state.metrics_token):
            raise HTTPException(404)
        await _refresh(state)
        return Response(state.metrics.text(), media_type=MEDIA_TYPE)

    app.add_route(PATH, metrics, include_in_schema=False)


def _may_read(request: Request, token: str | None) -> bool:
    given = request.headers.get("authorization", "").encode()
    return token is not None and hmac.compare_digest(given, f"Bearer {token}".encode())


async def _refresh(state: AppState) -> None:
    """Ask for what isn't counted here. While the database is away its numbers are missing, and the others are told."""
    metrics = state.metrics
    for role, (in_use, idle) in state.database.connections().items():
        metrics.pool.labels(role, "in_use").set(in_use)
        metrics.pool.labels(role, "idle").set(idle)
    for gauge in (metrics.jobs, metrics.results):
        gauge.clear()
    with suppress(DatabaseUnavailable):
        async with state.database.directory() as session:
            numbers = await queue_numbers(session)
        metrics.oldest_job.set(numbers.oldest)
        for (job, status), count in numbers.waiting.items():
            metrics.jobs.labels(job, status).set(count)
        for (job, result), count in numbers.ended.items():
            metrics.results.labels(job, result).set(count)
