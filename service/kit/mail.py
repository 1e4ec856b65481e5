"""Mail: short plain-text letters by SMTP, or none where no server is set up.

    MailError ─┬─ MailUnavailableError   the server can't be reached, or not now: try again
               ├─ MailRefusedError       the server won't have this letter: trying again can't help
               │  └─ NoAddressError      what should be one address isn't
               └─ MailNotSetUpError      there is no server to hand it to

No error, log line or representation holds an address, a text or the server's words, which quote them.
"""

import asyncio
import re
import ssl
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid
from typing import Final, Protocol, Self
from urllib.parse import unquote, urlsplit

import aiosmtplib
import idna

from service.kit.clock import Clock, SystemClock

DEADLINE_SECONDS: Final = 20.0
"""The longest that handing one letter over may take, from the connection to the server's last word."""
_LONGEST_SUBJECT: Final = 150
_PERMANENT: Final = 500
_ADDRESS: Final = re.compile(
    r"[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]{1,64}@[^\s@<>()\[\],;:\\\"\x00-\x1f\x7f]{1,255}"
)
"""One address and nothing that could end it; whether it exists is the server's to know."""
_NAMED: Final = re.compile(r"(?P<name>[^<>\x00-\x1f\x7f]*)<(?P<address>[^<>]*)>")
_PORTS: Final = {"smtp": 587, "smtps": 465, "smtp+plain": 25}


class MailError(Exception):
    """Base of what can go wrong with a letter."""


class MailUnavailableError(MailError): ...


class MailRefusedError(MailError): ...


class NoAddressError(MailRefusedError):
    def __init__(self) -> None:
        super().__init__("An e-mail address is not one that a letter can be sent to: correct it.")


class MailNotSetUpError(MailError):
    def __init__(self) -> None:
        super().__init__("No mail server is set up, so no letter leaves: set COMMONGROUND_SMTP_URL.")


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter to one address. A subject is one line, whatever stands in it."""

    to: str = field(repr=False)
    subject: str = field(repr=False)
    text: str = field(repr=False)


class Mailer(Protocol):
    @property
    def is_set_up(self) -> bool:
        """Whether letters leave at all."""
        ...

    async def send(self, letter: Letter) -> None:
        """Hand the letter to the server. MailUnavailableError, MailRefusedError, MailNotSetUpError."""
        ...


class NoMailer:
    """Stands where no server is set up."""

    is_set_up = False

    async def send(self, letter: Letter) -> None:  # noqa: ARG002 - the protocol's signature
        raise MailNotSetUpError


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where letters are handed over, as an address says it.

    `smtp://` speaks TLS from STARTTLS on and hands nothing to a server that doesn't offer it; `smtps://` speaks it from the first
    byte; `smtp+plain://` never does, and is for a server on the same machine.
    """

    scheme: str
    host: str
    port: int
    user: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)

    @classmethod
    def parse(cls, url: str) -> Self:
        """Read `scheme://user:password@host:port`. ValueError without any part of it."""
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError(
                f"an address such as smtp://user:password@mail.example:587, with one of {', '.join(_PORTS)}"
            )
        if (parts.username is None) != (parts.password is None):
            raise ValueError("a user needs a password, and a password a user")
        user, password = (
            None if part is None else unquote(part) for part in (parts.username, parts.password)
        )
        return cls(parts.scheme, parts.hostname, parts.port or _PORTS[parts.scheme], user, password)

    @property
    def is_encrypted(self) -> bool:
        return self.scheme != "smtp+plain"

    @property
    def is_safe(self) -> bool:
        """Whether nobody between reads what is handed over."""
        return self.is_encrypted or self.host in {"localhost", "127.0.0.1", "::1"}


class SmtpMailer:
    """A new connection a letter: they are few, and a connection that idles is one that breaks."""

    is_set_up = True

    def __init__(
        self,
        server: SmtpServer,
        *,
        sender: str,
        clock: Clock | None = None,
        tls: ssl.SSLContext | None = None,
        deadline: float = DEADLINE_SECONDS,
    ) -> None:
        """`sender` is `name@domain` or `Name <name@domain>`, NoAddressError otherwise; `tls` the system's trust unless given."""
        self._server, self._clock, self._deadline = server, clock or SystemClock(), deadline
        self._sender = read_sender(sender)
        self._tls = tls or (ssl.create_default_context() if server.is_encrypted else None)

    async def send(self, letter: Letter) -> None:
        to = read_address(letter.to)
        message = self._message(letter, to)
        try:
            # The library's own limit is per answer: a server that drips them would hold the job for ever.
            async with asyncio.timeout(self._deadline):
                await self._hand_over(message, to.addr_spec)
        except aiosmtplib.SMTPException as error:
            raise _told(error) from None
        except (OSError, TimeoutError) as error:
            raise MailUnavailableError(
                f"The mail server {self._server.host} did not take a letter within {self._deadline:.0f} seconds "
                f"({type(error).__name__}): it is tried again."
            ) from None

    async def _hand_over(self, message: EmailMessage, to: str) -> None:
        server = self._server
        await aiosmtplib.send(
            message,
            sender=self._sender.addr_spec,
            recipients=[to],
            hostname=server.host,
            port=server.port,
            username=server.user,
            password=server.password,
            use_tls=server.scheme == "smtps",
            start_tls=server.scheme == "smtp",
            tls_context=self._tls,
            timeout=self._deadline,
            # else the name of this machine is looked up and told
            local_hostname=self._sender.domain,
        )

    def _message(self, letter: Letter, to: Address) -> EmailMessage:
        message = EmailMessage(policy=SMTP)
        message["From"] = self._sender
        message["To"] = to
        message["Subject"] = one_line(letter.subject, _LONGEST_SUBJECT)
        message["Date"] = format_datetime(self._clock.now())
        message["Message-ID"] = make_msgid(domain=self._sender.domain)
        message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no holiday notes in return
        message.set_content(letter.text)
        return message


def one_line(text: str, longest: int) -> str:
    """The text without line breaks and other controls, so that it can't begin a header or a paragraph of its own."""
    plain = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return plain if len(plain) <= longest else plain[: longest - 1] + "…"


def read_address(text: str) -> Address:
    """The one bare address in `text`, its domain in ASCII. NoAddressError, without the text, for anything else."""
    if not _ADDRESS.fullmatch(text):
        raise NoAddressError
    user, _, domain = text.rpartition("@")
    try:
        return Address(
            username=user, domain=domain if domain.isascii() else idna.encode(domain, uts46=True).decode()
        )
    except idna.IDNAError:
        raise NoAddressError from None


def read_sender(text: str) -> Address:
    """`name@domain` or `Name <name@domain>`. NoAddressError, without the text, for anything else."""
    named = _NAMED.fullmatch(text)
    if named is None:
        return read_address(text)
    address = read_address(named["address"])
    return Address(one_line(named["name"], 100), address.username, address.domain)


def _told(error: aiosmtplib.SMTPException) -> MailError:
    code = _code(error)
    # What else is refused for good (the sender, the password) is the operator's to mend, and not the letter's fault.
    if code >= _PERMANENT and isinstance(error, aiosmtplib.SMTPRecipientsRefused | aiosmtplib.SMTPDataError):
        return MailRefusedError(f"The mail server refused a letter for good (code {code}).")
    return MailUnavailableError(
        f"The mail server did not take a letter ({type(error).__name__}{f', code {code}' if code else ''}): it is tried again. "
        "If it goes on, check COMMONGROUND_SMTP_URL and COMMONGROUND_MAIL_FROM."
    )


def _code(error: aiosmtplib.SMTPException) -> int:
    """The server's three digits, 0 where it said none; of several refusals the mildest."""
    if isinstance(error, aiosmtplib.SMTPRecipientsRefused):
        return min((refusal.code for refusal in error.recipients), default=0)
    return error.code if isinstance(error, aiosmtplib.SMTPResponseException) else 0
