"""Codes of authenticator apps against RFC 6238, and recovery codes however they are typed."""

from datetime import UTC, datetime, timedelta

import pytest

from service.organizations.one_time import (
    as_text,
    as_uri,
    matching_step,
    new_recovery_codes,
    new_secret,
    recovery_text,
)

RFC_SECRET = b"12345678901234567890"
RFC_CODES = [
    (59, "287082"),
    (1111111109, "081804"),
    (1111111111, "050471"),
    (1234567890, "005924"),
    (2000000000, "279037"),
]
"""RFC 6238, appendix B, SHA-1: the last six of its eight digits."""


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


@pytest.mark.parametrize(("seconds", "code"), RFC_CODES)
def test_codes_of_the_rfc_are_taken_at_their_time(seconds: int, code: str) -> None:
    assert matching_step(RFC_SECRET, code, at(seconds), after=None) == seconds // 30


@pytest.mark.parametrize(("off", "taken"), [(-60, False), (-30, True), (0, True), (30, True), (60, False)])
def test_a_clock_may_be_one_step_off_and_no_more(off: int, *, taken: bool) -> None:
    seconds, code = RFC_CODES[1]
    found = matching_step(RFC_SECRET, code, at(seconds) + timedelta(seconds=off), after=None)
    assert (found == seconds // 30) is taken


def test_no_step_is_taken_twice_nor_one_before_it() -> None:
    seconds, code = RFC_CODES[1]
    step = seconds // 30
    assert matching_step(RFC_SECRET, code, at(seconds), after=step - 1) == step
    assert matching_step(RFC_SECRET, code, at(seconds), after=step) is None
    assert matching_step(RFC_SECRET, code, at(seconds), after=step + 1) is None


@pytest.mark.parametrize("code", ["", "08180", "0818044", "08180a", "٠٨١٨٠٤", "081804\x00", "-81804"])
def test_what_is_no_code_is_not_taken(code: str) -> None:
    assert matching_step(RFC_SECRET, code, at(RFC_CODES[1][0]), after=None) is None


def test_blanks_that_are_copied_along_do_not_matter() -> None:
    assert matching_step(RFC_SECRET, " 081 804\n", at(RFC_CODES[1][0]), after=None) is not None


def test_the_address_of_a_secret_names_account_and_service() -> None:
    uri = as_uri(RFC_SECRET, account="ada@example.com", issuer="Commonground cg.example")
    assert uri.startswith("otpauth://totp/Commonground%20cg.example:ada%40example.com?")
    assert f"secret={as_text(RFC_SECRET)}" in uri
    assert "issuer=Commonground%20cg.example" in uri


def test_secrets_and_recovery_codes_are_never_the_same() -> None:
    assert len({new_secret() for _ in range(100)}) == 100
    assert len(new_secret()) == 20
    codes = [code for _ in range(20) for code in new_recovery_codes()]
    assert len(codes) == len(set(codes)) == 200


@pytest.mark.parametrize(
    "typed", ["abcd-1234-wxyz-0000", "ABCD 1234 WXYZ OOOO", "abcdI234wxyz0o0O", "abcd-l234-wxyz-0000"]
)
def test_a_recovery_code_is_read_however_it_is_typed(typed: str) -> None:
    assert recovery_text(typed) == "abcd1234wxyz0000"


@pytest.mark.parametrize(
    "typed", ["", "abcd-1234-wxyz", "abcd-1234-wxyz-000u", "081804", "abcd-1234-wxyz-00000"]
)
def test_what_can_be_no_recovery_code_is_told_without_a_look(typed: str) -> None:
    assert recovery_text(typed) is None


def test_every_recovery_code_reads_as_itself() -> None:
    for code in new_recovery_codes():
        assert recovery_text(code) == code.replace("-", "")
