"""The proposals to link two accounts by hand, as either side is told of them: those sent, and those received whose account the partner shows."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import asyncpg

from service.db.sessions import TenantReadSession
from service.overlaps.errors import UnknownProposalError
from service.overlaps.view import View

_SENT = """
    SELECT p.id, p.state, p.partner_name, p.partner_domain, p.proposed_at, p.answered_at, a.id AS account_id, a.name AS account_name,
           NULL AS partner_fields, 0::bigint AS partner_populations
    FROM link_proposal p LEFT JOIN account a ON a.org_id = $1 AND a.id = p.account_id
    WHERE p.partnership_id = $2 AND p.org_id = $1 AND p.sent AND $3::bigint IS NOT NULL
"""
_RECEIVED = """
    SELECT p.id, p.state, p.partner_name, p.partner_domain, p.proposed_at, p.answered_at, a.id AS account_id, a.name AS account_name,
           s.fields::text AS partner_fields, s.populations & $3 AS partner_populations, p.ref, p.other_ref
    FROM link_proposal p
    JOIN shared_record s ON s.partnership_id = p.partnership_id AND s.owner_org_id = p.partner_org_id AND s.ref = p.ref
    LEFT JOIN account_reference r ON r.org_id = $1 AND r.partnership_id = p.partnership_id AND r.ref = p.other_ref
    LEFT JOIN account a ON a.org_id = $1 AND a.id = r.account_id
    WHERE p.partnership_id = $2 AND p.org_id = $1 AND NOT p.sent AND s.viewer_org_id = $1 AND s.populations & $3 <> 0
"""
_PAGE = " AND ($4::uuid IS NULL OR p.id < $4) ORDER BY p.id DESC LIMIT $5"
_ONE = " AND p.id = $4"
_RECEIVED_OF = f"SELECT id, partner_populations FROM ({_RECEIVED}) p WHERE id = ANY($4)"


@dataclass(frozen=True, slots=True)
class Proposals:
    """The proposals of one partnership, as the session's organization sends and receives them."""

    session: TenantReadSession
    view: View

    async def page(self, *, sent: bool, after: UUID | None, limit: int) -> Sequence[Mapping[str, Any]]:
        """The newest first."""
        if not self.view.tells_of_proposals:
            return []
        driver: asyncpg.Connection = await self.session.raw()
        rows: Sequence[Mapping[str, Any]] = await driver.fetch(
            (_SENT if sent else _RECEIVED) + _PAGE, *self._place, after, limit
        )
        return rows

    async def one(self, proposal_id: UUID, *, sent: bool) -> Mapping[str, Any]:
        """UnknownProposalError."""
        driver: asyncpg.Connection = await self.session.raw()
        row: Mapping[str, Any] | None = None
        if self.view.tells_of_proposals:
            row = await driver.fetchrow((_SENT if sent else _RECEIVED) + _ONE, *self._place, proposal_id)
        if row is None:
            raise UnknownProposalError
        return row

    async def received(self, ids: Collection[UUID]) -> dict[UUID, int]:
        """Those of the proposals that are told as received, with the populations that the partner's account is shown under."""
        if not self.view.tells_of_proposals:
            return {}
        driver: asyncpg.Connection = await self.session.raw()
        rows = await driver.fetch(_RECEIVED_OF, *self._place, list(ids))
        return {row["id"]: row["partner_populations"] for row in rows}

    @property
    def _place(self) -> tuple[UUID, UUID, int]:
        return self.session.org_id, self.view.partnership_id, self.view.partner_bits
