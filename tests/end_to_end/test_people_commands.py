"""The operator's commands about people, as processes on a database of their own."""

import json
import re
from pathlib import Path

import asyncpg
import pyotp
import pytest

from service.crypto import FileKeystore, load_or_create_kek
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from service.organizations.credentials import reset_password
from service.organizations.errors import InvalidCredentialsError, SecondFactorRequiredError
from service.organizations.invitations import NewPerson, accept_as_new
from service.organizations.passwords import Passwords
from service.organizations.people import People
from service.organizations.second_factor import Asked, confirm, enrol
from service.organizations.session_repository import Signed
from service.organizations.sessions import Started, identify_session
from service.organizations.sign_in import Credentials, sign_in
from tests.factories.people import HOME, join, make_person
from tests.support.in_process import run_here
from tests.support.processes import run_command
from tests.support.servers import OwnDatabase

FIRST, SECOND = "a few words of mine", "other words of mine"


def told(pattern: str, said: str) -> str:
    found = re.search(pattern, said)
    assert found, said
    return found[1]


async def bearer(people: People, started: Started) -> Signed:
    async with people.database.tenant_read(people.ids.new()) as session:
        return await identify_session(session, started.token, people)


async def test_first_admin_comes_by_the_printed_link_and_the_operator_can_help_and_stop_them(
    own_database: OwnDatabase, tmp_path: Path
) -> None:
    def run(*arguments: str) -> str:
        said, code = run_here(*arguments, data_dir=tmp_path / "data", **own_database.environment())
        assert code == 0, said
        return said

    link = told(r"#(cg_invite_\S+)", run("org", "create", "acme", "--admin-email", "Ada@example.com"))
    keystore = FileKeystore(
        tmp_path / "data" / "keystore", load_or_create_kek(tmp_path / "data" / "secrets" / "kek")
    )
    people = People(own_database.database, keystore, SystemClock(), UuidV7Ids(), Passwords())
    joined = await accept_as_new(people, link, NewPerson("Ada", FIRST), request_id=None)
    assert (joined.role, joined.organization.handle) == ("admin", "acme")

    reset = told(r"/reset#(cg_link_\S+)", run("person", "reset-link", "ada@example.com"))
    await reset_password(people, reset, SECOND, request_id=None)
    credentials = Credentials("ada@example.com", SECOND)
    assert (await sign_in(people, credentials, HOME)).person.id == joined.person.id

    run("person", "disable", "ada@example.com")
    with pytest.raises(InvalidCredentialsError):
        await sign_in(people, credentials, HOME)
    run("person", "enable", "ada@example.com")
    assert (await sign_in(people, credentials, HOME)).person.id == joined.person.id

    assert told(r"/sign-up#(cg_link_\S+)", run("org", "invite", "bob@example.com"))
    assert told(r"/join#(cg_invite_\S+)", run("org", "invite", "bob@example.com", "--to", "acme"))


async def test_operator_takes_a_lost_second_factor_away_and_the_person_is_told(
    own_database: OwnDatabase, tmp_path: Path
) -> None:
    def run(*arguments: str) -> str:
        said, code = run_here(
            *arguments, data_dir=tmp_path / "data", **own_database.environment(),
            COMMONGROUND_SMTP_URL="smtp+plain://127.0.0.1:9", COMMONGROUND_MAIL_FROM="cg@example.com",
            COMMONGROUND_PUBLIC_URL="http://127.0.0.1:8000",
        )  # fmt: skip
        assert code == 0, said
        return said

    for handle in ("acme", "globex"):
        run("org", "create", handle)
    keystore = FileKeystore(
        tmp_path / "data" / "keystore", load_or_create_kek(tmp_path / "data" / "secrets" / "kek")
    )
    people = People(own_database.database, keystore, SystemClock(), UuidV7Ids(), Passwords())
    person = await make_person(people, "ada@example.com", password=FIRST)
    credentials = Credentials("ada@example.com", FIRST)
    assert "no second factor" in run("person", "reset-second-factor", "ada@example.com")

    admin = await asyncpg.connect(own_database.urls.admin)
    for [org_id] in await admin.fetch("SELECT id FROM organization"):
        await join(people, person, org_id)
    signed = await bearer(people, await sign_in(people, credentials, HOME))
    enrolment = await enrol(people, Asked(signed, HOME, FIRST))
    await confirm(people, signed, pyotp.TOTP(enrolment.secret).now(), request_id=None)
    with pytest.raises(SecondFactorRequiredError):
        await sign_in(people, credentials, HOME)

    assert "password alone" in run("person", "reset-second-factor", "Ada@example.com")
    [left] = await admin.fetch("SELECT totp_secret, totp_confirmed_at, totp_step FROM person")
    assert set(left.values()) == {None}
    assert await admin.fetchval("SELECT count(*) FROM recovery_code") == 0
    assert await admin.fetchval("SELECT count(*) FROM session WHERE ended_at IS NULL") == 0
    noted = await admin.fetch(
        "SELECT org_id, actor_kind, target FROM audit_entry WHERE action = 'second_factor.reset'"
    )
    assert len({row["org_id"] for row in noted}) == 2
    assert {(row["actor_kind"], row["target"]) for row in noted} == {("operator", f"person:{person.id}")}
    jobs = await admin.fetch("SELECT payload FROM pgqueuer WHERE entrypoint = 'people.letter'")
    assert {"kind": "second_factor_off", "about": str(person.id)} in [
        json.loads(job["payload"]) for job in jobs
    ]
    await admin.close()
    assert (await sign_in(people, credentials, HOME)).person.id == person.id


async def test_refused_address_makes_no_organization_and_nobody_unknown_is_helped(
    own_database: OwnDatabase, tmp_path: Path
) -> None:
    for arguments, problem in (
        (("org", "create", "acme", "--admin-email", "no address"), "e-mail"),
        (("person", "reset-link", "nobody@example.com"), "Nobody here"),
    ):
        said, code = run_command(*arguments, data_dir=tmp_path / "data", **own_database.environment())
        assert (code, problem in said) == (1, True), said
    said, _ = run_command("org", "list", data_dir=tmp_path / "data", **own_database.environment())
    assert "acme" not in said
