"""One's own contacts."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel, Field

from service.accounts.contacts import CONTACTS, Contacts, erase
from service.accounts.past import Past
from service.accounts.ways import contact_way
from service.api.batches import BATCH_RESPONSES, AllOrNothing, Batch, BatchResultOut, batch_body, says_of
from service.api.deps import App, Reading, Writing, reads, writes
from service.api.pagination import Page, Paging
from service.api.past import at_moment
from service.api.problems import responses
from service.api.routing import resource
from service.api.v1.imports import importing
from service.ingest.kinds import CONTACTS as KIND
from service.organizations.models import Scope
from service.organizations.operations import Caller

router = resource("/contacts", "contacts")
AtMoment = Annotated[Past | None, Depends(at_moment(CONTACTS), scope="function")]


class ContactOut(BaseModel):
    id: UUID
    external_id: str | None
    account_id: UUID | None = Field(
        description="One of your accounts; null where the file's isn't in the list."
    )
    name: str | None
    first_name: str | None
    last_name: str | None
    email: str | None
    phone: str | None
    mobile: str | None
    linkedin: str | None
    title: str | None
    department: str | None
    country: str | None
    city: str | None
    owner: str | None
    status: str | None
    consent: str | None
    source: str | None
    created_at: datetime
    updated_at: datetime


@router.get(
    "", operation_id="list_contacts", responses=responses(400),
    dependencies=[Depends(reads(Scope.CONTACTS_READ), scope="function")],
)  # fmt: skip
async def list_contacts(
    session: Reading,
    app: App,
    paging: Paging,
    past: AtMoment,
    *,
    account_id: UUID | None = None,
    domain: Annotated[
        str | None,
        Query(
            max_length=253,
            pattern=r"^[^\x00]*$",
            description="The account's domain, also with `as_of` as it is now.",
        ),
    ] = None,
    owner: Annotated[str | None, Query(max_length=500, pattern=r"^[^\x00]*$")] = None,
) -> Page[ContactOut]:
    """One's own contacts in the order in which they came, now or as they stood at an earlier moment."""
    asked = {"account_id": account_id, "domain": domain, "owner": owner}
    rows = await Contacts(session, app.keystore, past).page(
        asked, limit=paging.limit + 1, after=paging.after_id()
    )
    return paging.page(rows, lambda row: ContactOut(**row), lambda row: (row["id"],))


@router.get(
    "/{contact_id}", operation_id="get_contact", responses=responses(404),
    dependencies=[Depends(reads(Scope.CONTACTS_READ), scope="function")],
)  # fmt: skip
async def get_contact(session: Reading, app: App, contact_id: UUID, past: AtMoment) -> ContactOut:
    """One of one's own contacts, now or as it stood at an earlier moment."""
    return ContactOut(**await Contacts(session, app.keystore, past).row(contact_id))


@router.post(
    ":batch", operation_id="put_contacts", response_model=BatchResultOut, responses=BATCH_RESPONSES,
    openapi_extra=batch_body(
        "ContactBatch", says_of(KIND), {"external_id": "003xx", "email": "ann@siemens.com", "title": "CTO", "account_external_id": "001xx"}
    ),
)  # fmt: skip
async def put_contacts(
    request: Request, app: App, caller: Annotated[Caller, Depends(importing)], *, all_or_nothing: AllOrNothing = False,
) -> Response:  # fmt: skip
    """Create and update up to 10,000 contacts in one transaction, and hear of each at once."""
    batch = Batch(request, app, caller, contact_way(app.keystore))
    return await batch.take(all_or_nothing=all_or_nothing)


@router.delete(
    "/{contact_id}", operation_id="erase_contact", status_code=204, responses=responses(404),
    dependencies=[Depends(writes(Scope.CONTACTS_WRITE), scope="function")],
)  # fmt: skip
async def erase_contact(session: Writing, app: App, contact_id: UUID) -> None:
    """Erase a person at once: the contact and what it was before. A list that names them brings them back."""
    await erase(session, app.clock, contact_id)
