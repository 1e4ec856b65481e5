"""The operator's commands about people, as processes on a database of their own."""

import re
from pathlib import Path

import pytest

from service.crypto import FileKeystore, load_or_create_kek
from service.kit.clock import SystemClock
from service.kit.ids import UuidV7Ids
from service.organizations.credentials import reset_password
from service.organizations.errors import InvalidCredentialsError
from service.organizations.invitations import NewPerson, accept_as_new
from service.organizations.passwords import Passwords
from service.organizations.people import People
from service.organizations.sign_in import Credentials, sign_in
from tests.factories.people import HOME
from tests.support.processes import run_command
from tests.support.servers import OwnDatabase

FIRST, SECOND = "a few words of mine", "other words of mine"


def told(pattern: str, said: str) -> str:
    found = re.search(pattern, said)
    assert found, said
    return found[1]


async def test_first_admin_comes_by_the_printed_link_and_the_operator_can_help_and_stop_them(
    own_database: OwnDatabase, tmp_path: Path
) -> None:
    def run(*arguments: str) -> str:
        said, code = run_command(*arguments, data_dir=tmp_path / "data", **own_database.environment())
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
