"""What a running app holds: built once by the entry point, handed to every request."""

from dataclasses import dataclass, field

from service.crypto import Keystore
from service.db.database import Database
from service.guards.limits import Limiter
from service.http.at_once import AtOnce
from service.http.gate import Gate
from service.http.key_uses import KeyUses
from service.http.known_callers import KnownCallers
from service.http.metrics import Metrics
from service.http.service_keys import Signer
from service.imports.spool import Spool
from service.imports.watching import Watching
from service.kit.clock import Clock
from service.kit.ids import Ids
from service.kit.mail import Mailer, NoMailer
from service.organizations.passwords import Passwords
from service.organizations.people import People
from service.organizations.sso.provider import Provider
from service.partnerships.inviting.rules import Operator


@dataclass(frozen=True, slots=True)
class AppState:
    database: Database
    keystore: Keystore
    spool: Spool
    clock: Clock
    ids: Ids
    mailer: Mailer = field(default_factory=NoMailer)
    """Says whether letters leave; they are sent by jobs."""
    public_url: str = "http://127.0.0.1:8000"
    """Where people reach the service, without a slash at the end."""
    passwords: Passwords = field(default_factory=Passwords)
    sign_up_is_open: bool = False
    """Whether anybody may make an organization, or only whom the operator invites."""
    key_uses: KeyUses = field(default_factory=KeyUses)
    limiter: Limiter = field(default_factory=Limiter)
    callers: KnownCallers = field(default_factory=KnownCallers)
    signer: Signer = field(default_factory=Signer)
    """Signs cursors."""
    reports: AtOnce = field(default_factory=lambda: AtOnce(2))
    """Those over a whole list."""
    receiving: AtOnce = field(default_factory=lambda: AtOnce(8, of="batches"))
    """Bodies of batches that come in, and lie in memory until they are whole."""
    batches: AtOnce = field(default_factory=lambda: AtOnce(2, of="batches"))
    """Those of accounts, which take memory while they are read and compared."""
    watching: Watching = field(default_factory=Watching)
    """Imports that are watched as they go."""
    gate: Gate = field(default_factory=Gate)
    """Closed while nobody may be served yet."""
    metrics: Metrics = field(default_factory=Metrics)
    metrics_token: str | None = None
    """Whoever sends it as a bearer reads `/metrics`; without one there is no such address."""

    operator: Operator = field(default_factory=Operator)
    """Who operates the server, as invitations say."""

    sign_on: Provider | None = None
    """The identity provider that people may sign in with."""

    @property
    def people(self) -> People:
        """The parts that operations of people need."""
        return People(
            self.database, self.keystore, self.clock, self.ids, self.passwords, public_url=self.public_url,
            letters_leave=self.mailer.is_set_up, sign_up_is_open=self.sign_up_is_open,
        )  # fmt: skip
