"""The two servers, each a process of its own with one uvicorn worker: `python -m benchmarks.reads.servers ours|bare PORT`."""

import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import asyncpg
import msgspec
import uvicorn
from fastapi import FastAPI, Request, Response

from service.asgi import create_app
from service.kit.logging import configure_logging
from service.kit.memory import leave_out_of_collections
from service.settings import load_settings

_ROWS = """
    SELECT o.id, o.status, o.confidence, o.kinds, o.evidence, o.found_at, o.updated_at, a.id AS account_id, a.external_id, a.name,
           a.domain, a.country, a.owner, a.populations, s.fields::text AS partner_fields, s.populations AS partner_populations
    FROM overlap o
    JOIN account_reference r ON r.org_id = $1 AND r.partnership_id = o.partnership_id AND r.ref = o.lo_ref
    JOIN account a ON a.org_id = $1 AND a.id = r.account_id
    JOIN shared_record s ON s.partnership_id = o.partnership_id AND s.owner_org_id = o.hi_org_id AND s.ref = o.hi_ref
    WHERE o.partnership_id = $2 AND o.status = 'auto' ORDER BY o.confidence DESC, o.id DESC LIMIT $3
"""


def bare() -> FastAPI:
    """One route over one pool: no tenant, no key, no rule, no explanation; the rows as they come, by the fastest encoder."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with asyncpg.create_pool(os.environ["BENCH_ADMIN_URL"], min_size=10, max_size=10) as pool:
            app.state.pool = pool
            yield

    app = FastAPI(lifespan=lifespan)

    @app.get("/v1/overlaps")
    async def overlaps(request: Request, partnership: UUID, limit: int = 50) -> Any:
        reader = UUID(os.environ["BENCH_ORG"])
        rows = await request.app.state.pool.fetch(_ROWS, reader, partnership, limit)
        return Response(msgspec.json.encode([dict(row) for row in rows]), media_type="application/json")

    return app


def main() -> None:
    which, port = sys.argv[1], int(sys.argv[2])
    app = bare() if which == "bare" else create_app(load_settings())
    configure_logging(json=True)
    if which == "ours":
        leave_out_of_collections()  # as `serve` does
    uvicorn.run(app, port=port, loop="uvloop", http="httptools", access_log=False, log_level="error")


if __name__ == "__main__":
    main()
