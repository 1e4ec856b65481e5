"""Decisions about people that need no database."""

from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.organizations.errors import (
    InvalidEmailError,
    InvalidLinkError,
    NotSignedInError,
    WeakPasswordError,
)
from service.organizations.models import Role, Scope
from service.organizations.passwords import common
from service.organizations.rules import (
    OF_PERSON_AND_ADDRESS,
    ROLE_SCOPES,
    BackOff,
    check_password,
    normal_email,
    short_user_agent,
)
from service.organizations.throttle import network
from service.organizations.tokens import (
    link_digest,
    new_invitation_token,
    new_link,
    new_session_token,
    parse_invitation,
    parse_session_token,
)


def test_scopes_of_the_roles_are_these() -> None:
    reading = {scope for scope in Scope if scope.value.endswith(":read")} - {Scope.AUDIT_READ}
    administration = {Scope.MEMBERS_ADMIN, Scope.KEYS_ADMIN, Scope.AUDIT_READ, Scope.ORGANIZATION_ADMIN}
    assert ROLE_SCOPES[Role.ADMIN] == set(Scope)
    assert ROLE_SCOPES[Role.PARTNER_MANAGER] == set(Scope) - administration
    assert ROLE_SCOPES[Role.SALES] == reading | {Scope.LEADS_WRITE, Scope.COMMENTS_WRITE}
    assert ROLE_SCOPES[Role.VIEWER] == reading - {Scope.CONTACTS_READ}


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("Ada@Example.COM", "ada@example.com"),
        ("ada+x@example.com", "ada+x@example.com"),
        ("ada@b\u00fccher.example", "ada@b\u00fccher.example"),
        ("ada@XN--bcher-kva.example", "ada@b\u00fccher.example"),
    ],
)
def test_one_address_is_written_one_way(written: str, normal: str) -> None:
    assert normal_email(written) == normal == normal_email(normal)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "ada",
        "ada@",
        "@else.example",
        "a b@example.com",
        "a@b@c.com",
        "a\x00@example.com",
        "\ud800@x.com",
        "a" * 65 + "@x.com",
    ],
)
def test_what_is_no_address_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(InvalidEmailError) as caught:
        normal_email(text)
    assert len(text) < 4 or text not in str(caught.value)


@given(st.text(max_size=80))
def test_any_text_is_an_address_or_refused(text: str) -> None:
    try:
        normal = normal_email(text)
    except InvalidEmailError:
        return
    assert normal_email(normal) == normal


@pytest.mark.parametrize(
    "password", ["x" * 12, "x" * 256, "            ", "\U0001f511" * 12, "p\u00e4sswort-lang"]
)
def test_any_characters_make_a_password_of_12_to_256(password: str) -> None:
    check_password(password, common())


@pytest.mark.parametrize(
    "password", ["", "x" * 11, "x" * 257, "1q2w3e4r5t6y", "1Q2W3E4R5T6Y", "motherfucker"]
)
def test_short_long_and_common_passwords_are_refused_without_being_repeated(password: str) -> None:
    with pytest.raises(WeakPasswordError) as caught:
        check_password(password, common())
    assert not password or password not in str(caught.value)


def test_common_passwords_are_those_that_would_be_long_enough() -> None:
    assert len(common()) > 150
    assert all(len(one) >= 12 and one == one.casefold() for one in common())


def test_wait_doubles_up_to_its_longest() -> None:
    back_off = BackOff(2, timedelta(seconds=3), timedelta(seconds=20))
    waits = [back_off.wait(failures).total_seconds() for failures in range(8)]
    assert waits == [0, 0, 0, 3, 6, 12, 20, 20]
    assert OF_PERSON_AND_ADDRESS.wait(10**9) == timedelta(minutes=15)


@pytest.mark.parametrize(
    ("address", "where"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", "unknown"),
        ("testclient", "unknown"),
    ],
)
def test_network_of_an_address(address: str, where: str) -> None:
    assert network(address) == where


def test_browsers_name_is_one_short_line() -> None:
    assert short_user_agent("Fire\r\nfox\x00 \u2028 5") == "Fire fox 5"
    assert short_user_agent(None) == short_user_agent(" \n") == "unknown"
    assert len(short_user_agent("x" * 1000)) == 120


@given(st.uuids())
def test_tokens_say_whose_they_are(org_id: UUID) -> None:
    session, invitation = new_session_token(org_id), new_invitation_token(org_id)
    assert parse_session_token(session.text) == session
    assert parse_invitation(invitation.text) == invitation
    assert parse_session_token(session.text).org_id == org_id
    assert session.text not in repr(session)


@given(st.text(max_size=100))
def test_any_other_text_is_no_token(text: str) -> None:
    with pytest.raises(NotSignedInError):
        parse_session_token(text)
    with pytest.raises(InvalidLinkError):
        parse_invitation(text)
    with pytest.raises(InvalidLinkError):
        link_digest(text)


def test_no_two_tokens_are_alike() -> None:
    org_id = uuid4()
    assert len({new_session_token(org_id).text for _ in range(100)}) == 100
    assert len({new_link() for _ in range(100)}) == 100
