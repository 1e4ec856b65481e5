"""The identity provider as it describes itself, and what it says of whoever signed in (OpenID Connect Core 1.0).

Nothing here has a transaction open: every question goes over the network.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlencode

from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]  # ships no types
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]  # as above
from joserfc import jwt
from joserfc.errors import BadSignatureError, InvalidKeyIdError, JoseError
from joserfc.jwk import JWKRegistry, KeySet
from joserfc.jws import JWSRegistry

from service.kit.clock import Clock
from service.kit.fetch import Fetched, Fetcher, FetchError
from service.organizations.errors import ProviderUnavailableError, SignOnFailedError
from service.organizations.sso.rules import ALGORITHMS, LEEWAY_SECONDS, Identity, SignOnConfig, identity_of
from service.organizations.sso.ticket import Ticket

T = TypeVar("T")
KEPT: Final = timedelta(hours=1)
"""How long what the provider says of itself is believed without asking again."""
ASKED_AGAIN: Final = timedelta(seconds=10)
"""How soon its keys are asked for again, for a key that isn't among them."""
_OK: Final = 200
_LONGEST_TOKEN: Final = 16 * 1024


@dataclass(frozen=True, slots=True)
class Discovery:
    """What the provider says of itself (OpenID Connect Discovery 1.0)."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    algorithms: frozenset[str]
    takes_basic: bool


@dataclass(slots=True)
class _Kept:
    at: datetime | None = None
    value: Any = None
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)

    def is_fresh(self, now: datetime, lasts: timedelta) -> bool:
        return self.at is not None and self.at <= now < self.at + lasts


class Provider:
    """The one provider of this server; one instance a process, which keeps what it has learned."""

    def __init__(self, config: SignOnConfig, clock: Clock, fetcher: Fetcher | None = None) -> None:
        self.config, self._clock = config, clock
        self._fetcher = fetcher or Fetcher(plain_loopback=config.allows_plain_http)
        self._discovery, self._keys = _Kept(), _Kept()

    async def address(self, ticket: Ticket) -> str:
        """Where the browser goes to sign in. ProviderUnavailableError."""
        found = await self.discovery()
        asked = {
            "response_type": "code", "scope": "openid email profile", "client_id": self.config.client_id,
            "redirect_uri": self.config.redirect_uri, "state": ticket.state, "nonce": ticket.nonce,
            "code_challenge": create_s256_code_challenge(ticket.verifier), "code_challenge_method": "S256",
        }  # fmt: skip
        separator = "&" if "?" in found.authorization_endpoint else "?"
        return f"{found.authorization_endpoint}{separator}{urlencode(asked)}"

    async def identify(self, ticket: Ticket, code: str) -> Identity:
        """Who signed in, for a code that came back. SignOnFailedError, SignOnRefusedError, ProviderUnavailableError."""
        token = await self._redeem(ticket, code)
        return identity_of(await self._claims(token, ticket.nonce), self.config)

    async def discovery(self) -> Discovery:
        """What the provider says of itself, asked for once an hour. ProviderUnavailableError."""
        kept = self._discovery
        async with kept.lock:
            if not kept.is_fresh(self._clock.now(), KEPT):
                url = self.config.issuer.rstrip("/") + "/.well-known/openid-configuration"
                kept.value = self._described((await self._get(url)).body)
                kept.at = self._clock.now()
        found: Discovery = kept.value
        return found

    def _described(self, said: Mapping[str, Any]) -> Discovery:
        if said.get("issuer") != self.config.issuer:
            raise ProviderUnavailableError("calls itself by another name than COMMONGROUND_SSO_ISSUER")
        authorization, token, jwks = (
            self._address(said, name) for name in ("authorization_endpoint", "token_endpoint", "jwks_uri")
        )
        methods = said.get("token_endpoint_auth_methods_supported")
        return Discovery(
            authorization,
            token,
            jwks,
            _algorithms(said),
            not isinstance(methods, list) or "client_secret_basic" in methods,
        )

    def _address(self, said: Mapping[str, Any], name: str) -> str:
        found = said.get(name)
        if not isinstance(found, str) or not self._fetcher.may(found):
            raise ProviderUnavailableError(f"gives no https address as its {name}")
        return found

    async def _redeem(self, ticket: Ticket, code: str) -> str:
        """The id token for the code, which the provider gives once."""
        found, config = await self.discovery(), self.config
        form = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": config.redirect_uri,
            "code_verifier": ticket.verifier, "client_id": config.client_id,
        }  # fmt: skip
        basic = None
        if found.takes_basic:  # RFC 6749, section 2.3.1: both parts are encoded as in a form first
            basic = quote(config.client_id, safe=""), quote(config.client_secret, safe="")
        else:
            form["client_secret"] = config.client_secret
        answer = await self._post(found.token_endpoint, form, basic)
        token = answer.body.get("id_token")
        if answer.status != _OK or not isinstance(token, str) or len(token) > _LONGEST_TOKEN:
            raise SignOnFailedError("The identity provider took the code for no good one")
        return token

    async def _claims(self, token: str, nonce: str) -> CodeIDToken:
        """What the provider says, once its signature, its addressee, its time and its nonce are right."""
        try:
            decoded = await self._decoded(token)
            options: Any = {
                "iss": {"essential": True, "value": self.config.issuer},
                "aud": {"essential": True, "value": self.config.client_id},
                "sub": {"essential": True},
                "nonce": {"essential": True, "value": nonce},
            }
            params = {"nonce": nonce, "client_id": self.config.client_id}
            claims = CodeIDToken(decoded.claims, decoded.header, options, params)
            claims.validate(int(self._clock.now().timestamp()), LEEWAY_SECONDS)
        except (JoseError, ValueError, TypeError):  # the texts may quote what the token says
            raise SignOnFailedError from None
        return claims

    async def _decoded(self, token: str) -> jwt.Token:
        algorithms = sorted((await self.discovery()).algorithms)
        registry = JWSRegistry(algorithms=algorithms)
        try:
            return jwt.decode(token, await self._key_set(KEPT), algorithms=algorithms, registry=registry)
        except (InvalidKeyIdError, BadSignatureError):  # the provider may have new keys, and name none
            return jwt.decode(
                token, await self._key_set(ASKED_AGAIN), algorithms=algorithms, registry=registry
            )

    async def _key_set(self, lasts: timedelta) -> KeySet:
        kept = self._keys
        async with kept.lock:
            if not kept.is_fresh(self._clock.now(), lasts):
                answer = await self._get((await self.discovery()).jwks_uri)
                kept.value, kept.at = _public_keys(answer.body), self._clock.now()
        found: KeySet = kept.value
        return found

    async def _get(self, url: str) -> Fetched:
        try:
            answer = await self._fetcher.get(url)
        except FetchError as error:
            raise ProviderUnavailableError(f"can't be asked: {error}") from None
        if answer.status != _OK:
            raise ProviderUnavailableError(f"answers with status {answer.status}")
        return answer

    async def _post(self, url: str, form: Mapping[str, str], basic: tuple[str, str] | None) -> Fetched:
        try:
            answer = await self._fetcher.post(url, form, basic=basic)
        except FetchError as error:
            raise ProviderUnavailableError(f"can't be asked: {error}") from None
        if answer.status >= 500:  # noqa: PLR2004 - a server's own fault
            raise ProviderUnavailableError(f"answers with status {answer.status}")
        return answer


def _algorithms(said: Mapping[str, Any]) -> frozenset[str]:
    offered = said.get("id_token_signing_alg_values_supported")
    found = ALGORITHMS.intersection(
        name for name in (offered if isinstance(offered, list) else []) if isinstance(name, str)
    )
    if not found:
        raise ProviderUnavailableError("offers no signature that only it can make")
    return found


def _public_keys(said: Mapping[str, Any]) -> KeySet:
    """The keys for signatures, without any that both sides would know: an HMAC under one would prove nothing."""
    listed = said.get("keys")
    keys = []
    for one in listed if isinstance(listed, list) else []:
        if (
            isinstance(one, dict)
            and one.get("kty") in {"RSA", "EC", "OKP"}
            and one.get("use", "sig") == "sig"
        ):
            try:
                keys.append(JWKRegistry.import_key(one))
            except (JoseError, ValueError, TypeError):
                continue
    if not keys:
        raise ProviderUnavailableError("publishes no key that can be used")
    return KeySet(keys)
