"""Settings, read from the environment by the entry points and passed on as plain values.

Every name begins with `COMMONGROUND_`, except the three addresses: `DATABASE_URL`, `MATCHER_DATABASE_URL`,
`MIGRATOR_DATABASE_URL`. Without them the embedded server serves, which production refuses.
"""

import os
import re
import sys
from collections.abc import Callable
from enum import StrEnum
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Self, TypeVar

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from service.crypto import FileKeystore, load_or_create_kek
from service.db.addresses import is_address
from service.kit.mail import Mailer, MailError, NoMailer, SmtpMailer, SmtpServer, read_sender
from service.organizations.sso.rules import NewPeople, SignOnConfig, is_fit_issuer

PREFIX = "COMMONGROUND_"
ADDRESS_SHAPE = (
    "postgresql://ROLE:PASSWORD@HOST/DATABASE, with / @ : ? # and % of the password written as %2F and so on"
)
T = TypeVar("T")


class SettingsError(Exception):
    """A setting is missing, wrong or unsafe. The message names each variable and never a value."""


class Environment(StrEnum):
    DEVELOPMENT = "development"
    PRODUCTION = "production"


class SignUp(StrEnum):
    OPEN = "open"
    """Whoever shows that an address is theirs may make an organization."""
    INVITED = "invited"
    """Whom the operator invites."""


class LogFormat(StrEnum):
    AUTO = "auto"
    """For a person on a terminal, else JSON."""
    JSON = "json"
    CONSOLE = "console"


def default_data_dir() -> Path:
    """Where data lie if nothing is said. As root not in a home: the database server's own user must get there."""
    if sys.platform != "win32" and os.geteuid() == 0:
        return Path("/var/lib/commonground")
    return Path("~/.local/share/commonground").expanduser()


class Settings(BaseSettings):
    """All settings of a process. Build with `load_settings`, which words what is wrong."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", populate_by_name=True, frozen=True)

    environment: Environment = Environment.DEVELOPMENT
    data_dir: Path = Field(default_factory=default_data_dir)
    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = ("127.0.0.1", "::1")
    """Addresses and networks whose word on where a request came from is taken."""

    database_url: SecretStr | None = Field(default=None, validation_alias="DATABASE_URL")
    matcher_database_url: SecretStr | None = Field(default=None, validation_alias="MATCHER_DATABASE_URL")
    migrator_database_url: SecretStr | None = Field(default=None, validation_alias="MIGRATOR_DATABASE_URL")

    backup_database_url: SecretStr | None = Field(default=None, validation_alias="BACKUP_DATABASE_URL")
    """Of the role that sees every row; for backups only."""
    pg_bin: Path | None = None
    """Where PostgreSQL's own programs lie, if they aren't found by themselves."""

    keystore_dir: Path | None = None
    """Organizations' and partnerships' keys; not to be in the database's backup."""
    kek_file: Path | None = None
    """The key that wraps those keys."""

    upload_bytes: Annotated[int, Field(gt=0)] = 200 * 1024**2
    """The largest body of an import, as sent."""
    requests_per_caller: Annotated[int, Field(ge=1)] = 1_200
    """A minute, of one API key or signed-in person."""
    requests_per_organization: Annotated[int, Field(ge=1)] = 6_000
    """A minute, of all of them together."""
    request_seconds: Annotated[float, Field(gt=0)] = 90.0
    """The longest that a request may take."""
    upload_seconds: Annotated[float, Field(gt=0)] = 3_600.0
    """The same for an upload."""
    grace_seconds: Annotated[int, Field(ge=0)] = 20
    """How long requests may go on when the service is told to stop."""
    metrics_token: SecretStr | None = None
    """Whoever sends it as a bearer may read `/metrics`; without it there is no such address."""
    jobs_at_once: Annotated[int, Field(ge=1, le=64)] = 4
    epoch_days: Annotated[int, Field(ge=0, le=3650)] = 365
    """After so many days a partnership's keys are rotated; 0 for never."""
    warm_tokens_mb: Annotated[int, Field(ge=0)] = 256
    """Memory for token segments that a worker keeps once it has read them."""

    sign_up: SignUp = SignUp.INVITED
    passwords_at_once: Annotated[int, Field(ge=1, le=64)] = 2
    """Passwords that are hashed at a time; each takes 19 MiB and a core."""

    operator_name: str | None = None
    """Who operates the server: every invitation to a partnership says so."""
    operator_handle: str | None = None
    """Of the operator's own organization on this server, if it has one."""

    public_url: str | None = None
    """Where people reach the service: links and single sign-on come back to it."""
    smtp_url: SecretStr | None = None
    """Where letters are handed over; none leave without it."""
    mail_from: str | None = None
    sso_issuer: str | None = None
    """The OpenID provider that people may sign in with."""
    sso_client_id: str | None = None
    sso_client_secret: SecretStr | None = None
    sso_email_domains: Annotated[tuple[str, ...], NoDecode] = ()
    """The domains whose people may; none for all that the provider vouches for."""
    sso_people: NewPeople = NewPeople.INVITED
    """Who gets an account by signing in for the first time."""

    log_format: LogFormat = LogFormat.AUTO
    log_level: str = "INFO"

    @property
    def is_embedded(self) -> bool:
        """Whether the embedded server holds the data."""
        return self.database_url is None

    @property
    def own_url(self) -> str:
        """Where people reach the service, without a slash at the end."""
        return self.public_url or f"http://{self.host}:{self.port}"

    @property
    def keystore_folder(self) -> Path:
        return self.keystore_dir or self.data_dir / "keystore"

    @property
    def kek_path(self) -> Path:
        return self.kek_file or self.data_dir / "secrets" / "kek"

    @property
    def upload_folder(self) -> Path:
        """Uploads on their way into the database."""
        return self.data_dir / "uploads"

    @field_validator("database_url", "matcher_database_url", "migrator_database_url", "backup_database_url")
    @classmethod
    def _readable(cls, given: SecretStr | None) -> SecretStr | None:
        if given is not None and not is_address(given.get_secret_value()):
            raise ValueError(ADDRESS_SHAPE)
        return given

    @model_validator(mode="after")
    def _all_addresses_or_none(self) -> Self:
        if (self.database_url is None) != (self.matcher_database_url is None):
            raise ValueError(
                "DATABASE_URL and MATCHER_DATABASE_URL go together: the app and the matcher are two roles of one database"
            )
        return self

    @field_validator("sso_email_domains", "trusted_proxies", mode="before")
    @classmethod
    def _listed(cls, given: object) -> object:
        return (
            tuple(part.strip().lower() for part in given.split(",") if part.strip())
            if isinstance(given, str)
            else given
        )

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        try:
            return tuple(str(ip_network(one)) for one in given)
        except ValueError:
            raise ValueError(
                "addresses and networks with commas between, such as 127.0.0.1,172.17.0.0/16"
            ) from None

    @field_validator("public_url")
    @classmethod
    def _without_a_slash(cls, given: str | None) -> str | None:
        if given is not None and not re.fullmatch(r"https?://[\w.:\[\]-]+/?", given):
            raise ValueError("scheme and host as people type them, such as https://commonground.example")
        return given and given.rstrip("/")

    @model_validator(mode="after")
    def _open_sign_up_proves_addresses(self) -> Self:
        if self.sign_up is SignUp.OPEN and self.smtp_url is None:
            raise ValueError(
                f"{PREFIX}SIGN_UP=open needs {PREFIX}SMTP_URL: the link to sign up with shows that an address is theirs"
            )
        return self

    @model_validator(mode="after")
    def _mail_is_whole(self) -> Self:
        if self.smtp_url is None:
            return self
        _named("SMTP_URL", lambda url: SmtpServer.parse(url.get_secret_value()), self.smtp_url)
        if self.mail_from is None or self.public_url is None:
            raise ValueError(
                f"{PREFIX}SMTP_URL needs {PREFIX}MAIL_FROM, the sender, and {PREFIX}PUBLIC_URL, which links in letters begin with"
            )
        _named("MAIL_FROM", read_sender, self.mail_from)
        return self

    @model_validator(mode="after")
    def _operator_is_named(self) -> Self:
        if self.operator_handle is not None and self.operator_name is None:
            raise ValueError(
                f"{PREFIX}OPERATOR_HANDLE needs {PREFIX}OPERATOR_NAME: who the operator is, as people call it"
            )
        return self

    @model_validator(mode="after")
    def _sign_on_is_whole(self) -> Self:
        together = [self.sso_issuer, self.sso_client_id, self.sso_client_secret]
        if not any(together):
            return self
        if not all(together) or self.public_url is None:
            raise ValueError(
                f"{PREFIX}SSO_ISSUER, {PREFIX}SSO_CLIENT_ID, {PREFIX}SSO_CLIENT_SECRET and {PREFIX}PUBLIC_URL go together"
            )
        if self.sso_people is NewPeople.ANYONE and not self.sso_email_domains:
            raise ValueError(
                f"{PREFIX}SSO_PEOPLE=anyone needs {PREFIX}SSO_EMAIL_DOMAINS: name the domains that may"
            )
        if not is_fit_issuer(str(self.sso_issuer)):
            raise ValueError(
                f"{PREFIX}SSO_ISSUER: an address with https, as the provider's discovery names it"
            )
        return self

    @model_validator(mode="after")
    def _safe_outside_development(self) -> Self:
        if self.environment is Environment.DEVELOPMENT:
            return self
        faults = {
            "DATABASE_URL: production needs a PostgreSQL server of its own": self.database_url is None,
            "MATCHER_DATABASE_URL: the matcher needs a role of its own": self.database_url is not None
            and self.database_url == self.matcher_database_url,
            f"{PREFIX}KEK_FILE: name the file with the key-encryption key; none is made up in production": self.kek_file
            is None,
            f"{PREFIX}KEYSTORE_DIR: name the folder of keys, outside the database's backup": self.keystore_dir
            is None,
            f"{PREFIX}PUBLIC_URL: links and single sign-on need https": self.public_url is not None
            and not self.public_url.startswith("https://"),
            f"{PREFIX}SMTP_URL: smtp+plain:// is for a server on this machine; use smtp:// or smtps://": self.smtp_url
            is not None
            and not SmtpServer.parse(self.smtp_url.get_secret_value()).is_safe,
        }
        wrong = [fault for fault, found in faults.items() if found]
        if wrong:
            raise ValueError("; ".join(wrong))
        return self


def load_settings(**given: Any) -> Settings:
    """Read the environment; `given` (a command's options) wins where it isn't None. Raises SettingsError."""
    try:
        return Settings(**{name: value for name, value in given.items() if value is not None})
    except ValidationError as error:
        raise SettingsError(
            "\n".join(_worded(one) for one in error.errors(include_input=False, include_url=False))
        ) from None


def _named(name: str, read: Callable[[T], object], given: T) -> None:
    try:
        read(given)
    except (ValueError, MailError) as error:
        raise ValueError(f"{PREFIX}{name}: {error}") from None


def _worded(error: Any) -> str:
    message = str(error["msg"]).removeprefix("Value error, ")
    if not error["loc"]:
        return message
    name = str(error["loc"][0])
    return f"{name if name.isupper() else PREFIX + name.upper()}: {message}"


def open_keystore(settings: Settings) -> FileKeystore:
    """The keystore of these settings.

    A key-encryption key is drawn for a new service outside production only: a path mistyped is not a new key.
    SettingsError if there is none though there should be; WrongKekError, RecordError if it isn't the one of this keystore.
    """
    path = settings.kek_path
    needed = settings.environment is Environment.PRODUCTION or _keeps_secrets(settings)
    if needed and not path.exists():
        raise SettingsError(
            f"{PREFIX}KEK_FILE: there is no file {path}. Restore it from where you keep its copy, or, for a new service, make one "
            f"with `commonground kek create {path}`."
        )
    keystore = FileKeystore(settings.keystore_folder, load_or_create_kek(path))
    keystore.probe()
    return keystore


def _keeps_secrets(settings: Settings) -> bool:
    """Whether something lies in the keystore, which a new key could never open."""
    return settings.keystore_folder.is_dir() and any(settings.keystore_folder.iterdir())


def make_mailer(settings: Settings) -> Mailer:
    """Hands letters to the mail server of these settings, or to none."""
    if settings.smtp_url is None or settings.mail_from is None:
        return NoMailer()
    return SmtpMailer(SmtpServer.parse(settings.smtp_url.get_secret_value()), sender=settings.mail_from)


def sign_on_config(settings: Settings) -> SignOnConfig | None:
    """The provider of these settings, or None without one."""
    if settings.sso_issuer is None or settings.sso_client_id is None or settings.sso_client_secret is None:
        return None
    return SignOnConfig(
        issuer=settings.sso_issuer,
        client_id=settings.sso_client_id,
        client_secret=settings.sso_client_secret.get_secret_value(),
        public_url=settings.own_url,
        email_domains=frozenset(settings.sso_email_domains),
        new_people=settings.sso_people,
    )
