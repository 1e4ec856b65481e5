"""Custom attributes of one's own accounts."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Path
from pydantic import BaseModel, Field

from service.accounts.attribute_operations import remove, rename
from service.accounts.attributes import LONGEST_NAME, Attributes
from service.accounts.models import AccountAttribute
from service.api.deps import App, Reading, Writing, reads, writes
from service.api.pagination import Page
from service.api.problems import responses
from service.api.routing import resource
from service.audit import record
from service.matching.records import AttributeType
from service.organizations.models import Scope

router = resource("/account-attributes", "accounts")
Key = Annotated[str, Path(max_length=63, pattern=r"^[^\x00]*$", description="The attribute's key.")]


class AccountAttributeOut(BaseModel):
    key: str = Field(description="Names it in accounts and mappings, and never changes.")
    name: str = Field(description="Names it for people; at first the header of the column that it came from.")
    type: AttributeType
    currency: str | None = Field(description="ISO 4217, of amounts that name none.")
    created_at: datetime


class AccountAttributeIn(BaseModel, extra="forbid"):
    name: str = Field(min_length=1, max_length=LONGEST_NAME, pattern=r"^[^\x00-\x1f\x7f]*$")


def _out(stored: AccountAttribute) -> AccountAttributeOut:
    return AccountAttributeOut.model_validate(stored, from_attributes=True)


@router.get(
    "", operation_id="list_account_attributes", responses=responses(),
    dependencies=[Depends(reads(Scope.ACCOUNTS_READ), scope="function")],
)  # fmt: skip
async def list_account_attributes(session: Reading) -> Page[AccountAttributeOut]:
    """The attributes that imports have defined, in the order in which they came; at most a hundred."""
    return Page(items=[_out(one) for one in await Attributes(session).everyone()], has_more=False)


@router.patch(
    "/{attribute}", operation_id="rename_account_attribute", responses=responses(404),
    dependencies=[Depends(writes(Scope.IMPORTS_WRITE), scope="function")],
)  # fmt: skip
async def rename_account_attribute(
    session: Writing, app: App, attribute: Key, body: AccountAttributeIn
) -> AccountAttributeOut:
    """Call an attribute otherwise; its key, type and values stay."""
    renamed = await rename(session, attribute, body.name)
    await record(
        session,
        app.clock,
        "account_attribute.renamed",
        target=f"account_attribute:{attribute}",
        details={"name": body.name},
    )
    return _out(renamed)


@router.delete(
    "/{attribute}", operation_id="delete_account_attribute", status_code=204, responses=responses(404),
    dependencies=[Depends(writes(Scope.IMPORTS_WRITE), scope="function")],
)  # fmt: skip
async def delete_account_attribute(session: Writing, app: App, attribute: Key) -> None:
    """Delete an attribute and its values, those before past imports too: accounts show them no more and filters find none from now on,
    and a job takes them away. A later import may define it anew.
    """
    await remove(session, app.clock, attribute)
    await record(
        session, app.clock, "account_attribute.deleted", target=f"account_attribute:{attribute}", details={}
    )
