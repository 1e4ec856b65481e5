"""Generated from the OpenAPI document by `python -m clients.python.generate`; not to be edited."""

from uuid import UUID

from commonground_client import models as m
from commonground_client.aio import AsyncSender
from commonground_client.call import Call, path
from commonground_client.sync import Sender


def _end_partnership(
    partnership_id: UUID,
    *,
    if_match: str | None = None,
    if_none_match: str | None = None,
    idempotency_key: str | None = None,
) -> Call[m.Partnership]:
    return Call(
        method="POST",
        path=path("/v1/partnerships/{}/end", partnership_id),
        answer=m.Partnership,
        headers={"if-match": if_match, "if-none-match": if_none_match, "Idempotency-Key": idempotency_key},
    )


def _get_hierarchy(partnership_id: UUID, *, if_none_match: str | None = None) -> Call[m.Hierarchy]:
    return Call(
        method="GET",
        path=path("/v1/partnerships/{}/hierarchy", partnership_id),
        answer=m.Hierarchy,
        headers={"if-none-match": if_none_match},
    )


def _get_partnership(partnership_id: UUID) -> Call[m.Partnership]:
    return Call(method="GET", path=path("/v1/partnerships/{}", partnership_id), answer=m.Partnership)


def _get_partnership_profile(
    partnership_id: UUID, *, if_none_match: str | None = None
) -> Call[m.PartnershipProfile]:
    return Call(
        method="GET",
        path=path("/v1/partnerships/{}/profile", partnership_id),
        answer=m.PartnershipProfile,
        headers={"if-none-match": if_none_match},
    )


def _get_sharing_rule(
    partnership_id: UUID, population: str, *, if_none_match: str | None = None
) -> Call[m.Rule]:
    return Call(
        method="GET",
        path=path("/v1/partnerships/{}/sharing-rules/{}", partnership_id, population),
        answer=m.Rule,
        headers={"if-none-match": if_none_match},
    )


def _list_partnerships(
    *, owner: UUID | None = None, tier: str | None = None, tag: list[str] | None = None
) -> Call[m.PartnershipPage]:
    return Call(
        method="GET",
        path=path("/v1/partnerships"),
        answer=m.PartnershipPage,
        query={"owner": owner, "tier": tier, "tag": tag},
    )


def _list_sharing_rules(partnership_id: UUID) -> Call[m.Rules]:
    return Call(method="GET", path=path("/v1/partnerships/{}/sharing-rules", partnership_id), answer=m.Rules)


def _pause_partnership(
    partnership_id: UUID,
    *,
    if_match: str | None = None,
    if_none_match: str | None = None,
    idempotency_key: str | None = None,
) -> Call[m.Partnership]:
    return Call(
        method="POST",
        path=path("/v1/partnerships/{}/pause", partnership_id),
        answer=m.Partnership,
        headers={"if-match": if_match, "if-none-match": if_none_match, "Idempotency-Key": idempotency_key},
    )


def _put_hierarchy(
    partnership_id: UUID,
    body: m.HierarchyIn,
    *,
    if_match: str | None = None,
    if_none_match: str | None = None,
) -> Call[m.Hierarchy]:
    return Call(
        method="PUT",
        path=path("/v1/partnerships/{}/hierarchy", partnership_id),
        answer=m.Hierarchy,
        headers={"if-match": if_match, "if-none-match": if_none_match},
        json=body,
    )


def _put_sharing_rule(
    partnership_id: UUID,
    population: str,
    body: m.RuleIn,
    *,
    if_match: str | None = None,
    if_none_match: str | None = None,
) -> Call[m.Rule]:
    return Call(
        method="PUT",
        path=path("/v1/partnerships/{}/sharing-rules/{}", partnership_id, population),
        answer=m.Rule,
        headers={"if-match": if_match, "if-none-match": if_none_match},
        json=body,
    )


def _resume_partnership(
    partnership_id: UUID,
    *,
    if_match: str | None = None,
    if_none_match: str | None = None,
    idempotency_key: str | None = None,
) -> Call[m.Partnership]:
    return Call(
        method="POST",
        path=path("/v1/partnerships/{}/resume", partnership_id),
        answer=m.Partnership,
        headers={"if-match": if_match, "if-none-match": if_none_match, "Idempotency-Key": idempotency_key},
    )


def _rotate_partnership_keys(
    partnership_id: UUID, *, idempotency_key: str | None = None
) -> Call[m.Partnership]:
    return Call(
        method="POST",
        path=path("/v1/partnerships/{}/epochs", partnership_id),
        answer=m.Partnership,
        headers={"Idempotency-Key": idempotency_key},
    )


def _update_partnership(
    partnership_id: UUID,
    body: m.PartnershipIn,
    *,
    if_match: str | None = None,
    if_none_match: str | None = None,
) -> Call[m.Partnership]:
    return Call(
        method="PATCH",
        path=path("/v1/partnerships/{}", partnership_id),
        answer=m.Partnership,
        headers={"if-match": if_match, "if-none-match": if_none_match},
        json=body,
    )


def _update_partnership_profile(
    partnership_id: UUID,
    body: m.PartnershipProfileIn,
    *,
    if_match: str | None = None,
    if_none_match: str | None = None,
) -> Call[m.PartnershipProfile]:
    return Call(
        method="PATCH",
        path=path("/v1/partnerships/{}/profile", partnership_id),
        answer=m.PartnershipProfile,
        headers={"if-match": if_match, "if-none-match": if_none_match},
        json=body,
    )


class Partnerships(Sender):
    def end_partnership(
        self,
        partnership_id: UUID,
        *,
        if_match: str | None = None,
        if_none_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> m.Partnership:
        """End the partnership for good. From the answer on neither side sees anything of it: whatever asks for its data is answered 410.

        Its keys, tokens, overlaps, shared records, decisions, comments and rules are deleted within seconds; each side's audit log stays.
        A new partnership of the same two begins at zero. Ending again changes nothing.
        """
        return self.send(
            _end_partnership(
                partnership_id,
                if_match=if_match,
                if_none_match=if_none_match,
                idempotency_key=idempotency_key,
            )
        )

    def get_hierarchy(self, partnership_id: UUID, *, if_none_match: str | None = None) -> m.Hierarchy:
        """How far up each side looks, with the `ETag` that a change may name in `If-Match`."""
        return self.send(_get_hierarchy(partnership_id, if_none_match=if_none_match))

    def get_partnership(self, partnership_id: UUID) -> m.Partnership:
        """One partnership, with the `ETag` that a change may name in `If-Match`. One that has ended stays to be read, and nothing in it."""
        return self.send(_get_partnership(partnership_id))

    def get_partnership_profile(
        self, partnership_id: UUID, *, if_none_match: str | None = None
    ) -> m.PartnershipProfile:
        """Who of yours looks after the partnership, its tier, tags and notes, with the `ETag` that a change may name in `If-Match`."""
        return self.send(_get_partnership_profile(partnership_id, if_none_match=if_none_match))

    def get_sharing_rule(
        self, partnership_id: UUID, population: str, *, if_none_match: str | None = None
    ) -> m.Rule:
        """One's own rule for one population, with the `ETag` that a change may name in `If-Match`."""
        return self.send(_get_sharing_rule(partnership_id, population, if_none_match=if_none_match))

    def list_partnerships(
        self, *, owner: UUID | None = None, tier: str | None = None, tag: list[str] | None = None
    ) -> m.PartnershipPage:
        """All partnerships of the organization, or those whose profile says what you ask for."""
        return self.send(_list_partnerships(owner=owner, tier=tier, tag=tag))

    def list_sharing_rules(self, partnership_id: UUID) -> m.Rules:
        """What each side lets the other see."""
        return self.send(_list_sharing_rules(partnership_id))

    def pause_partnership(
        self,
        partnership_id: UUID,
        *,
        if_match: str | None = None,
        if_none_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> m.Partnership:
        """Let the partnership rest: from the answer on nothing is matched in it, and neither side sees anything of the other's.

        Rules, decisions and comments stay. It goes on once every side that paused it has resumed it; pausing again changes nothing.
        """
        return self.send(
            _pause_partnership(
                partnership_id,
                if_match=if_match,
                if_none_match=if_none_match,
                idempotency_key=idempotency_key,
            )
        )

    def put_hierarchy(
        self,
        partnership_id: UUID,
        body: m.HierarchyIn,
        *,
        if_match: str | None = None,
        if_none_match: str | None = None,
    ) -> m.Hierarchy:
        """Say how far up the owners of one's own accounts may meet the partner's; it holds as soon as the partner says so too."""
        return self.send(_put_hierarchy(partnership_id, body, if_match=if_match, if_none_match=if_none_match))

    def put_sharing_rule(
        self,
        partnership_id: UUID,
        population: str,
        body: m.RuleIn,
        *,
        if_match: str | None = None,
        if_none_match: str | None = None,
    ) -> m.Rule:
        """Say what the partner sees of one of one's own populations; it holds from the answer on."""
        return self.send(
            _put_sharing_rule(
                partnership_id, population, body, if_match=if_match, if_none_match=if_none_match
            )
        )

    def resume_partnership(
        self,
        partnership_id: UUID,
        *,
        if_match: str | None = None,
        if_none_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> m.Partnership:
        """Take back my side's pause. What stood is seen again at once, and what changed meanwhile is matched in a moment; while the partner
        has it paused too, it goes on resting (`status`, `paused`).
        """
        return self.send(
            _resume_partnership(
                partnership_id,
                if_match=if_match,
                if_none_match=if_none_match,
                idempotency_key=idempotency_key,
            )
        )

    def rotate_partnership_keys(
        self, partnership_id: UUID, *, idempotency_key: str | None = None
    ) -> m.Partnership:
        """Have the partnership's keys made anew, once a day at most. Overlaps, decisions and what is shown stay, and no event tells of it.

        The worker does it: `next_epoch` is there while it lasts, and `epoch` counts one more when it is done. Asked for again meanwhile,
        nothing more is begun.
        """
        return self.send(_rotate_partnership_keys(partnership_id, idempotency_key=idempotency_key))

    def update_partnership(
        self,
        partnership_id: UUID,
        body: m.PartnershipIn,
        *,
        if_match: str | None = None,
        if_none_match: str | None = None,
    ) -> m.Partnership:
        """Switch reviews on or off for your side. While either side has them off, neither is told of any pair in review."""
        return self.send(
            _update_partnership(partnership_id, body, if_match=if_match, if_none_match=if_none_match)
        )

    def update_partnership_profile(
        self,
        partnership_id: UUID,
        body: m.PartnershipProfileIn,
        *,
        if_match: str | None = None,
        if_none_match: str | None = None,
    ) -> m.PartnershipProfile:
        """Change what your side keeps of the partnership for itself. The partner is told nothing, and it goes when the partnership ends."""
        return self.send(
            _update_partnership_profile(partnership_id, body, if_match=if_match, if_none_match=if_none_match)
        )


class AsyncPartnerships(AsyncSender):
    async def end_partnership(
        self,
        partnership_id: UUID,
        *,
        if_match: str | None = None,
        if_none_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> m.Partnership:
        """End the partnership for good. From the answer on neither side sees anything of it: whatever asks for its data is answered 410.

        Its keys, tokens, overlaps, shared records, decisions, comments and rules are deleted within seconds; each side's audit log stays.
        A new partnership of the same two begins at zero. Ending again changes nothing.
        """
        return await self.send(
            _end_partnership(
                partnership_id,
                if_match=if_match,
                if_none_match=if_none_match,
                idempotency_key=idempotency_key,
            )
        )

    async def get_hierarchy(self, partnership_id: UUID, *, if_none_match: str | None = None) -> m.Hierarchy:
        """How far up each side looks, with the `ETag` that a change may name in `If-Match`."""
        return await self.send(_get_hierarchy(partnership_id, if_none_match=if_none_match))

    async def get_partnership(self, partnership_id: UUID) -> m.Partnership:
        """One partnership, with the `ETag` that a change may name in `If-Match`. One that has ended stays to be read, and nothing in it."""
        return await self.send(_get_partnership(partnership_id))

    async def get_partnership_profile(
        self, partnership_id: UUID, *, if_none_match: str | None = None
    ) -> m.PartnershipProfile:
        """Who of yours looks after the partnership, its tier, tags and notes, with the `ETag` that a change may name in `If-Match`."""
        return await self.send(_get_partnership_profile(partnership_id, if_none_match=if_none_match))

    async def get_sharing_rule(
        self, partnership_id: UUID, population: str, *, if_none_match: str | None = None
    ) -> m.Rule:
        """One's own rule for one population, with the `ETag` that a change may name in `If-Match`."""
        return await self.send(_get_sharing_rule(partnership_id, population, if_none_match=if_none_match))

    async def list_partnerships(
        self, *, owner: UUID | None = None, tier: str | None = None, tag: list[str] | None = None
    ) -> m.PartnershipPage:
        """All partnerships of the organization, or those whose profile says what you ask for."""
        return await self.send(_list_partnerships(owner=owner, tier=tier, tag=tag))

    async def list_sharing_rules(self, partnership_id: UUID) -> m.Rules:
        """What each side lets the other see."""
        return await self.send(_list_sharing_rules(partnership_id))

    async def pause_partnership(
        self,
        partnership_id: UUID,
        *,
        if_match: str | None = None,
        if_none_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> m.Partnership:
        """Let the partnership rest: from the answer on nothing is matched in it, and neither side sees anything of the other's.

        Rules, decisions and comments stay. It goes on once every side that paused it has resumed it; pausing again changes nothing.
        """
        return await self.send(
            _pause_partnership(
                partnership_id,
                if_match=if_match,
                if_none_match=if_none_match,
                idempotency_key=idempotency_key,
            )
        )

    async def put_hierarchy(
        self,
        partnership_id: UUID,
        body: m.HierarchyIn,
        *,
        if_match: str | None = None,
        if_none_match: str | None = None,
    ) -> m.Hierarchy:
        """Say how far up the owners of one's own accounts may meet the partner's; it holds as soon as the partner says so too."""
        return await self.send(
            _put_hierarchy(partnership_id, body, if_match=if_match, if_none_match=if_none_match)
        )

    async def put_sharing_rule(
        self,
        partnership_id: UUID,
        population: str,
        body: m.RuleIn,
        *,
        if_match: str | None = None,
        if_none_match: str | None = None,
    ) -> m.Rule:
        """Say what the partner sees of one of one's own populations; it holds from the answer on."""
        return await self.send(
            _put_sharing_rule(
                partnership_id, population, body, if_match=if_match, if_none_match=if_none_match
            )
        )

    async def resume_partnership(
        self,
        partnership_id: UUID,
        *,
        if_match: str | None = None,
        if_none_match: str | None = None,
        idempotency_key: str | None = None,
    ) -> m.Partnership:
        """Take back my side's pause. What stood is seen again at once, and what changed meanwhile is matched in a moment; while the partner
        has it paused too, it goes on resting (`status`, `paused`).
        """
        return await self.send(
            _resume_partnership(
                partnership_id,
                if_match=if_match,
                if_none_match=if_none_match,
                idempotency_key=idempotency_key,
            )
        )

    async def rotate_partnership_keys(
        self, partnership_id: UUID, *, idempotency_key: str | None = None
    ) -> m.Partnership:
        """Have the partnership's keys made anew, once a day at most. Overlaps, decisions and what is shown stay, and no event tells of it.

        The worker does it: `next_epoch` is there while it lasts, and `epoch` counts one more when it is done. Asked for again meanwhile,
        nothing more is begun.
        """
        return await self.send(_rotate_partnership_keys(partnership_id, idempotency_key=idempotency_key))

    async def update_partnership(
        self,
        partnership_id: UUID,
        body: m.PartnershipIn,
        *,
        if_match: str | None = None,
        if_none_match: str | None = None,
    ) -> m.Partnership:
        """Switch reviews on or off for your side. While either side has them off, neither is told of any pair in review."""
        return await self.send(
            _update_partnership(partnership_id, body, if_match=if_match, if_none_match=if_none_match)
        )

    async def update_partnership_profile(
        self,
        partnership_id: UUID,
        body: m.PartnershipProfileIn,
        *,
        if_match: str | None = None,
        if_none_match: str | None = None,
    ) -> m.PartnershipProfile:
        """Change what your side keeps of the partnership for itself. The partner is told nothing, and it goes when the partnership ends."""
        return await self.send(
            _update_partnership_profile(partnership_id, body, if_match=if_match, if_none_match=if_none_match)
        )
