"""What is there of one company: one's own accounts of it, and the overlaps that one is told of them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any
from uuid import UUID

import anyio.to_thread
from fastapi import Depends, Query, Response
from pydantic import BaseModel, Field

from service.accounts.repository import Accounts, Populations
from service.api.deps import Reading, reads
from service.api.errors import InvalidParameterError
from service.api.lean import LeanOperation, answer
from service.api.pagination import Page, Paging
from service.api.problems import responses
from service.api.routing import resource
from service.api.v1.accounts import AccountOut, account_out
from service.api.v1.overlap_shapes import PartnerAccount, Words
from service.api.v1.partnerships import PartnerOut
from service.matching.domains import Named, company_domain
from service.matching.kinds import KeyKind
from service.organizations.models import Scope
from service.overlaps.lookup import overlaps_of
from service.overlaps.models import OverlapStatus
from service.overlaps.rules import kinds_of
from service.overlaps.view import active_views

router = resource("/lookup", "lookup", LeanOperation)


class SharedHost(StrEnum):
    FREE_MAIL = "free_mail"
    SHARED_HOST = "shared_host"


class LookedUpOverlap(BaseModel):
    """As in the list of overlaps; `GET /v1/overlaps/{overlap_id}` explains it."""

    id: UUID
    partnership_id: UUID
    partner: PartnerOut
    status: OverlapStatus
    confidence: float = Field(ge=0, le=1)
    rules: list[KeyKind] = Field(description="Kinds of key that met.")
    partner_account: PartnerAccount
    found_at: datetime
    updated_at: datetime


class LookedUpAccount(AccountOut):
    overlaps: list[LookedUpOverlap] = Field(description="Of every active partnership, surest first.")


class LookupOut(Page[LookedUpAccount]):
    """One's own accounts of a company; none where one's own list hasn't got it, whoever else has."""

    domain: str | None = Field(
        description="The registrable domain that was looked up, in A-labels; null where the address is a page or mailbox at a host that many share."
    )
    shared_host: SharedHost | None = Field(
        description="Set where many share the host, so that an address there names no company; its bare domain is its owner's."
    )


def _overlap(row: Mapping[str, Any], words: Words) -> dict[str, Any]:
    """A `LookedUpOverlap`."""
    fields = words.fields(row["partner_populations"]).decode(row["partner_fields"] or "{}")
    return {
        "id": row["id"], "partnership_id": row["partnership_id"],
        "partner": {name: row[f"partner_{name}"] for name in PartnerOut.model_fields},
        "status": row["status"], "confidence": row["confidence"], "rules": kinds_of(row["kinds"]),
        "partner_account": {"fields": fields, "populations": words.partner(row["partner_populations"])},
        "found_at": row["found_at"], "updated_at": row["updated_at"],
    }  # fmt: skip


async def _told(session: Reading, account_ids: Sequence[UUID]) -> Mapping[UUID, list[dict[str, Any]]]:
    """Account → its overlaps. One's own list decides first: without an account nothing of a partnership is asked."""
    found: defaultdict[UUID, list[dict[str, Any]]] = defaultdict(list)
    if account_ids:
        views = await active_views(session)
        words = {view.partnership_id: Words(view) for view in views}
        for row in await overlaps_of(session, views, account_ids):
            found[row["account_id"]].append(_overlap(row, words[row["partnership_id"]]))
    return found


async def _named(address: str) -> Named:
    named = await anyio.to_thread.run_sync(company_domain, address)
    if named.domain is None and named.reason in {None, "invalid"}:
        raise InvalidParameterError(
            "domain: this is no address of a company: give a domain (example.com), a URL or an e-mail address."
        )
    return named


@router.get(
    "", operation_id="lookup", response_model=LookupOut, responses=responses(400),
    dependencies=[Depends(reads(Scope.ACCOUNTS_READ, Scope.OVERLAPS_READ), scope="function")],
)  # fmt: skip
async def lookup(
    session: Reading,
    paging: Paging,
    domain: Annotated[
        str,
        Query(
            min_length=1,
            max_length=2000,
            pattern=r"^[^\x00]*$",
            description="A domain, URL or e-mail address in any spelling.",
        ),
    ],
) -> Response:
    """One's own accounts of a company, each with the overlaps that the partners let one see.

    A company that isn't in one's own list answers an empty list, whether or not a partner has it. Pairs in review are not told here.
    """  # fmt: skip
    named = await _named(domain)
    rows: list[Mapping[str, Any]] = []
    if named.domain is not None:
        rows = await Accounts(session).page(
            limit=paging.limit + 1, after=paging.after_id(), domain=named.domain
        )
    shown, more = rows[: paging.limit], len(rows) > paging.limit
    populations = await Populations(session).everyone()
    told = await _told(session, [row["id"] for row in shown])
    return answer(
        {
            "items": [account_out(row, populations) | {"overlaps": told.get(row["id"], [])} for row in shown],
            "has_more": more, "next_cursor": paging.next(shown[-1]["id"]) if more else None,
            "domain": named.domain, "shared_host": named.reason,
        }
    )  # fmt: skip
