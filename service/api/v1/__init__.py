"""Version 1 of the API, one module a resource."""

from fastapi import APIRouter

from service.api.v1 import (
    accounts,
    api_keys,
    audit_log,
    imports,
    member_invitations,
    members,
    organizations,
    overlaps,
    partnerships,
    person,
    populations,
    reports,
    sandbox,
    second_factor,
    sessions,
    sign_up,
    sso,
)

router = APIRouter(prefix="/v1")
for resource in (
    sign_up,
    sessions,
    sso,
    person,
    second_factor,
    organizations,
    members,
    member_invitations,
    api_keys,
    audit_log,
    imports,
    accounts,
    populations,
    partnerships,
    overlaps,
    reports,
    sandbox,
):
    router.include_router(resource.router)
