"""The second factor: set up, asked for, taken once, and switched off again."""

from collections.abc import AsyncIterator
from datetime import timedelta

import asyncpg
import httpx
import pyotp
import pytest
from fastapi import FastAPI

from service.kit.clock import FixedClock
from service.organizations.models import Person
from service.organizations.people import People
from tests.factories.people import PASSWORD, Browser, browser_of, make_person, new_client
from tests.support.logs import logged

PATH = "/v1/person/me/second-factor"


@pytest.fixture
async def browser(app: FastAPI, admin: Person) -> AsyncIterator[Browser]:
    async with browser_of(app, admin) as opened:
        yield opened


async def enrol(browser: Browser, clock: FixedClock) -> tuple[pyotp.TOTP, list[str]]:
    """The app that was set up, and the recovery codes; the next step begins."""
    made = await browser.ask("POST", PATH, json={"password": PASSWORD})
    assert made.status_code == 201, made.text
    totp = pyotp.TOTP(made.json()["secret"])
    confirmed = await browser.ask("POST", f"{PATH}/confirm", json={"code": totp.at(clock.now())})
    assert confirmed.status_code == 200, confirmed.text
    clock.advance(timedelta(seconds=30))
    return totp, confirmed.json()["recovery_codes"]


async def sign_in(app: FastAPI, code: str | None = None, *, password: str = PASSWORD) -> httpx.Response:
    given = {"email": "ada@example.com", "password": password} | ({"code": code} if code is not None else {})
    async with new_client(app) as client:
        return await client.post("/v1/sessions", json=given)


def problem(answer: httpx.Response) -> str:
    return str(answer.json()["type"]).rpartition(":")[2]


async def test_nothing_asks_for_a_code_before_one_was_confirmed(app: FastAPI, browser: Browser) -> None:
    await browser.ask("POST", PATH, json={"password": PASSWORD})
    assert (await browser.ask("GET", PATH)).json() == {
        "enabled": False, "confirmed_at": None, "recovery_codes_left": 0,
    }  # fmt: skip
    assert (await sign_in(app)).status_code == 201


async def test_signing_in_asks_for_a_code_and_takes_it(
    app: FastAPI, browser: Browser, clock: FixedClock
) -> None:
    totp, codes = await enrol(browser, clock)
    assert len(codes) == 10
    asked = await sign_in(app)
    assert (asked.status_code, problem(asked)) == (401, "second-factor-required")
    assert "recovery code" in asked.json()["detail"], "who has lost the phone learns what else will do"
    answer = await sign_in(app, totp.at(clock.now()))
    assert answer.status_code == 201, answer.text
    assert answer.json()["person"]["second_factor"] is True


async def test_a_code_tells_nothing_without_the_password(
    app: FastAPI, browser: Browser, clock: FixedClock
) -> None:
    totp, _ = await enrol(browser, clock)
    for code in (None, totp.at(clock.now())):
        answer = await sign_in(app, code, password="wrong wrong wrong")
        assert problem(answer) == "invalid-credentials"
    assert (await sign_in(app, totp.at(clock.now()))).status_code == 201


async def test_a_code_is_good_once(app: FastAPI, browser: Browser, clock: FixedClock) -> None:
    totp, _ = await enrol(browser, clock)
    code = totp.at(clock.now())
    assert (await sign_in(app, code)).status_code == 201
    assert problem(await sign_in(app, code)) == "second-factor-required"


async def test_the_code_that_confirmed_is_used_up(app: FastAPI, browser: Browser, clock: FixedClock) -> None:
    totp, _ = await enrol(browser, clock)
    assert (await sign_in(app, totp.at(clock.now() - timedelta(seconds=30)))).status_code == 401


async def test_a_recovery_code_stands_for_a_code_once(
    app: FastAPI, browser: Browser, clock: FixedClock
) -> None:
    _, codes = await enrol(browser, clock)
    assert (await sign_in(app, codes[3].upper())).status_code == 201
    assert (await sign_in(app, codes[3])).status_code == 401
    assert (await sign_in(app, codes[4])).status_code == 201
    assert (await browser.ask("GET", PATH)).json()["recovery_codes_left"] == 8


async def test_another_persons_recovery_code_is_worth_nothing(
    app: FastAPI, people: People, browser: Browser, clock: FixedClock
) -> None:
    await enrol(browser, clock)
    other = await make_person(people, "bob@example.com", password=PASSWORD)
    async with browser_of(app, other) as bobs:
        _, codes = await enrol(bobs, clock)
    assert (await sign_in(app, codes[0])).status_code == 401


async def test_wrong_codes_are_slowed_down_and_a_right_one_waits_too(
    app: FastAPI, browser: Browser, clock: FixedClock
) -> None:
    totp, _ = await enrol(browser, clock)
    answers = [await sign_in(app, "000000") for _ in range(6)]
    assert problem(answers[0]) == "second-factor-required"
    late = await sign_in(app, totp.at(clock.now()))
    assert late.status_code == 429
    assert int(late.headers["retry-after"]) >= 1


async def test_a_service_too_busy_to_judge_a_password_counts_no_failure(
    app: FastAPI, browser: Browser, clock: FixedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    totp, _ = await enrol(browser, clock)
    monkeypatch.setattr(app.state.commonground.passwords, "_room", 0)
    given = {"password": PASSWORD, "code": totp.at(clock.now())}
    busy = [await browser.ask("POST", f"{PATH}/disable", json=given) for _ in range(8)]
    assert {answer.status_code for answer in busy} == {503}
    monkeypatch.undo()
    assert (await browser.ask("POST", f"{PATH}/disable", json=given)).status_code == 204


async def test_confirming_what_was_never_begun_is_no_wrong_code(browser: Browser) -> None:
    answers = [await browser.ask("POST", f"{PATH}/confirm", json={"code": "000000"}) for _ in range(8)]
    assert {problem(answer) for answer in answers} == {"no-second-factor"}


async def test_enrolling_needs_the_password_and_a_session_that_means_it(
    app: FastAPI, client: httpx.AsyncClient, browser: Browser
) -> None:
    wrong = await browser.ask("POST", PATH, json={"password": "wrong wrong wrong"})
    assert problem(wrong) == "invalid-credentials"
    assert problem(await client.post(PATH, json={"password": PASSWORD})) == "not-signed-in"
    forged = await browser.client.post(PATH, json={"password": PASSWORD})
    assert problem(forged) == "cross-site"


async def test_a_second_enrolment_replaces_one_that_was_never_confirmed_and_no_other(
    browser: Browser, clock: FixedClock
) -> None:
    first = (await browser.ask("POST", PATH, json={"password": PASSWORD})).json()["secret"]
    second = (await browser.ask("POST", PATH, json={"password": PASSWORD})).json()["secret"]
    old = await browser.ask("POST", f"{PATH}/confirm", json={"code": pyotp.TOTP(first).at(clock.now())})
    assert problem(old) == "wrong-code"
    new = await browser.ask("POST", f"{PATH}/confirm", json={"code": pyotp.TOTP(second).at(clock.now())})
    assert new.status_code == 200
    third = await browser.ask("POST", PATH, json={"password": PASSWORD})
    assert problem(third) == "second-factor-set-up"
    again = await browser.ask("POST", f"{PATH}/confirm", json={"code": pyotp.TOTP(second).at(clock.now())})
    assert problem(again) == "second-factor-set-up"


async def test_confirming_what_was_never_begun_is_refused(browser: Browser) -> None:
    answer = await browser.ask("POST", f"{PATH}/confirm", json={"code": "000000"})
    assert problem(answer) == "no-second-factor"


async def test_confirming_ends_every_other_session(
    app: FastAPI, admin: Person, browser: Browser, clock: FixedClock
) -> None:
    async with browser_of(app, admin) as other:
        await enrol(browser, clock)
        assert (await other.ask("GET", "/v1/person/me")).status_code == 401
    current = (await browser.ask("GET", "/v1/sessions")).json()["items"]
    assert [session["second_factor"] for session in current] == [True]


async def test_switching_off_needs_password_and_code(
    app: FastAPI, browser: Browser, clock: FixedClock
) -> None:
    totp, codes = await enrol(browser, clock)
    for given, said in (
        ({"password": PASSWORD, "code": "000000"}, "second-factor-required"),
        ({"password": "wrong wrong wrong", "code": totp.at(clock.now())}, "invalid-credentials"),
    ):
        assert problem(await browser.ask("POST", f"{PATH}/disable", json=given)) == said
    done = await browser.ask("POST", f"{PATH}/disable", json={"password": PASSWORD, "code": codes[0]})
    assert done.status_code == 204
    assert (await sign_in(app)).status_code == 201
    again = await browser.ask("POST", f"{PATH}/disable", json={"password": PASSWORD, "code": codes[1]})
    assert problem(again) == "no-second-factor"


async def test_new_recovery_codes_make_the_old_ones_worthless(
    app: FastAPI, browser: Browser, clock: FixedClock
) -> None:
    totp, old = await enrol(browser, clock)
    given = {"password": PASSWORD, "code": totp.at(clock.now())}
    new = (await browser.ask("POST", f"{PATH}/recovery-codes", json=given)).json()["recovery_codes"]
    assert not set(old) & set(new)
    assert (await sign_in(app, old[0])).status_code == 401
    assert (await sign_in(app, new[0])).status_code == 201


async def test_neither_secret_nor_recovery_code_lies_open_in_the_database(
    browser: Browser, clock: FixedClock, superuser: asyncpg.Connection
) -> None:
    totp, codes = await enrol(browser, clock)
    people = str([tuple(row) for row in await superuser.fetch("SELECT * FROM person")])
    kept = [row["digest"] for row in await superuser.fetch("SELECT digest FROM recovery_code")]
    assert len(kept) == 10
    assert totp.secret not in people
    assert totp.byte_secret().hex() not in people
    [sealed] = [row["totp_secret"] for row in await superuser.fetch("SELECT totp_secret FROM person")]
    assert totp.byte_secret() not in sealed
    for code in codes:
        assert not any(code.replace("-", "").encode() in digest for digest in kept)


async def test_a_sealed_secret_opens_for_its_own_person_only(
    app: FastAPI, people: People, browser: Browser, clock: FixedClock, superuser: asyncpg.Connection
) -> None:
    totp, _ = await enrol(browser, clock)
    await make_person(people, "bob@example.com", password=PASSWORD)
    await superuser.execute(
        "UPDATE person SET (totp_secret, totp_confirmed_at) = "
        "(SELECT totp_secret, totp_confirmed_at FROM person WHERE email = 'ada@example.com')"
    )
    async with new_client(app) as client:
        given = {"email": "bob@example.com", "password": PASSWORD, "code": totp.at(clock.now())}
        assert (await client.post("/v1/sessions", json=given)).status_code == 500


async def test_each_change_stands_in_the_audit_log_without_a_secret(
    browser: Browser, clock: FixedClock, superuser: asyncpg.Connection
) -> None:
    totp, codes = await enrol(browser, clock)
    given = {"password": PASSWORD, "code": totp.at(clock.now())}
    renewed = (await browser.ask("POST", f"{PATH}/recovery-codes", json=given)).json()["recovery_codes"]
    await browser.ask("POST", f"{PATH}/disable", json={"password": PASSWORD, "code": renewed[0]})
    rows = await superuser.fetch("SELECT * FROM audit_entry")
    actions = [row["action"] for row in rows if row["action"].startswith("second_factor")]
    assert actions == [f"second_factor.{word}" for word in ("enabled", "codes_renewed", "disabled")]
    assert not any(code in str(rows) for code in [*codes, *renewed, totp.secret])


async def test_no_log_line_holds_a_secret_or_a_code(
    browser: Browser, clock: FixedClock, app: FastAPI
) -> None:
    with logged() as stream:
        totp, codes = await enrol(browser, clock)
        code = totp.at(clock.now())
        await sign_in(app, code)
        await sign_in(app, codes[0])
    said = stream.getvalue()
    assert "enrol_second_factor" in said
    assert not [secret for secret in (totp.secret, code, *codes, PASSWORD) if secret in said]
