"""Real SMTP servers on this machine: one that keeps what it is given, and some that misbehave."""

import asyncio
import datetime as dt
import ipaddress
import logging
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

# The server under test's own talk, in the same process as what must not say addresses.
logging.getLogger("mail.log").disabled = True


@dataclass
class Mailbox:
    """What arrived. `refusals` answers RCPT with these words, by address; `data_answer` answers DATA."""

    port: int = 0
    letters: list[EmailMessage] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    encrypted: list[bool] = field(default_factory=list)
    users: list[str] = field(default_factory=list)
    greetings: list[str] = field(default_factory=list)
    refusals: dict[str, str] = field(default_factory=dict)
    data_answer: str = "250 kept"

    async def handle_EHLO(  # noqa: N802 - the library's name
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        self.greetings.append(hostname)
        return responses

    async def handle_RCPT(  # noqa: N802 - the library's name
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 ok"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - the library's name
        if self.data_answer.startswith("250"):
            content = envelope.content if isinstance(envelope.content, bytes) else b""
            self.letters.append(message_from_bytes(content, policy=default))  # type: ignore[arg-type]  # the policy decides the class
            self.recipients.extend(envelope.rcpt_tos)
            self.encrypted.append(
                session.ssl is not None or bool(server.transport.get_extra_info("sslcontext"))
            )
        return self.data_answer

    def text(self) -> str:
        """The text of the newest letter."""
        return str(self.letters[-1].get_content())


@asynccontextmanager
async def mailbox(
    *, tls: ssl.SSLContext | None = None, from_start: bool = False, password: str | None = None
) -> AsyncIterator[Mailbox]:
    """A server that keeps letters: in clear, with STARTTLS demanded, or TLS from the first byte."""
    kept = Mailbox()

    def check(_server: SMTP, _session: Session, _envelope: Envelope, _how: str, data: object) -> AuthResult:
        login, given = getattr(data, "login", b""), getattr(data, "password", b"")
        kept.users.append(login.decode())
        return AuthResult(success=given == (password or "").encode(), handled=False)

    def make() -> SMTP:
        starttls = None if from_start else tls
        return SMTP(
            kept, tls_context=starttls, require_starttls=starttls is not None, hostname="box.test",
            auth_required=password is not None and tls is not None, authenticator=check, auth_require_tls=tls is not None and not from_start,
        )  # fmt: skip

    async with listening(make, tls if from_start else None) as kept.port:
        yield kept


@asynccontextmanager
async def silent() -> AsyncIterator[int]:
    """A server that takes the connection and never says a word; its port."""

    class Silence(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport = transport

    async with listening(Silence) as port:
        yield port


@asynccontextmanager
async def dripping() -> AsyncIterator[int]:
    """A server that sends one more line of its greeting every few milliseconds and never ends it; its port."""

    class Drip(asyncio.Protocol):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            self.transport, self.loop = transport, asyncio.get_running_loop()
            self.drip()

        def drip(self) -> None:
            if isinstance(self.transport, asyncio.Transport) and not self.transport.is_closing():
                self.transport.write(b"220-wait\r\n")
                self.loop.call_later(0.01, self.drip)

    async with listening(Drip) as port:
        yield port


@asynccontextmanager
async def listening(
    make: Callable[[], asyncio.BaseProtocol], tls: ssl.SSLContext | None = None
) -> AsyncIterator[int]:
    made: list[asyncio.BaseProtocol] = []

    def remembered() -> asyncio.BaseProtocol:
        made.append(make())
        return made[-1]

    server = await asyncio.get_running_loop().create_server(remembered, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for protocol in made:
            transport = getattr(protocol, "transport", None)
            if transport is not None:
                transport.abort()
        await asyncio.sleep(0)  # the loop closes the sockets in its next round


def certificate(folder: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    """A certificate for this machine: the server's context, and one of a client that trusts it alone."""
    key, name = (
        ec.generate_private_key(ec.SECP256R1()),
        x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "box")]),
    )
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName(
                [x509.IPAddress(ipaddress.ip_address("127.0.0.1")), x509.DNSName("localhost")]
            ),
            critical=False,
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    pem = made.public_bytes(serialization.Encoding.PEM)
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "box.pem"
    path.write_bytes(private + pem)
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(path)
    return server, ssl.create_default_context(cadata=pem.decode())
