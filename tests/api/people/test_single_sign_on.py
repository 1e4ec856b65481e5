"""Single sign-on against a real identity provider in a process of its own, which can be told to misbehave."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

import asyncpg
import httpx
import pytest
from fastapi import FastAPI

from service.kit.clock import FixedClock
from service.kit.fetch import Fetcher
from service.organizations.invitations import invite
from service.organizations.models import Person, Role, Scope
from service.organizations.people import People
from service.organizations.sso.provider import Provider
from service.organizations.sso.rules import NewPeople, SignOnConfig
from service.organizations.sso.ticket import LASTS
from tests.factories.people import PASSWORD, browser_of, new_client
from tests.factories.world import Member
from tests.support.logs import logged
from tests.support.oidc_provider import provider_process

COOKIE = "commonground-sign-on"


@dataclass
class Idp:
    """The provider, and the app that trusts it."""

    url: str
    app: FastAPI
    clock: FixedClock

    async def set(self, **config: Any) -> None:
        state = self.app.state.commonground
        changed = replace(state.sign_on.config, **config)
        object.__setattr__(state, "sign_on", Provider(changed, self.clock))

    async def misbehave(self, **how: object) -> None:
        await self.ask("PUT", "/_misbehave", json=how)

    async def knows(self, sub: str, **claims: object) -> None:
        await self.ask("PUT", f"/users/{sub}", json=claims)

    async def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        async with httpx.AsyncClient(base_url=self.url, trust_env=False) as client:
            return await client.request(method, path, **options)

    async def agree(self, location: str, sub: str) -> dict[str, str]:
        """Sign in at the provider; what it gives the browser along."""
        assert location.startswith(self.url)
        answer = await self.ask("POST", location.removeprefix(self.url), data={"sub": sub})
        assert answer.status_code == 302, answer.text
        assert answer.headers["location"].startswith("http://127.0.0.1:8000/v1/sso/callback?")
        return dict(parse_qsl(urlsplit(answer.headers["location"]).query))


@pytest.fixture(scope="module")
def provider_url() -> Iterator[str]:
    with provider_process() as url:
        yield url


@pytest.fixture
async def idp(provider_url: str, app: FastAPI, clock: FixedClock) -> Idp:
    clock.set(datetime.now(UTC))  # the provider is a real process and has a real clock
    config = SignOnConfig(
        issuer=provider_url,
        client_id="commonground",
        client_secret="hush",
        public_url="http://127.0.0.1:8000",
    )
    object.__setattr__(app.state.commonground, "sign_on", Provider(config, clock))
    made = Idp(provider_url, app, clock)
    await made.misbehave()
    await made.knows("ada", email="Ada@example.com", email_verified=True, name="Ada Lovelace")
    return made


async def start(client: httpx.AsyncClient, **query: str) -> str:
    answer = await client.get("/v1/sso/start", params=query)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def come_back(client: httpx.AsyncClient, given: dict[str, str]) -> httpx.Response:
    return await client.get("/v1/sso/callback", params=given, headers={"Sec-Fetch-Site": "cross-site"})


async def go(idp: Idp, client: httpx.AsyncClient, sub: str = "ada", **query: str) -> httpx.Response:
    return await come_back(client, await idp.agree(await start(client, **query), sub))


def problem(answer: httpx.Response) -> str:
    return str(answer.json()["type"]).rpartition(":")[2]


async def invited(people: People, org: Member, email: str, role: Role = Role.SALES) -> str:
    async with people.database.tenant(org.id) as session:
        made = await invite(session, people, email=email, role=role, held=[*Scope])
    assert made.link is not None
    return made.link.partition("#")[2]


async def count(superuser: asyncpg.Connection, table: str) -> int:
    return int(await superuser.fetchval(f"SELECT count(*) FROM {table}"))


async def test_without_a_provider_there_is_no_single_sign_on(client: httpx.AsyncClient) -> None:
    for answer in (
        await client.get("/v1/sso/start"),
        await client.post("/v1/sso/start", json={}),
        await client.get("/v1/sso/callback", params={"code": "x", "state": "y"}),
    ):
        assert (answer.status_code, problem(answer)) == (404, "sign-on-off")


async def test_a_person_with_the_address_is_signed_in_and_linked(
    idp: Idp, client: httpx.AsyncClient, admin: Person, org: Member, superuser: asyncpg.Connection
) -> None:
    answer = await go(idp, client, return_to="/overlaps?page=2")
    assert (answer.status_code, answer.headers["location"]) == (303, "/overlaps?page=2")
    me = (await client.get("/v1/sessions/current")).json()
    assert (me["person"]["email"], me["organization_id"]) == ("ada@example.com", str(org.id))
    row = await superuser.fetchrow("SELECT * FROM person_identity")
    assert (row["issuer"], row["subject"], row["person_id"]) == (idp.url, "ada", admin.id)


async def test_the_link_holds_when_the_address_changes_at_the_provider(
    idp: Idp, client: httpx.AsyncClient, admin: Person
) -> None:
    await go(idp, client)
    await idp.knows("ada", email="lovelace@example.com", email_verified=True)
    assert (await go(idp, client)).status_code == 303
    assert (await client.get("/v1/person/me")).json()["email"] == "ada@example.com"


async def test_the_browser_is_sent_with_state_nonce_and_a_challenge(
    idp: Idp, client: httpx.AsyncClient
) -> None:
    asked = parse_qs(urlsplit(await start(client)).query)
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["response_type"] == ["code"]
    assert all(len(asked[name][0]) == 43 for name in ("state", "nonce", "code_challenge"))
    again = parse_qs(urlsplit(await start(client)).query)
    assert not {asked[name][0] for name in ("state", "nonce", "code_challenge")} & {
        again[name][0] for name in ("state", "nonce", "code_challenge")
    }


async def test_the_ticket_is_kept_from_scripts_and_for_ten_minutes(
    idp: Idp, client: httpx.AsyncClient
) -> None:
    cookie = (await client.get("/v1/sso/start")).headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    for part in ("HttpOnly", "SameSite=lax", "Path=/", "Max-Age=600"):
        assert part in cookie


async def test_over_https_the_ticket_is_bound_to_this_host(idp: Idp, app: FastAPI) -> None:
    object.__setattr__(app.state.commonground, "public_url", "https://cg.example")
    async with new_client(app) as client:
        cookie = (await client.get("/v1/sso/start")).headers["set-cookie"]
    assert cookie.startswith(f"__Host-{COOKIE}=")
    assert "Secure" in cookie
    assert "Domain" not in cookie


@pytest.mark.parametrize(
    "wrong", [{"state": "x"}, {"state": ""}, {"code": ""}, {"iss": "https://evil.example"}]
)
async def test_an_answer_that_is_not_ours_is_refused(
    idp: Idp, client: httpx.AsyncClient, admin: Person, superuser: asyncpg.Connection, wrong: dict[str, str]
) -> None:
    given = await idp.agree(await start(client), "ada")
    answer = await come_back(client, given | wrong)
    assert (answer.status_code, problem(answer)) == (400, "sign-on-failed")
    assert await count(superuser, "session") == 0


async def test_an_answer_in_another_browser_is_refused(
    idp: Idp, app: FastAPI, client: httpx.AsyncClient, admin: Person
) -> None:
    given = await idp.agree(await start(client), "ada")
    async with new_client(app) as other:
        assert problem(await come_back(other, given)) == "sign-on-failed"
        await start(other)  # it has a ticket now, of another attempt
        assert problem(await come_back(other, given)) == "sign-on-failed"


async def test_a_ticket_that_was_changed_or_made_up_is_refused(
    idp: Idp, client: httpx.AsyncClient, admin: Person
) -> None:
    given = await idp.agree(await start(client), "ada")
    good = client.cookies[COOKIE]
    for bad in (good[:-3] + ("AAA" if good[-3:] != "AAA" else "BBB"), "e30", "!", "x" * 5000, ""):
        client.cookies.clear()
        client.cookies.set(COOKIE, bad, domain="test.local")
        assert problem(await come_back(client, given)) == "sign-on-failed"


async def test_a_ticket_grows_old(idp: Idp, client: httpx.AsyncClient, admin: Person) -> None:
    given = await idp.agree(await start(client), "ada")
    idp.clock.advance(LASTS)
    answer = await come_back(client, given)
    assert problem(answer) == "sign-on-failed"
    assert "too long" in answer.json()["detail"]


async def test_a_code_is_good_once_also_for_the_same_ticket(
    idp: Idp, client: httpx.AsyncClient, admin: Person
) -> None:
    given = await idp.agree(await start(client), "ada")
    ticket = client.cookies[COOKIE]
    assert (await come_back(client, given)).status_code == 303
    assert COOKIE not in client.cookies
    client.cookies.set(COOKIE, ticket, domain="test.local")
    assert problem(await come_back(client, given)) == "sign-on-failed"


async def test_a_code_of_another_attempt_is_refused_by_its_verifier(
    idp: Idp, client: httpx.AsyncClient, admin: Person
) -> None:
    stolen = (await idp.agree(await start(client), "ada"))["code"]
    given = await idp.agree(await start(client), "ada")
    assert problem(await come_back(client, given | {"code": stolen})) == "sign-on-failed"


@pytest.mark.parametrize(
    "how",
    [
        {"claims": {"nonce": "another"}},
        {"claims": {"nonce": None}},
        {"claims": {"aud": "somebody-else"}},
        {"claims": {"aud": "somebody-else", "azp": "commonground"}},
        {"claims": {"aud": ["commonground", "somebody-else"]}},
        {"claims": {"aud": None}},
        {"claims": {"azp": "somebody-else"}},
        {"claims": {"iss": "https://evil.example"}},
        {"claims": {"exp": 1}},
        {"claims": {"exp": None}},
        {"claims": {"iat": 99999999999}},
        {"claims": {"sub": None}},
        {"claims": {"sub": ""}},
        {"claims": {"sub": "x" * 256}},
        {"claims": {"sub": 7}},
        {"alg": "none"},
        {"alg": "HS256"},
        {"alg": "HS256-public"},
        {"kid": "unknown"},
    ],
    ids=str,
)
async def test_a_token_that_says_anything_else_is_refused(
    idp: Idp, client: httpx.AsyncClient, admin: Person, superuser: asyncpg.Connection, how: dict[str, Any]
) -> None:
    await idp.misbehave(**how)
    answer = await go(idp, client)
    assert (answer.status_code, problem(answer)) == (400, "sign-on-failed"), answer.text
    assert await count(superuser, "session") == 0
    assert await count(superuser, "person_identity") == 0


async def test_an_offer_of_hmac_in_the_discovery_changes_nothing(
    idp: Idp, client: httpx.AsyncClient, admin: Person
) -> None:
    offered = {"id_token_signing_alg_values_supported": ["RS256", "HS256", "none"]}
    for alg in ("HS256", "HS256-public", "none"):
        await idp.misbehave(discovery=offered, alg=alg)
        assert problem(await go(idp, client)) == "sign-on-failed"


async def test_a_clock_may_be_a_minute_off(idp: Idp, client: httpx.AsyncClient, admin: Person) -> None:
    now = int(idp.clock.now().timestamp())
    await idp.misbehave(claims={"exp": now - 50, "iat": now + 50})
    assert (await go(idp, client)).status_code == 303
    await idp.misbehave(claims={"exp": now - 90})
    assert problem(await go(idp, client)) == "sign-on-failed"


async def test_a_new_key_of_the_provider_is_fetched_and_an_old_token_refused(
    idp: Idp, client: httpx.AsyncClient, admin: Person
) -> None:
    assert (await go(idp, client)).status_code == 303
    await idp.ask("POST", "/_rotate")
    early = await go(idp, client)
    assert problem(early) == "sign-on-failed"  # its keys were asked for a moment ago
    idp.clock.advance(timedelta(seconds=11))
    assert (await go(idp, client)).status_code == 303


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "ada@example.com"},
        {"email": "ada@example.com", "email_verified": False},
        {"email": "ada@example.com", "email_verified": "false"},
        {"email": "ada@example.com", "email_verified": 1},
        {"email": "ada@example.com", "email_verified": ["true"]},
        {"email_verified": True},
        {"email": "no address", "email_verified": True},
        {"email": ["ada@example.com"], "email_verified": True},
    ],
    ids=str,
)
async def test_an_address_that_the_provider_does_not_vouch_for_lets_nobody_in(
    idp: Idp,
    client: httpx.AsyncClient,
    admin: Person,
    superuser: asyncpg.Connection,
    claims: dict[str, object],
) -> None:
    await idp.knows("ada", **claims)
    answer = await go(idp, client)
    assert (answer.status_code, problem(answer)) == (403, "sign-on-refused"), answer.text
    assert await count(superuser, "session") == 0


async def test_only_the_allowed_domains_come_in(idp: Idp, client: httpx.AsyncClient, admin: Person) -> None:
    for domains, status in ((frozenset({"other.example"}), 403), (frozenset({"example.com"}), 303)):
        await idp.set(email_domains=domains)
        assert (await go(idp, client)).status_code == status
    await idp.set(email_domains=frozenset({"example.com"}))
    await idp.knows("eve", email="eve@sub.example.com", email_verified=True)
    assert problem(await go(idp, client, "eve")) == "sign-on-refused"


async def test_a_stranger_gets_no_account_without_an_invitation(
    idp: Idp, client: httpx.AsyncClient, superuser: asyncpg.Connection
) -> None:
    answer = await go(idp, client)
    assert (answer.status_code, problem(answer)) == (403, "sign-on-refused")
    assert await count(superuser, "person") == 0


async def test_an_invitation_makes_an_account_without_a_password_and_a_member(
    idp: Idp, client: httpx.AsyncClient, people: People, org: Member, superuser: asyncpg.Connection
) -> None:
    link = await invited(people, org, "ada@example.com")
    begun = await client.post("/v1/sso/start", json={"invitation": link, "return_to": "/welcome"})
    assert begun.status_code == 200, begun.text
    assert link not in begun.json()["location"]
    answer = await come_back(client, await idp.agree(begun.json()["location"], "ada"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/welcome")
    me = (await client.get("/v1/sessions/current")).json()
    assert (me["role"], me["organization_id"], me["person"]["name"]) == ("sales", str(org.id), "Ada Lovelace")
    assert me["person"]["email_verified"] is True
    assert await superuser.fetchval("SELECT password_hash FROM person") is None
    assert (await go(idp, client)).status_code == 303  # from now on without it


@pytest.mark.parametrize("invitation", ["cg_invite_x", "another"])
async def test_an_invitation_that_is_not_theirs_makes_no_account(
    idp: Idp,
    client: httpx.AsyncClient,
    org: Member,
    superuser: asyncpg.Connection,
    invitation: str,
) -> None:
    if invitation == "another":
        people = idp.app.state.commonground.people
        invitation = await invited(people, org, "bob@example.com")
    begun = await client.post("/v1/sso/start", json={"invitation": invitation})
    answer = await come_back(client, await idp.agree(begun.json()["location"], "ada"))
    assert problem(answer) in {"invalid-link", "other-address"}
    assert await count(superuser, "person") == await count(superuser, "person_identity") == 0


async def test_somebody_known_accepts_an_invitation_on_the_way(
    idp: Idp, client: httpx.AsyncClient, people: People, admin: Person, world: Any
) -> None:
    other = await world.organization("other")
    begun = await client.post(
        "/v1/sso/start", json={"invitation": await invited(people, other, "ada@example.com")}
    )
    answer = await come_back(client, await idp.agree(begun.json()["location"], "ada"))
    assert answer.status_code == 303, answer.text
    assert (await client.get("/v1/organizations/me")).json()["handle"] == "other"


async def test_where_anyone_of_a_domain_may_come_a_stranger_gets_an_account_in_no_organization(
    idp: Idp, client: httpx.AsyncClient
) -> None:
    await idp.set(new_people=NewPeople.ANYONE, email_domains=frozenset({"example.com"}))
    assert (await go(idp, client)).status_code == 303
    me = (await client.get("/v1/sessions/current")).json()
    assert (me["organization_id"], me["person"]["organizations"]) == (None, [])


async def test_who_took_an_address_that_is_not_theirs_loses_the_account_to_its_owner(
    idp: Idp, app: FastAPI, client: httpx.AsyncClient, admin: Person, superuser: asyncpg.Connection
) -> None:
    await superuser.execute("UPDATE person SET email_verified_at = NULL")
    async with browser_of(app, admin) as squatter:
        assert (await go(idp, client)).status_code == 303
        assert (await squatter.ask("GET", "/v1/person/me")).status_code == 401
    async with new_client(app) as other:
        given = {"email": "ada@example.com", "password": PASSWORD}
        assert (await other.post("/v1/sessions", json=given)).status_code == 401
    assert (await client.get("/v1/person/me")).json()["email_verified"] is True


async def test_who_has_shown_the_address_keeps_the_password(
    idp: Idp, app: FastAPI, client: httpx.AsyncClient, admin: Person
) -> None:
    await go(idp, client)
    async with new_client(app) as other:
        given = {"email": "ada@example.com", "password": PASSWORD}
        assert (await other.post("/v1/sessions", json=given)).status_code == 201


async def test_a_disabled_person_stays_out(
    idp: Idp, client: httpx.AsyncClient, admin: Person, superuser: asyncpg.Connection
) -> None:
    await go(idp, client)
    await superuser.execute("UPDATE person SET disabled_at = now()")
    assert problem(await go(idp, client)) == "sign-on-refused"


async def test_a_session_that_the_browser_had_before_ends(
    idp: Idp, client: httpx.AsyncClient, admin: Person
) -> None:
    await go(idp, client)
    before = client.cookies["commonground"]
    await go(idp, client)
    client.cookies.set("commonground", before, domain="test.local")
    assert client.cookies["commonground"] == before or before
    async with httpx.AsyncClient(transport=client._transport, base_url="http://test") as other:
        other.cookies.set("commonground", before, domain="test.local")
        assert (await other.get("/v1/person/me")).status_code == 401


@pytest.mark.parametrize(
    "wanted",
    ["https://evil.example", "//evil.example", "/\\evil.example", "\\\\evil.example", "javascript:alert(1)", "/a b", "/\tx", "evil", ""],
)  # fmt: skip
async def test_the_way_back_is_a_path_of_this_server(
    idp: Idp, client: httpx.AsyncClient, admin: Person, wanted: str
) -> None:
    assert (await go(idp, client, return_to=wanted)).headers["location"] == "/"


@pytest.mark.parametrize(
    "how",
    [
        {"discovery": {"issuer": "https://evil.example"}},
        {"discovery": {"token_endpoint": "http://evil.example/token"}},
        {"discovery": {"jwks_uri": "file:///etc/passwd"}},
        {"discovery": {"authorization_endpoint": "javascript:alert(1)"}},
        {"discovery": {"authorization_endpoint": None}},
        {"discovery": {"id_token_signing_alg_values_supported": ["HS256", "none"]}},
        {"discovery": {"id_token_signing_alg_values_supported": "RS256"}},
    ],
    ids=str,
)
async def test_a_provider_that_describes_itself_badly_is_not_used(
    idp: Idp, client: httpx.AsyncClient, how: dict[str, Any]
) -> None:
    await idp.misbehave(**how)
    answer = await client.get("/v1/sso/start")
    assert (answer.status_code, problem(answer)) == (503, "provider-unavailable")
    assert int(answer.headers["retry-after"]) > 0


@pytest.mark.parametrize("how", [{"status": 500}, {"size": 1_000_000}, {"size": 10}], ids=str)
async def test_a_provider_that_breaks_down_is_told_as_such(
    idp: Idp, client: httpx.AsyncClient, admin: Person, how: dict[str, Any]
) -> None:
    await idp.misbehave(**how)
    answer = await go(idp, client)
    assert (answer.status_code, problem(answer)) == (503, "provider-unavailable")


async def test_a_provider_that_is_gone_or_hangs_is_left_in_time(
    idp: Idp, app: FastAPI, client: httpx.AsyncClient
) -> None:
    from tests.support.mailbox import silent  # noqa: PLC0415

    async with silent() as port:
        config = replace(app.state.commonground.sign_on.config, issuer=f"http://127.0.0.1:{port}")
        slow = Provider(config, idp.clock, Fetcher(plain_loopback=True, deadline=0.2))
        object.__setattr__(app.state.commonground, "sign_on", slow)
        assert problem(await client.get("/v1/sso/start")) == "provider-unavailable"
    assert problem(await client.get("/v1/sso/start")) == "provider-unavailable"


async def test_a_network_that_brings_many_bad_answers_is_slowed_down(
    idp: Idp, client: httpx.AsyncClient, admin: Person
) -> None:
    await start(client)
    given = {"code": "guessed", "state": parse_qs(urlsplit(await start(client)).query)["state"][0]}
    answers = [await come_back(client, given) for _ in range(32)]
    assert problem(answers[0]) == "sign-on-failed"
    assert answers[-1].status_code == 429


async def test_the_audit_log_tells_how_and_links_without_an_address(
    idp: Idp, client: httpx.AsyncClient, admin: Person, superuser: asyncpg.Connection
) -> None:
    await go(idp, client)
    rows = await superuser.fetch("SELECT * FROM audit_entry ORDER BY 1, 2")
    by_action = {row["action"]: str(row["details"]) for row in rows}
    assert "identity.linked" in by_action
    assert "oidc" in by_action["session.started"]
    assert "ada@" not in str(rows)
    assert idp.url not in str(rows)


async def test_no_log_line_holds_code_state_token_or_address(
    idp: Idp, client: httpx.AsyncClient, admin: Person
) -> None:
    with logged() as stream:
        given = await idp.agree(await start(client), "ada")
        await come_back(client, given)
        await come_back(client, given)
    ours = [line for line in stream.getvalue().splitlines() if '"logger": "http' not in line]
    said = "\n".join(ours)
    assert "finish_sign_on" in said
    assert not [
        text for text in (given["code"], given["state"], "ada@example.com", "hush", "eyJ") if text in said
    ]
