"""Invitations answered at the same moment: over connections of their own, one partnership comes of it and nothing half."""

import asyncio
from collections.abc import Awaitable
from typing import Any
from uuid import UUID

import asyncpg

from service.organizations.errors import QuotaExceededError
from service.organizations.passwords import Passwords
from service.organizations.people import People
from service.organizations.standing import Quota, set_quotas
from service.partnerships.errors import AlreadyPartnersError
from service.partnerships.inviting.answering import Answer, accept, open_link
from service.partnerships.inviting.errors import InvitationClosedError
from service.partnerships.inviting.rules import number_of
from service.partnerships.inviting.sending import Offer, offer, withdraw
from tests.factories.world import Member, World
from tests.support.servers import OwnDatabase

ROUNDS = 6


def people_of(world: World) -> People:
    return People(world.database, world.keystore, world.clock, world.ids, Passwords())


async def invited(world: World, sender: Member, receiver: Member) -> UUID:
    """An invitation of `sender` that `receiver` has looked at."""
    people = people_of(world)
    async with world.database.tenant(sender.id) as session:
        made = await offer(session, people, Offer())
    async with world.database.tenant(receiver.id) as session:
        await open_link(session, people, (made.link or "").partition("#")[2])
    return made.invitation.id


async def taken(world: World, receiver: Member, sender: Member, invitation_id: UUID) -> None:
    answer = Answer(number_of(receiver.organization, sender.organization))
    async with world.database.tenant(receiver.id) as session:
        await accept(session, people_of(world), invitation_id, answer)


async def withdrawn(world: World, sender: Member, invitation_id: UUID) -> None:
    async with world.database.tenant(sender.id) as session:
        await withdraw(session, people_of(world), invitation_id)


async def at_once(*work: Awaitable[Any]) -> list[Any]:
    async with asyncio.timeout(60):
        return await asyncio.gather(*work, return_exceptions=True)


async def living(own: OwnDatabase, *, of: UUID) -> int:
    admin = await asyncpg.connect(own.urls.admin)
    try:
        counted: int = await admin.fetchval(
            "SELECT count(*) FROM partnership WHERE $1 IN (lo_org_id, hi_org_id)", of
        )
    finally:
        await admin.close()
    return counted


async def test_of_several_ways_to_one_partnership_one_is_gone(
    own_world: World, own_database: OwnDatabase
) -> None:
    for number in range(ROUNDS):
        left, right = [await own_world.organization(f"{name}-{number}") for name in ("left", "right")]
        there, back = await invited(own_world, left, right), await invited(own_world, right, left)
        answers = await at_once(
            taken(own_world, right, left, there),
            taken(own_world, left, right, back),
            own_world.partnership(left, right),
            own_world.partnership(right, left),
        )
        refused = [one for one in answers if isinstance(one, BaseException)]
        assert [type(one) for one in refused] == [AlreadyPartnersError] * 3, answers
        assert await living(own_database, of=left.id) == 1


async def test_a_link_that_two_accept_at_once_makes_one_partner(
    own_world: World, own_database: OwnDatabase
) -> None:
    for number in range(ROUNDS):
        sender, one, other = [
            await own_world.organization(f"{name}-{number}") for name in ("sender", "one", "other")
        ]
        people = people_of(own_world)
        async with own_world.database.tenant(sender.id) as session:
            made = await offer(session, people, Offer())
        for member in (one, other):
            async with own_world.database.tenant(member.id) as session:
                await open_link(session, people, (made.link or "").partition("#")[2])
        answers = await at_once(
            *(taken(own_world, member, sender, made.invitation.id) for member in (one, other))
        )
        assert sorted(type(answer).__name__ for answer in answers) == [
            InvitationClosedError.__name__, "NoneType",
        ]  # fmt: skip
        assert await living(own_database, of=sender.id) == 1


async def test_withdrawing_and_accepting_at_once_leaves_one_of_the_two(
    own_world: World, own_database: OwnDatabase
) -> None:
    for number in range(ROUNDS):
        sender, receiver = [
            await own_world.organization(f"{name}-{number}") for name in ("sender", "receiver")
        ]
        made = await invited(own_world, sender, receiver)
        accepted, taken_back = await at_once(
            taken(own_world, receiver, sender, made), withdrawn(own_world, sender, made)
        )
        assert (accepted is None) != (taken_back is None), (accepted, taken_back)
        assert isinstance(accepted or taken_back, InvitationClosedError)
        assert await living(own_database, of=sender.id) == (1 if accepted is None else 0)


async def test_a_quota_holds_against_invitations_accepted_at_once(
    own_world: World, own_database: OwnDatabase
) -> None:
    receiver = await own_world.organization("receiver")
    senders = [await own_world.organization(f"sender-{number}") for number in range(4)]
    invitations = [await invited(own_world, sender, receiver) for sender in senders]
    async with own_world.database.tenant(receiver.id) as session:
        await set_quotas(session, own_world.clock, {Quota.PARTNERSHIPS: 2})
    answers = await at_once(
        *(taken(own_world, receiver, sender, made) for sender, made in zip(senders, invitations, strict=True))
    )
    assert [type(one) for one in answers if one is not None] == [QuotaExceededError] * 2, answers
    assert await living(own_database, of=receiver.id) == 2
