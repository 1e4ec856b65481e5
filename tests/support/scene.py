"""A partnership with something of each kind that a route names, and the calls of the matrix in it."""

from dataclasses import dataclass
from uuid import UUID

import httpx
from argon2 import PasswordHasher
from fastapi import FastAPI

from service.accounts.attached.repository import Opportunities
from service.accounts.attributes import define
from service.accounts.contacts import Contacts
from service.accounts.direct import id_of
from service.accounts.duplicate_tables import AccountDuplicate
from service.accounts.populations import NewPopulation, create_population
from service.accounts.ways import ACCOUNT_WAY
from service.imports.mappings import save_mapping
from service.imports.models import ImportKind
from service.ingest.values import AttributeType
from service.jobs import forget
from service.matching.kinds import Attribute
from service.matching.score import evidence_column
from service.organizations.invitations import invite
from service.organizations.key_operations import Wish, issue_key
from service.organizations.keys import parse_key
from service.organizations.models import Role, Scope
from service.organizations.operations import identify
from service.organizations.passwords import Passwords
from service.organizations.people import People
from service.organizations.repository import ApiKeys
from service.overlaps.comments import Writing
from service.overlaps.models import Audience
from service.overlaps.proposals import Linking, Proposal
from service.overlaps.told_pair import told_pair
from service.partnerships.inviting.answering import open_link
from service.partnerships.inviting.rules import number_of
from service.partnerships.inviting.sending import INVITATION_JOB, Offer, offer
from service.partnerships.sandbox.operations import make_sandbox
from tests.factories.people import member
from tests.factories.world import Pair, company_list
from tests.support.routes_matrix import MATRIX, OF_PEOPLE, filled, operations


@dataclass(frozen=True)
class Scene:
    pair: Pair
    ids: dict[str, str]

    async def call(
        self,
        client: httpx.AsyncClient,
        app: FastAPI,
        name: str,
        headers: dict[str, str],
        ids: dict[str, str] | None = None,
    ) -> httpx.Response:
        method, path = next((m, p) for n, m, p in operations(app) if n == name)
        route, known = (MATRIX | OF_PEOPLE)[name], ids or self.ids
        query = {key: value.format(**known) for key, value in route.query.items()}
        return await client.request(
            method,
            path.format(**known),
            params=query,
            json=filled(route.json, known),
            content=route.content,
            headers=headers,
        )


async def make_scene(pair: Pair) -> Scene:
    """A pair with one overlap, and what there is to name in it. Tests make several in one world."""
    external_id = f"left-{pair.world.ids.new()}"
    companies = f"Account ID,Company,Website,Country\n{external_id},Siemens AG,siemens.com,\nx\n"
    import_id = await pair.world.upload(pair.left, companies)
    await pair.world.upload(pair.right, company_list(("Siemens", "siemens.com")))
    await pair.world.work()
    people = "Name,Email,Account Name\nFriederike Quandt,f.quandt@siemens.com,Siemens AG\n"
    await pair.world.upload(pair.left, people, kind=ImportKind.CONTACTS, population=None)
    deals = "Opportunity Name,Account Name,Stage\nTurbines,Siemens AG,Proposal\n"
    await pair.world.upload(pair.left, deals, kind=ImportKind.OPPORTUNITIES, population=None)
    await pair.world.work()
    [told] = await pair.world.told(pair.left, pair.partnership)
    ids = {
        "import_id": import_id, "external_id": external_id, "account_id": told["account_id"], "partnership_id": pair.partnership.id,
        "overlap_id": told["id"], "comment_id": await comment_of(pair, told["id"]), "population": "customers", "key_id": await another_key(pair),
        "test_key_id": await sandbox_key(pair), **await people_of(pair), "opportunity_id": await opportunity_of(pair), "population_id": await population_of(pair), "name": await mapping_of(pair), "contact_id": await contact_of(pair),
        "attribute": await attribute_of(pair), "duplicate_id": await duplicate_of(pair, external_id),
        **await proposals_of(pair, told["account_id"]), **await partner_invitations_of(pair),
    }  # fmt: skip
    return Scene(pair, {name: str(value) for name, value in ids.items()})


async def proposals_of(pair: Pair, account_id: object) -> dict[str, UUID]:
    """One that the left side sent, and one that it received."""
    world, partnership = pair.world, pair.partnership
    [theirs] = await world.told(pair.right, partnership)
    made = {}
    for name, side, own in (
        ("proposal_id", pair.left, account_id),
        ("received_id", pair.right, theirs["account_id"]),
    ):
        async with world.database.tenant(side.id) as session:
            linking = await Linking.begin(session, world.keystore, world.clock, world.ids, partnership.id)
            made[name] = await linking.propose(Proposal(UUID(str(own)), partner_name="Siemens"))
    return made


async def people_of(pair: Pair) -> dict[str, UUID]:
    """A member of the left side, and somebody who is invited there."""
    world, unique = pair.world, pair.world.ids.new()
    cheap = Passwords(hasher=PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    people = People(world.database, world.keystore, world.clock, world.ids, cheap)
    person = await member(people, pair.left.id, Role.VIEWER, email=f"{unique}@example.com")
    async with world.database.tenant(pair.left.id) as session:
        invited = await invite(
            session, people, email=f"i{unique}@example.com", role=Role.SALES, held=[*Scope]
        )
    return {
        "person_id": person.id,
        "invitation_id": invited.invitation.id,
        "organization_id": pair.left.id,
    }


async def partner_invitations_of(pair: Pair) -> dict[str, object]:
    """One that the left side sent, one that it received, and a link that it was given."""
    world = pair.world
    people = People(world.database, world.keystore, world.clock, world.ids, Passwords())
    suitor = await world.organization(f"suitor-{world.ids.new()}")
    links = []
    for _ in range(2):
        async with world.database.tenant(suitor.id) as session:
            links.append((await offer(session, people, Offer())).link or "")
    async with world.database.tenant(pair.left.id) as session:
        sent = (await offer(session, people, Offer())).invitation
        received, inviter = await open_link(session, people, links[0].partition("#")[2])
    await world.work(INVITATION_JOB)
    return {
        "partner_invitation_id": sent.id, "received_invitation_id": received.id,
        "partner_link": links[1].partition("#")[2], "safety_number": number_of(pair.left.organization, inviter),
    }  # fmt: skip


async def opportunity_of(pair: Pair) -> UUID:
    async with pair.world.database.tenant_read(pair.left.id) as session:
        [row] = await Opportunities(session).page({}, limit=2)
    found: UUID = row["id"]
    return found


async def comment_of(pair: Pair, overlap_id: UUID) -> UUID:
    """A comment of the key that the left side calls with."""
    world = pair.world
    async with world.database.tenant(pair.left.id) as session:
        await identify(session, parse_key(pair.left.key), world.clock)
        told = await told_pair(session, pair.partnership.id, overlap_id)
        return (
            await Writing(session, world.keystore, told, world.clock).add(
                world.ids, "x", Audience.ORGANIZATION
            )
        ).id


async def duplicate_of(pair: Pair, external_id: str) -> UUID:
    """A group of the left side's account and another, which is in no overlap."""
    world, group_id = pair.world, pair.world.ids.new()
    await world.upload(pair.left, f"Account ID,Company\n{group_id},Zweitfirma\n", population=None)
    await world.work()
    async with world.database.tenant(pair.left.id) as session:
        ids = [await id_of(session, ACCOUNT_WAY, one) for one in (external_id, str(group_id))]
        evidence = {evidence_column(attribute): 0 for attribute in Attribute}
        said = {
            "left": str(ids[0]),
            "right": str(ids[1]),
            "confidence": 0.95,
            "weight": 4.0,
            "rules": "name",
            **evidence,
        }
        session.add(
            AccountDuplicate(
                org_id=pair.left.id, id=group_id, members=group_id.bytes, accounts=[one for one in ids if one], status="auto",
                confidence=0.95, pairs={"pairs": [said]}, found_at=world.clock.now(),
            )
        )  # fmt: skip
    return group_id


async def mapping_of(pair: Pair) -> str:
    said = {"kind": ImportKind.ACCOUNTS, "columns": {}, "statuses": {}}
    async with pair.world.database.tenant(pair.left.id) as session:
        saved = await save_mapping(session, pair.world.clock, "salesforce", said, meets=lambda _: None)
    return saved.name


async def population_of(pair: Pair) -> UUID:
    world = pair.world
    async with world.database.tenant(pair.left.id) as session:
        wanted = NewPopulation("Gold", None)
        return (await create_population(session, world.ids, world.clock, wanted=wanted)).id


async def contact_of(pair: Pair) -> UUID:
    async with pair.world.database.tenant_read(pair.left.id) as session:
        [row] = await Contacts(session, pair.world.keystore).page({}, limit=2)
    found: UUID = row["id"]
    return found


async def attribute_of(pair: Pair) -> str:
    key = f"a{pair.world.ids.new().hex}"
    async with pair.world.database.tenant(pair.left.id) as session:
        await define(session, [(key, "Tier", AttributeType.TEXT, None)])
    return key


async def sandbox_key(pair: Pair) -> UUID:
    """The key of a sandbox of the left side, which no job fills."""
    world = pair.world
    async with world.database.tenant(pair.left.id) as session:
        made = await make_sandbox(session, world.keystore, world.clock, world.ids)
        await forget(session, [str(made.sandbox.id)])
        [key] = await ApiKeys(session, of=made.sandbox.id).page(limit=1)
    return key.id


async def another_key(pair: Pair) -> UUID:
    """A key of the left side beside the one that it calls with."""
    wish = Wish("another", [Scope.KEYS_ADMIN])
    async with pair.world.database.tenant(pair.left.id) as session:
        made = await issue_key(session, pair.world.ids, pair.world.clock, wish=wish, maker=[*Scope])
    return made.stored.id
