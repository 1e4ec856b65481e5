"""Version 1 of the API, one module a resource."""

from fastapi import APIRouter

from service.api.v1 import accounts, imports, organizations, overlaps, partnerships, populations, reports

router = APIRouter(prefix="/v1")
for resource in (organizations, imports, accounts, populations, partnerships, overlaps, reports):
    router.include_router(resource.router)
