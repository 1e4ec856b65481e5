"""Is the process alive, and can it serve?"""

from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel

from service.api.deps import App
from service.api.problems import responses
from service.api.routing import Operation

router = APIRouter(tags=["health"], route_class=Operation)


class Health(BaseModel):
    status: Literal["ok"] = "ok"


@router.get("/livez", operation_id="livez")
async def livez() -> Health:
    """The process answers."""
    return Health()


@router.get("/readyz", operation_id="readyz", responses={503: responses()[503]})
async def readyz(app: App) -> Health:
    """The database answers both roles."""
    await app.database.ping()
    return Health()
