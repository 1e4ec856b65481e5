"""Every route × {no key, garbled key, foreign tenant, missing scope}: a route that this file doesn't know fails."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import product
from pathlib import Path
from uuid import UUID, uuid4

import httpx
import pytest
from argon2 import PasswordHasher
from fastapi import FastAPI
from fastapi.routing import APIRoute

from service.accounts.attached.repository import Opportunities
from service.accounts.attributes import define
from service.accounts.contacts import Contacts
from service.accounts.direct import id_of
from service.accounts.duplicate_tables import AccountDuplicate
from service.accounts.populations import NewPopulation, create_population
from service.accounts.ways import ACCOUNT_WAY
from service.db.database import Database
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
from tests.factories.people import PASSWORD, member
from tests.factories.world import Pair, World, apart, company_list, make_pair


@dataclass(frozen=True)
class Route:
    """How to call a route so that it succeeds for the pair's left side; `{name}` is filled from what the world has."""

    scope: Scope | None
    query: dict[str, str] = field(default_factory=dict)
    json: dict[str, object] | None = None
    content: bytes | None = None
    own: bool = True
    """Whether its path or query names something of a tenant."""
    also: tuple[Scope, ...] = ()
    """Scopes that it needs beside `scope`."""


def of_people(**call: dict[str, object]) -> Route:
    """For whoever is signed in, whatever their role; `{name}` in its body is filled too."""
    return Route(None, own=False, **call)  # type: ignore[arg-type]  # `json` alone is given


BEFORE_SIGN_IN = frozenset(
    {
        "ask_to_sign_up", "sign_up", "sign_in", "ask_for_password_reset", "reset_password", "verify_email",
        "accept_member_invitation", "go_to_sign_on", "begin_sign_on", "finish_sign_on",
    }
)  # fmt: skip
"""For whoever has credentials or a link; tests of people call them."""
OF_PEOPLE: dict[str, Route] = {
    "list_sessions": of_people(),
    "end_other_sessions": of_people(),
    "get_current_session": of_people(),
    "sign_out": of_people(),
    "switch_organization": of_people(json={"organization_id": "{organization_id}"}),
    "end_session": of_people(),
    "get_me": of_people(),
    "update_me": of_people(json={"name": "Another name"}),
    "change_password": of_people(json={"current": PASSWORD, "new": "a new and better one"}),
    "ask_for_verification": of_people(),
    "leave_organization": of_people(),
    "get_second_factor": of_people(),
    "enrol_second_factor": of_people(json={"password": PASSWORD}),
    "confirm_second_factor": of_people(json={"code": "123456"}),
    "renew_recovery_codes": of_people(json={"password": PASSWORD, "code": "123456"}),
    "disable_second_factor": of_people(json={"password": PASSWORD, "code": "123456"}),
}
ANNS = {"field": "owner", "op": "is", "value": "Ann"}
PARTNERSHIP = {"partnership": "{partnership_id}"}
MATRIX: dict[str, Route] = {
    "livez": Route(None, own=False),
    "readyz": Route(None, own=False),
    "get_my_organization": Route(Scope.ACCOUNTS_READ, own=False),
    "list_members": Route(Scope.MEMBERS_READ, own=False),
    "get_member": Route(Scope.MEMBERS_READ),
    "put_member_role": Route(Scope.MEMBERS_ADMIN, json={"role": "sales"}),
    "remove_member": Route(Scope.MEMBERS_ADMIN),
    "create_member_invitation": Route(
        Scope.MEMBERS_ADMIN, json={"email": "new@example.com", "role": "viewer"}, own=False
    ),
    "list_member_invitations": Route(Scope.MEMBERS_READ, own=False),
    "resend_member_invitation": Route(Scope.MEMBERS_ADMIN),
    "withdraw_member_invitation": Route(Scope.MEMBERS_ADMIN),
    "create_invitation": Route(Scope.PARTNERSHIPS_ADMIN, json={"handle": "somebody"}, own=False),
    "list_invitations": Route(Scope.PARTNERSHIPS_READ, own=False),
    "resend_invitation": Route(Scope.PARTNERSHIPS_ADMIN),
    "withdraw_invitation": Route(Scope.PARTNERSHIPS_ADMIN),
    "open_invitation": Route(Scope.PARTNERSHIPS_ADMIN, json={"token": "{partner_link}"}, own=False),
    "list_received_invitations": Route(Scope.PARTNERSHIPS_READ, own=False),
    "get_received_invitation": Route(Scope.PARTNERSHIPS_READ),
    "accept_invitation": Route(Scope.PARTNERSHIPS_ADMIN, json={"safety_number": "{safety_number}"}),
    "decline_invitation": Route(Scope.PARTNERSHIPS_ADMIN),
    "create_import": Route(Scope.IMPORTS_WRITE, content=b"Company\nA\n", own=False),
    "create_api_key": Route(Scope.KEYS_ADMIN, json={"name": "x", "scopes": ["keys:admin"]}, own=False),
    "list_api_keys": Route(Scope.KEYS_ADMIN, own=False),
    "get_api_key": Route(Scope.KEYS_ADMIN),
    "update_api_key": Route(Scope.KEYS_ADMIN, json={"name": "y"}),
    "rotate_api_key": Route(Scope.KEYS_ADMIN),
    "revoke_api_key": Route(Scope.KEYS_ADMIN),
    "list_audit_entries": Route(Scope.AUDIT_READ, own=False),
    "list_audit_checkpoints": Route(Scope.AUDIT_READ, own=False),
    "export_audit_log": Route(Scope.AUDIT_READ, own=False),
    "create_sandbox": Route(Scope.ORGANIZATION_ADMIN, own=False),
    "get_sandbox": Route(Scope.ACCOUNTS_READ, own=False),
    "reset_sandbox": Route(Scope.ORGANIZATION_ADMIN, own=False),
    "delete_sandbox": Route(Scope.ORGANIZATION_ADMIN, own=False),
    "create_sandbox_key": Route(Scope.KEYS_ADMIN, json={"name": "x", "scopes": ["keys:admin"]}, own=False),
    "list_sandbox_keys": Route(Scope.KEYS_ADMIN, own=False),
    "update_sandbox_key": Route(Scope.KEYS_ADMIN, json={"name": "y"}),
    "rotate_sandbox_key": Route(Scope.KEYS_ADMIN),
    "revoke_sandbox_key": Route(Scope.KEYS_ADMIN),
    "list_imports": Route(Scope.IMPORTS_READ, own=False),
    "get_import": Route(Scope.IMPORTS_READ),
    "watch_import": Route(Scope.IMPORTS_READ),
    "list_import_errors": Route(Scope.IMPORTS_READ),
    "download_rejected_rows": Route(Scope.IMPORTS_READ),
    "roll_back_import": Route(Scope.IMPORTS_WRITE),
    "confirm_import": Route(Scope.IMPORTS_WRITE),
    "cancel_import": Route(Scope.IMPORTS_WRITE),
    "list_import_mappings": Route(Scope.IMPORTS_READ, own=False),
    "get_import_mapping": Route(Scope.IMPORTS_READ),
    "put_import_mapping": Route(Scope.IMPORTS_WRITE, json={"columns": {"name": "Firma"}}, own=False),
    "delete_import_mapping": Route(Scope.IMPORTS_WRITE),
    "list_accounts": Route(Scope.ACCOUNTS_READ, own=False),
    "get_account": Route(Scope.ACCOUNTS_READ),
    "list_duplicates": Route(Scope.ACCOUNTS_READ, own=False),
    "get_duplicate_search": Route(Scope.ACCOUNTS_READ, own=False),
    "search_duplicates": Route(Scope.IMPORTS_WRITE, own=False),
    "get_duplicate": Route(Scope.ACCOUNTS_READ),
    "merge_duplicate": Route(Scope.IMPORTS_WRITE, json={}),
    "dismiss_duplicate": Route(Scope.IMPORTS_WRITE),
    "list_account_attributes": Route(Scope.ACCOUNTS_READ, own=False),
    "rename_account_attribute": Route(Scope.IMPORTS_WRITE, json={"name": "Tier"}),
    "delete_account_attribute": Route(Scope.IMPORTS_WRITE),
    "put_accounts": Route(Scope.IMPORTS_WRITE, json={"records": [{"name": "Orchid"}]}, own=False),
    "put_contacts": Route(Scope.IMPORTS_WRITE, json={"records": [{"name": "Ann"}]}, own=False),
    "put_opportunities": Route(Scope.IMPORTS_WRITE, json={"records": [{"name": "Deal"}]}, own=False),
    "get_account_by_external_id": Route(Scope.ACCOUNTS_READ),
    "put_account_by_external_id": Route(Scope.IMPORTS_WRITE, json={"owner": "Ann"}, own=False),
    "remove_account_by_external_id": Route(Scope.IMPORTS_WRITE),
    "lookup": Route(
        Scope.ACCOUNTS_READ, query={"domain": "siemens.com"}, own=False, also=(Scope.OVERLAPS_READ,)
    ),
    "list_contacts": Route(Scope.CONTACTS_READ, own=False),
    "get_contact": Route(Scope.CONTACTS_READ),
    "erase_contact": Route(Scope.CONTACTS_WRITE),
    "list_opportunities": Route(Scope.ACCOUNTS_READ, own=False),
    "get_opportunity": Route(Scope.ACCOUNTS_READ),
    "get_data_quality": Route(Scope.ACCOUNTS_READ, own=False),
    "list_populations": Route(Scope.ACCOUNTS_READ, own=False),
    "create_population": Route(Scope.IMPORTS_WRITE, json={"name": "New", "filter": ANNS}, own=False),
    "preview_population": Route(Scope.ACCOUNTS_READ, json={"filter": ANNS}, own=False),
    "get_population": Route(Scope.ACCOUNTS_READ),
    "update_population": Route(Scope.IMPORTS_WRITE, json={"name": "Other"}),
    "delete_population": Route(Scope.IMPORTS_WRITE),
    "change_population_members": Route(Scope.IMPORTS_WRITE, json={"add": ["{account_id}"]}),
    "list_partnerships": Route(Scope.PARTNERSHIPS_READ, own=False),
    "get_partnership": Route(Scope.PARTNERSHIPS_READ),
    "update_partnership": Route(Scope.PARTNERSHIPS_ADMIN, json={"reviews": False}),
    "rotate_partnership_keys": Route(Scope.PARTNERSHIPS_ADMIN),
    "pause_partnership": Route(Scope.PARTNERSHIPS_ADMIN),
    "resume_partnership": Route(Scope.PARTNERSHIPS_ADMIN),
    "end_partnership": Route(Scope.PARTNERSHIPS_ADMIN),
    "list_sharing_rules": Route(Scope.PARTNERSHIPS_READ),
    "get_sharing_rule": Route(Scope.PARTNERSHIPS_READ),
    "put_sharing_rule": Route(Scope.PARTNERSHIPS_ADMIN, json={"level": "overlapping"}),
    "get_partnership_profile": Route(Scope.PARTNERSHIPS_READ),
    "update_partnership_profile": Route(Scope.PARTNERSHIPS_ADMIN, json={"tier": "gold"}),
    "get_hierarchy": Route(Scope.PARTNERSHIPS_READ),
    "put_hierarchy": Route(Scope.PARTNERSHIPS_ADMIN, json={"level": "same_parent"}),
    "list_overlaps": Route(Scope.OVERLAPS_READ, query=PARTNERSHIP),
    "get_overlap": Route(Scope.OVERLAPS_READ, query=PARTNERSHIP),
    "decide_overlap": Route(Scope.OVERLAPS_WRITE, query=PARTNERSHIP, json={"decision": "confirm"}),
    "decide_overlaps": Route(
        Scope.OVERLAPS_WRITE,
        query=PARTNERSHIP,
        json={"decisions": [{"overlap_id": "{overlap_id}", "decision": "confirm"}]},
    ),
    "list_link_proposals": Route(Scope.OVERLAPS_READ, query=PARTNERSHIP),
    "create_link_proposal": Route(
        Scope.OVERLAPS_WRITE,
        query=PARTNERSHIP,
        json={"account_id": "{account_id}", "partner_name": "Siemens"},
    ),
    "answer_link_proposal": Route(Scope.OVERLAPS_WRITE, query=PARTNERSHIP, json={"answer": "refuse"}),
    "withdraw_link_proposal": Route(Scope.OVERLAPS_WRITE, query=PARTNERSHIP),
    "get_overlap_matrix": Route(Scope.OVERLAPS_READ, query=PARTNERSHIP),
    "list_overlap_comments": Route(Scope.OVERLAPS_READ, query=PARTNERSHIP),
    "create_overlap_comment": Route(Scope.COMMENTS_WRITE, query=PARTNERSHIP, json={"text": "x"}),
    "get_overlap_comment": Route(Scope.OVERLAPS_READ, query=PARTNERSHIP),
    "update_overlap_comment": Route(Scope.COMMENTS_WRITE, query=PARTNERSHIP, json={"text": "y"}),
    "delete_overlap_comment": Route(Scope.COMMENTS_WRITE, query=PARTNERSHIP),
    "get_overlap_assignee": Route(Scope.OVERLAPS_READ, query=PARTNERSHIP),
    "put_overlap_assignee": Route(Scope.COMMENTS_WRITE, query=PARTNERSHIP, json={"person_id": "{person_id}"}),
}


def operations(app: FastAPI) -> Iterator[tuple[str, str, str]]:
    """(operation id, method, path) of the whole description."""
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            yield operation["operationId"], method, path


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


def filled(body: Mapping[str, object] | None, known: Mapping[str, str]) -> dict[str, object] | None:
    """A body of the matrix with these ids in the places of their names."""
    return None if body is None else {key: _said(value, known) for key, value in body.items()}


def _said(value: object, known: Mapping[str, str]) -> object:
    if isinstance(value, list):
        return [_said(one, known) for one in value]
    if isinstance(value, dict):
        return {key: _said(one, known) for key, one in value.items()}
    return value.format(**known) if isinstance(value, str) else value


@pytest.fixture(scope="module")
async def staged(staged_world: World) -> Scene:
    return await make_scene(await make_pair(staged_world))


@pytest.fixture
def scene(staged: Scene, db: Database, tmp_path: Path) -> Scene:
    return replace(staged, pair=apart(staged.pair, tmp_path))


@pytest.fixture
def world(scene: Scene) -> World:
    return scene.pair.world


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


def test_every_route_stands_in_the_matrix(app: FastAPI) -> None:
    assert {name for name, _, _ in operations(app)} == {*MATRIX, *OF_PEOPLE, *BEFORE_SIGN_IN}


def test_every_registered_route_is_described(app: FastAPI) -> None:
    described = {path for _, _, path in operations(app)}
    routes = [r for r in app.routes if isinstance(r, APIRoute)]
    undescribed = {r.path for r in routes if not r.include_in_schema}
    assert not undescribed
    assert described


def test_every_route_declares_its_problems(app: FastAPI) -> None:
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            route = MATRIX.get(operation["operationId"])
            if route is None or route.scope is not None:
                assert {"401", "403", "422", "503"} <= set(operation["responses"]), (method, path)


@pytest.mark.parametrize("name", MATRIX)
async def test_the_call_of_the_matrix_succeeds(
    client: httpx.AsyncClient, app: FastAPI, scene: Scene, name: str
) -> None:
    answer = await scene.call(client, app, name, scene.pair.left.headers)
    if name in {"confirm_import", "cancel_import"}:  # the import that there is has been read
        assert answer.json()["type"].endswith(":import-state"), answer.text
        return
    assert answer.status_code in {200, 201, 202, 204}, answer.text


SCOPED = [name for name, route in MATRIX.items() if route.scope]
OWN = [name for name, route in MATRIX.items() if route.own]
"""Refusals change nothing, so that one scene serves for all of them."""


async def test_without_a_good_key_nothing_is_told(
    client: httpx.AsyncClient, app: FastAPI, scene: Scene
) -> None:
    good = scene.pair.left.key
    swapped = good[:40] + ("a" if good[40] != "a" else "b") + good[41:]
    for name, given in product(
        SCOPED,
        (
            {},
            {"Authorization": "Bearer x"},
            {"Authorization": f"Bearer {swapped}"},
            {"Authorization": f"Basic {good}"},
        ),
    ):
        answer = await scene.call(client, app, name, given)
        assert answer.status_code == 401, (name, answer.text)
        assert answer.json()["type"] == "urn:commonground:problem:unauthorized", name
        assert answer.headers["www-authenticate"] == "Bearer", name


async def test_a_missing_scope_is_named(client: httpx.AsyncClient, app: FastAPI, scene: Scene) -> None:
    poor = {
        needed: await scene.pair.world.organization(
            f"poor-{number}", scopes=[scope for scope in Scope if scope is not needed]
        )
        for number, needed in enumerate(Scope)
    }
    for name in SCOPED:
        for needed in (MATRIX[name].scope, *MATRIX[name].also):
            assert needed is not None
            answer = await scene.call(client, app, name, poor[needed].headers)
            assert answer.status_code == 403, (name, answer.text)
            assert needed.value in answer.json()["detail"], name
            assert answer.json()["missing_scopes"] == [needed], name


async def test_a_strangers_id_answers_as_an_unknown_one(
    client: httpx.AsyncClient, app: FastAPI, scene: Scene, world: World
) -> None:
    stranger = await world.organization("stranger")
    random = {key: value if key == "population" else str(uuid4()) for key, value in scene.ids.items()}
    for name in OWN:
        foreign = await scene.call(client, app, name, stranger.headers)
        unknown = await scene.call(client, app, name, stranger.headers, random)
        assert foreign.status_code == unknown.status_code == 404, name
        assert {**foreign.json(), "request_id": ""} == {**unknown.json(), "request_id": ""}, name
        assert set(foreign.headers) == set(unknown.headers), name


@pytest.mark.parametrize(
    "name",
    ["get_import", "list_import_errors", "get_account", "get_opportunity", "get_contact", "erase_contact"],
)
async def test_a_partner_is_a_stranger_to_ones_own_records(
    client: httpx.AsyncClient, app: FastAPI, scene: Scene, name: str
) -> None:
    answer = await scene.call(client, app, name, scene.pair.right.headers)
    assert answer.status_code == 404
