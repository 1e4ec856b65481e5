"""Who one is."""

from datetime import datetime
from uuid import UUID

from fastapi import Depends
from pydantic import BaseModel

from service.api.deps import Reading, reads
from service.api.problems import responses
from service.api.routing import resource
from service.crypto import Mode
from service.organizations.errors import InvalidApiKeyError
from service.organizations.models import Scope
from service.organizations.repository import Directory

router = resource("/organizations", "organizations")


class OrganizationOut(BaseModel):
    id: UUID
    handle: str
    name: str
    mode: Mode
    created_at: datetime


@router.get(
    "/me", operation_id="get_my_organization", responses=responses(),
    dependencies=[Depends(reads(Scope.ACCOUNTS_READ), scope="function")],
)  # fmt: skip
async def get_my_organization(session: Reading) -> OrganizationOut:
    """The organization that the API key belongs to."""
    found = await Directory(session).by_id(session.org_id)
    if found is None:
        raise InvalidApiKeyError
    return OrganizationOut.model_validate(found, from_attributes=True)
