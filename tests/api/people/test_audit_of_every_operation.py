"""Every operation that changes something stands here, with what it writes into the audit log, or why it writes nothing.

Each is called once, and what came into all logs meanwhile is compared with what is said here: no entry too few, none too many.
What is called with a key is called in `test_audit_of_calls.py`.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pyotp
import pytest
from fastapi import FastAPI

from service.kit.clock import FixedClock
from service.organizations.credentials import issue_reset
from service.organizations.models import Person, Role
from service.organizations.people import People
from service.organizations.people_repository import Persons
from service.organizations.sign_up import invite_to_sign_up
from tests.api.people.conftest import Mail
from tests.factories.people import PASSWORD, Browser, browser_of, join, member, new_client
from tests.factories.world import Member, World
from tests.support.logged_actions import Logged
from tests.support.routes_matrix import MATRIX, operations

READING = frozenset({"get", "head", "options"})
NEW = "a new and better one"
SECOND_FACTOR = "/v1/person/me/second-factor"

AUDITED: Mapping[str, tuple[str, ...]] = {
    "sign_up": ("member.added", "organization.created", "session.started"),
    "sign_in": ("session.started",),
    "end_other_sessions": ("session.others_ended",),
    "sign_out": ("session.ended",),
    "end_session": ("session.ended",),
    "switch_organization": ("session.switched",),
    "change_password": ("password.changed",),
    "leave_organization": ("member.left",),
    "reset_password": ("password.reset",),
    "confirm_second_factor": ("second_factor.enabled",),
    "renew_recovery_codes": ("second_factor.codes_renewed",),
    "disable_second_factor": ("second_factor.disabled",),
    "remove_member": ("member.removed",),
    "put_member_role": ("member.role_changed",),
    "create_member_invitation": ("member.invited",),
    "resend_member_invitation": ("invitation.resent",),
    "withdraw_member_invitation": ("invitation.withdrawn",),
    "accept_member_invitation": ("invitation.accepted", "member.added", "session.started"),
    "create_invitation": ("partner_invitation.sent",),
    "resend_invitation": ("partner_invitation.resent",),
    "withdraw_invitation": ("partner_invitation.withdrawn",),
    "open_invitation": ("partner_invitation.received",),
    "accept_invitation": ("partner_invitation.accepted", "partnership.created"),
    "decline_invitation": ("partner_invitation.declined",),
    "create_api_key": ("api_key.created",),
    "update_api_key": ("api_key.updated",),
    "rotate_api_key": ("api_key.rotated",),
    "revoke_api_key": ("api_key.revoked",),
    "rename_account_attribute": ("account_attribute.renamed",),
    "delete_account_attribute": ("account_attribute.deleted",),
    "erase_contact": ("contact.erased",),
    "create_import": ("import.accepted",),
    "roll_back_import": ("import.rolled_back",),
    "confirm_import": ("import.confirmed",),
    "cancel_import": ("import.cancelled",),
    "put_import_mapping": ("import_mapping.saved",),
    "delete_import_mapping": ("import_mapping.removed",),
    "create_population": ("population.created",),
    "update_population": ("population.changed",),
    "delete_population": ("population.removed",),
    "change_population_members": ("records.written",),
    "put_accounts": ("records.written",),
    "put_contacts": ("records.written",),
    "put_opportunities": ("records.written",),
    "put_account_by_external_id": ("records.written",),
    "remove_account_by_external_id": ("records.written",),
    "update_partnership": ("partnership.reviews_switched",),
    "create_link_proposal": ("link.proposed",),
    "answer_link_proposal": ("link.refused",),
    "withdraw_link_proposal": ("link.withdrawn",),
    "decide_overlaps": ("overlap.decided",),
    "decide_overlap": ("overlap.decided",),
    "merge_duplicate": ("records.written",),
    "dismiss_duplicate": ("duplicates.dismissed",),
    "put_sharing_rule": ("sharing_rule.changed",),
    "create_overlap_comment": ("comment.created",),
    "update_overlap_comment": ("comment.edited",),
    "delete_overlap_comment": ("comment.deleted",),
    "put_overlap_assignee": ("overlap.assigned",),
    "rotate_partnership_keys": ("partnership.rotation_requested",),
    "pause_partnership": ("partnership.paused",),
    "resume_partnership": ("partnership.resumed",),
    "end_partnership": ("partnership.ended",),
    "update_partnership_profile": ("partnership.described",),
    "put_hierarchy": ("partnership.hierarchy_changed",),
    "create_sandbox": ("api_key.created", "sandbox.created"),
    "reset_sandbox": ("sandbox.reset",),
    "delete_sandbox": ("sandbox.deleted",),
    "create_sandbox_key": ("api_key.created",),
    "update_sandbox_key": ("api_key.updated",),
    "rotate_sandbox_key": ("api_key.rotated",),
    "revoke_sandbox_key": ("api_key.revoked",),
    # reads that carry much away
    "export_audit_log": ("audit_log.exported",),
}
"""Operation → the actions of one call that succeeds, over all organizations' logs."""

NOT_AUDITED: Mapping[str, str] = {
    "ask_to_sign_up": "nobody is anybody yet: a letter is sent, and no organization has a log of it",
    "ask_for_password_reset": "whoever knows an address may ask; the reset itself is recorded",
    "ask_for_verification": "a letter to an address that the person has already; it gives nobody a right",
    "verify_email": "proves an address of the person's own; it changes nothing that an organization decides",
    "search_duplicates": "looks at one's own list, and changes nothing of it",
    "preview_population": "counts what a filter would choose, and stores nothing",
    "update_me": "how a person is called: theirs alone, and a name has no place in a log",
    "enrol_second_factor": "a secret that counts for nothing until it is confirmed, which is recorded",
    "begin_sign_on": "sends the browser on to an identity provider; who comes back from there is recorded",
}
"""Operation → why a call leaves no entry."""

CALLED_ELSEWHERE = frozenset({"begin_sign_on"})
"""Needs an identity provider: the tests of single sign-on have one."""


def test_every_operation_that_changes_something_stands_here(app: FastAPI) -> None:
    changing = {name for name, method, _ in operations(app) if method not in READING}
    assert changing | {"export_audit_log"} == AUDITED.keys() | NOT_AUDITED.keys()
    assert not AUDITED.keys() & NOT_AUDITED.keys()


@dataclass(frozen=True)
class Stage:
    """One admin who is signed in, and what people do."""

    app: FastAPI
    world: World
    people: People
    org: Member
    admin: Person
    browser: Browser
    mail: Mail
    clock: FixedClock
    logged: Logged

    async def done(self, method: str, path: str, body: dict[str, Any] | None = None) -> httpx.Response:
        """A call that counts: what was logged before is not asked about."""
        await self.logged()
        answer = await self.browser.ask(method, path, json=body)
        assert answer.is_success, answer.text
        return answer

    async def by_a_stranger(self, path: str, body: dict[str, Any]) -> None:
        await self.logged()
        async with new_client(self.app) as client:
            answer = await client.post(path, json=body)
        assert answer.is_success, answer.text

    async def enrol(self) -> pyotp.TOTP:
        answer = await self.browser.ask("POST", SECOND_FACTOR, json={"password": PASSWORD})
        return pyotp.TOTP(answer.json()["secret"])

    async def enrolled(self) -> dict[str, str]:
        """The second factor is on; what asking for it takes now."""
        totp = await self.enrol()
        await self.browser.ask("POST", f"{SECOND_FACTOR}/confirm", json={"code": totp.at(self.clock.now())})
        self.clock.advance(timedelta(seconds=30))
        return {"password": PASSWORD, "code": totp.at(self.clock.now())}


@pytest.fixture
def actors(people: People, org: Member, admin: Person, mail: Mail) -> tuple[People, Member, Person, Mail]:
    return people, org, admin, mail


@pytest.fixture
async def stage(
    app: FastAPI,
    world: World,
    actors: tuple[People, Member, Person, Mail],
    clock: FixedClock,
    logged: Logged,
) -> AsyncIterator[Stage]:
    people, org, admin, mail = actors
    await member(people, org.id, Role.ADMIN, email="second@example.com")
    object.__setattr__(app.state.commonground, "sign_up_is_open", True)
    async with browser_of(app, admin) as browser:
        yield Stage(app, world, people, org, admin, browser, mail, clock, logged)


async def sign_up(stage: Stage) -> None:
    token = (await invite_to_sign_up(stage.people, "nora@example.com")).partition("#")[2]
    body = {"handle": "newco", "organization_name": "Newco", "name": "Nora", "password": NEW, "token": token}
    await stage.by_a_stranger("/v1/sign-up", body)


async def sign_in(stage: Stage) -> None:
    await stage.by_a_stranger("/v1/sessions", {"email": "ada@example.com", "password": PASSWORD})


async def end_other_sessions(stage: Stage) -> None:
    async with browser_of(stage.app, stage.admin):
        await stage.done("DELETE", "/v1/sessions")


async def sign_out(stage: Stage) -> None:
    await stage.done("DELETE", "/v1/sessions/current")


async def end_session(stage: Stage) -> None:
    async with browser_of(stage.app, stage.admin) as other:
        assert other.started is not None
        await stage.done("DELETE", f"/v1/sessions/{other.started.session.id}")


async def switch_organization(stage: Stage) -> None:
    other = await stage.world.organization("other")
    await join(stage.people, stage.admin, other.id)
    await stage.done("PUT", "/v1/sessions/current/organization", {"organization_id": str(other.id)})


async def change_password(stage: Stage) -> None:
    await stage.done("POST", "/v1/person/me/password", {"current": PASSWORD, "new": NEW})


async def leave_organization(stage: Stage) -> None:
    await stage.done("DELETE", f"/v1/person/me/organizations/{stage.org.id}")


async def reset_password(stage: Stage) -> None:
    link = await issue_reset(stage.people, "ada@example.com")
    await stage.by_a_stranger("/v1/password-resets/complete", {"token": link, "password": NEW})


async def confirm_second_factor(stage: Stage) -> None:
    totp = await stage.enrol()
    await stage.done("POST", f"{SECOND_FACTOR}/confirm", {"code": totp.at(stage.clock.now())})


async def renew_recovery_codes(stage: Stage) -> None:
    await stage.done("POST", f"{SECOND_FACTOR}/recovery-codes", await stage.enrolled())


async def disable_second_factor(stage: Stage) -> None:
    await stage.done("POST", f"{SECOND_FACTOR}/disable", await stage.enrolled())


async def accept_member_invitation(stage: Stage) -> None:
    await stage.browser.ask(
        "POST", "/v1/member-invitations", json={"email": "bob@example.com", "role": "viewer"}
    )
    token = await stage.mail.link()
    await stage.by_a_stranger(
        "/v1/member-invitations/accept", {"token": token, "name": "Bob", "password": NEW}
    )


async def ask_to_sign_up(stage: Stage) -> None:
    await stage.by_a_stranger("/v1/sign-up/requests", {"email": "nora@example.com"})


async def ask_for_password_reset(stage: Stage) -> None:
    await stage.by_a_stranger("/v1/password-resets", {"email": "ada@example.com"})


async def ask_for_verification(stage: Stage) -> None:
    await stage.done("POST", "/v1/person/me/email-verification")


async def verify_email(stage: Stage) -> None:
    async with stage.people.database.directory() as session:
        person = await Persons(session).by_id(stage.admin.id)
        assert person is not None
        person.email_verified_at = None
    await stage.browser.ask("POST", "/v1/person/me/email-verification")
    await stage.by_a_stranger("/v1/email-verifications", {"token": await stage.mail.link()})


async def update_me(stage: Stage) -> None:
    await stage.done("PATCH", "/v1/person/me", {"name": "Another name"})


async def enrol_second_factor(stage: Stage) -> None:
    await stage.done("POST", SECOND_FACTOR, {"password": PASSWORD})


BY_PEOPLE: Mapping[str, Callable[[Stage], Awaitable[None]]] = {
    call.__name__: call
    for call in (
        sign_up, sign_in, end_other_sessions, sign_out, end_session, switch_organization, change_password,
        leave_organization, reset_password, confirm_second_factor, renew_recovery_codes, disable_second_factor,
        accept_member_invitation, ask_to_sign_up, ask_for_password_reset, ask_for_verification, verify_email, update_me,
        enrol_second_factor,
    )
}  # fmt: skip


def test_every_operation_of_people_is_called() -> None:
    assert BY_PEOPLE.keys() == (AUDITED.keys() | NOT_AUDITED.keys()) - MATRIX.keys() - CALLED_ELSEWHERE


@pytest.mark.parametrize("name", BY_PEOPLE)
async def test_what_people_do_leaves_its_entry_or_none(stage: Stage, name: str) -> None:
    await BY_PEOPLE[name](stage)
    assert sorted((await stage.logged()).elements()) == sorted(AUDITED.get(name, ()))
