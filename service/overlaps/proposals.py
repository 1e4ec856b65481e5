"""Two accounts linked by hand: one side proposes its own account and says what it knows of the partner's, the other answers.

Nothing is looked up in the partner's list, and nothing comes back but an acceptance: whether there is such an account stays
with the partner. Each side keeps a copy of its own, so that a refusal is written where whoever proposed can't read it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import anyio.to_thread
import numpy as np
import polars as pl

from service.accounts.errors import UnknownRecordError
from service.audit import record
from service.crypto import Keystore
from service.crypto.columns import references
from service.db.names import Duty
from service.db.sessions import TenantSession
from service.db.turns import Turn, take_turn
from service.jobs import enqueue
from service.kit.clock import Clock
from service.kit.ids import Ids
from service.organizations.operations import reference_key
from service.overlaps.errors import DecisionRefusedError, UnknownOverlapError, UnknownProposalError
from service.overlaps.jobs.parts import LINK_JOB, request_publish
from service.overlaps.proposed import Proposals
from service.overlaps.told import CONDITIONS, OF_ONE, PAIRS, of_one
from service.overlaps.view import view_of
from service.partnerships.models import Partnership
from service.partnerships.repository import Partnerships

MOST_OPEN: Final = 1000
_POPULATIONS = "SELECT populations FROM account WHERE org_id = $1 AND id = $2"
_THEIR_REF = f"SELECT o.{{partner}}_ref {PAIRS} {CONDITIONS} AND o.id = $7 AND o.status IN ('auto', 'confirmed', 'disputed')"
_OPEN = (
    "SELECT count(*) FROM link_proposal WHERE partnership_id = $1 AND org_id = $2 AND sent AND state = 'open'"
)
_STANDING = """
    SELECT id FROM link_proposal WHERE partnership_id = $1 AND org_id = $2 AND sent AND state = 'open' AND ref = $3
    AND (other_ref, partner_name, partner_domain) IS NOT DISTINCT FROM ($4::bigint, $5::text, $6::text) ORDER BY id LIMIT 1
"""
_PUT = """
    INSERT INTO link_proposal (partnership_id, id, org_id, partner_org_id, sent, state, ref, other_ref, partner_name, partner_domain,
                               actor_kind, actor_id, proposed_at, account_id)
    VALUES ($1, $2, $3, $4, $5, 'open', $6, $7, $8, $9, $10, $11, $12, $13)
"""
_REFER = """
    INSERT INTO account_reference (org_id, partnership_id, ref, account_id) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING
"""
_IS_ACCEPTED = """
    SELECT EXISTS (SELECT FROM link_proposal WHERE partnership_id = $1 AND id = $2 AND state = 'accepted')
"""
_OWN = "SELECT ref FROM link_proposal WHERE partnership_id = $1 AND id = $2 AND org_id = $3 AND sent"
_WITHDRAW = "DELETE FROM link_proposal WHERE partnership_id = $1 AND id = $2"
_ANSWER = """
    UPDATE link_proposal SET state = $4, other_ref = coalesce($5, other_ref), answered_at = $6
    WHERE partnership_id = $1 AND id = $2 AND org_id = $3
"""
_CONFIRM = """
    INSERT INTO decision (partnership_id, lo_ref, hi_ref, org_id, partner_org_id, word, open, actor_kind, actor_id, decided_at)
    VALUES ($1, $2, $3, $4, $5, 'confirm', false, $6, $7, $8)
    ON CONFLICT (partnership_id, lo_ref, hi_ref, org_id) DO UPDATE
    SET word = 'confirm', actor_kind = excluded.actor_kind, actor_id = excluded.actor_id, decided_at = excluded.decided_at, learned = false, stands = true, lo_was = '{}', hi_was = '{}'
"""


@dataclass(frozen=True, slots=True)
class Proposal:
    """One's own account, and what one knows of the partner's: a name, a domain, or an overlap that it stands in."""

    account_id: UUID
    partner_name: str | None = None
    partner_domain: str | None = None
    overlap_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class Linking:
    """Proposing and answering, in a partnership that is one's own turn until the transaction ends."""

    session: TenantSession
    keystore: Keystore
    clock: Clock
    ids: Ids
    partnership: Partnership
    proposals: Proposals

    @classmethod
    async def begin(
        cls, session: TenantSession, keystore: Keystore, clock: Clock, ids: Ids, partnership_id: UUID
    ) -> "Linking":
        """UnknownPartnershipError, PartnershipEndedError."""
        partnership = await Partnerships(session).by_id(
            partnership_id
        )  # first: nobody holds up another's partnership
        await take_turn(session, Turn.DECIDE, partnership_id)
        view = await view_of(session, partnership_id)
        return cls(session, keystore, clock, ids, partnership, Proposals(session, view))

    async def propose(self, proposal: Proposal) -> UUID:
        """The id of the proposal, of an open one that says the same where there is one. PartnershipPausedError, UnknownRecordError,
        UnknownOverlapError, DecisionRefusedError.
        """
        self.proposals.view.require_active()
        session, driver = self.session, await self.session.raw()
        if not self.proposals.view.tells_of_proposals:
            raise DecisionRefusedError(
                "Accounts are linked where both sides share overlaps and have reviews switched on: see the sharing rules and `reviews` of the partnership."
            )
        ref, theirs = await self._own_ref(proposal.account_id), await self._their_ref(proposal.overlap_id)
        said = ref, theirs, proposal.partner_name, proposal.partner_domain
        standing: UUID | None = await driver.fetchval(_STANDING, self.partnership.id, session.org_id, *said)
        if standing is not None:
            return standing
        if await driver.fetchval(_OPEN, self.partnership.id, session.org_id) >= MOST_OPEN:
            raise DecisionRefusedError(
                f"{MOST_OPEN:,} proposals are open: withdraw some, or wait for answers."
            )
        proposal_id, now, partner = (
            self.ids.new(),
            self.clock.now(),
            self.partnership.partner_of(session.org_id),
        )
        actor = session.actor
        await driver.execute(
            _PUT, self.partnership.id, proposal_id, session.org_id, partner, True, *said, actor.kind.value, actor.id, now, proposal.account_id
        )  # fmt: skip
        async with session.on_duty(Duty.DECIDE):
            await driver.execute(
                _PUT,
                self.partnership.id,
                proposal_id,
                partner,
                session.org_id,
                False,
                *said,
                None,
                None,
                now,
                None,
            )
        await driver.execute(_REFER, session.org_id, self.partnership.id, ref, proposal.account_id)
        await self._publish(ref)
        await self._note("link.proposed", proposal_id)
        return proposal_id

    async def withdraw(self, proposal_id: UUID) -> None:
        """One's own, whatever has become of its account and of the rules. UnknownProposalError; DecisionRefusedError for one that was accepted."""
        driver = await self.session.raw()
        ref = await driver.fetchval(_OWN, self.partnership.id, proposal_id, self.session.org_id)
        if ref is None:
            raise UnknownProposalError
        async with self.session.on_duty(Duty.DECIDE):
            # either side's copy: one's own is told of it by a job
            if await driver.fetchval(_IS_ACCEPTED, self.partnership.id, proposal_id):
                raise DecisionRefusedError(
                    "The proposal was accepted: what came of it is an overlap, which you may reject."
                )
            await driver.execute(_WITHDRAW, self.partnership.id, proposal_id)
        await self._publish(ref)
        await self._note("link.withdrawn", proposal_id)

    async def accept(self, proposal_id: UUID, account_id: UUID | None) -> None:
        """PartnershipPausedError, UnknownProposalError, UnknownRecordError, DecisionRefusedError."""
        row = await self._open(proposal_id)
        chosen = account_id or row["account_id"]
        if chosen is None:
            raise DecisionRefusedError("Say which of your accounts it is: `account_id`.")
        own, theirs, session = await self._own_ref(chosen), row["ref"], self.session
        pair = (own, theirs) if self.partnership.side_of(session.org_id) == "lo" else (theirs, own)
        driver, partner, now = (
            await session.raw(),
            self.partnership.partner_of(session.org_id),
            self.clock.now(),
        )
        actor = session.actor
        async with session.on_duty(Duty.DECIDE):
            # a word learnt and not told of yet may stand in its place, which the tenant doesn't see
            await driver.execute(
                _CONFIRM, self.partnership.id, *pair, session.org_id, partner, actor.kind.value, actor.id, now
            )
        await driver.execute(_ANSWER, self.partnership.id, proposal_id, session.org_id, "accepted", own, now)
        place = {"partnership_id": str(self.partnership.id), "proposal_id": str(proposal_id)}
        await enqueue(session, LINK_JOB, place)
        await self._note("link.accepted", proposal_id)

    async def refuse(self, proposal_id: UUID) -> None:
        """PartnershipPausedError, UnknownProposalError, DecisionRefusedError."""
        await self._open(proposal_id)
        await (await self.session.raw()).execute(
            _ANSWER, self.partnership.id, proposal_id, self.session.org_id, "refused", None, self.clock.now()
        )
        await self._note("link.refused", proposal_id)

    async def _open(self, proposal_id: UUID) -> Mapping[str, Any]:
        self.proposals.view.require_active()
        row = await self.proposals.one(proposal_id, sent=False)
        if row["state"] != "open":
            raise DecisionRefusedError(f"The proposal was {row['state']} already.")
        return row

    async def _own_ref(self, account_id: UUID) -> int:
        """Of an account that the partner is shown in overlaps."""
        driver = await self.session.raw()
        populations = await driver.fetchval(_POPULATIONS, self.session.org_id, account_id)
        if populations is None:
            raise UnknownRecordError
        if not populations & self.proposals.view.own_bits:
            raise DecisionRefusedError(
                "The account is in no population that you share as `overlapping` or `all` in this partnership: share one that it is in."
            )
        return await self._ref(account_id)

    async def _ref(self, account_id: UUID) -> int:
        key, place = reference_key(self.keystore, self.session.org_id), str(self.partnership.id)
        refs = await anyio.to_thread.run_sync(references, place, pl.Series([str(account_id)]), key)
        return int(refs.view(np.int64)[0])

    async def _their_ref(self, overlap_id: UUID | None) -> int | None:
        if overlap_id is None:
            return None
        view, driver = self.proposals.view, await self.session.raw()
        ref: int | None = await driver.fetchval(
            view.sql(_THEIR_REF, **OF_ONE), *of_one(self.session, view), overlap_id
        )
        if ref is None:
            raise UnknownOverlapError
        return ref

    async def _publish(self, ref: int) -> None:
        refs = np.array([ref], dtype=np.int64).view(np.uint64)
        await request_publish(self.session, self.ids, self.partnership, self.session.org_id, refs)

    async def _note(self, action: str, proposal_id: UUID) -> None:
        details = {"partnership_id": str(self.partnership.id)}
        await record(self.session, self.clock, action, target=f"link_proposal:{proposal_id}", details=details)
