"""Letters by SMTP, against real servers: with and without TLS, refusing, hanging, and never saying more than they should."""

import asyncio
import ssl
from datetime import UTC, datetime
from pathlib import Path

import pytest

from service.kit.clock import FixedClock
from service.kit.mail import (
    Letter,
    MailError,
    MailNotSetUpError,
    MailRefusedError,
    MailUnavailableError,
    NoMailer,
    SmtpMailer,
    SmtpServer,
    one_line,
)
from tests.support.mailbox import certificate, dripping, mailbox, silent

LETTER = Letter("ada@example.com", "Your invitation", "Hello,\n\nfollow https://cg.example/i?t=abc\n")
CLOCK = FixedClock(datetime(2026, 11, 22, 12, tzinfo=UTC))


def mailer(scheme: str, port: int, *, login: str = "", trust: ssl.SSLContext | None = None) -> SmtpMailer:
    server = SmtpServer.parse(f"{scheme}://{login}127.0.0.1:{port}")
    return SmtpMailer(
        server, sender="Common Ground <no-reply@cg.example>", clock=CLOCK, tls=trust, deadline=5
    )


@pytest.fixture
def contexts(tmp_path: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
    return certificate(tmp_path)


async def test_a_letter_arrives_with_sender_subject_date_and_text() -> None:
    async with mailbox() as box:
        await mailer("smtp+plain", box.port).send(LETTER)
    [letter] = box.letters
    assert box.recipients == ["ada@example.com"]
    assert (letter["From"], letter["To"]) == ("Common Ground <no-reply@cg.example>", "ada@example.com")
    assert (letter["Subject"], letter["Auto-Submitted"]) == ("Your invitation", "auto-generated")
    assert letter["Date"] == "Sun, 22 Nov 2026 12:00:00 +0000"
    assert box.text().replace("\r\n", "\n") == LETTER.text


async def test_the_name_of_this_machine_is_told_to_nobody() -> None:
    async with mailbox() as box:
        await mailer("smtp+plain", box.port).send(LETTER)
    assert box.greetings == ["cg.example"]
    assert box.letters[0]["Message-ID"].endswith("@cg.example>")


async def test_starttls_is_spoken_before_the_password_and_the_letter(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    server, trust = contexts
    async with mailbox(tls=server, password="p@ss:word") as box:
        await mailer("smtp", box.port, login="post:p%40ss%3Aword@", trust=trust).send(LETTER)
    assert (box.encrypted, box.users) == ([True], ["post"])


async def test_tls_from_the_first_byte(contexts: tuple[ssl.SSLContext, ssl.SSLContext]) -> None:
    server, trust = contexts
    async with mailbox(tls=server, from_start=True) as box:
        await mailer("smtps", box.port, trust=trust).send(LETTER)
    assert box.encrypted == [True]


async def test_a_server_without_starttls_gets_neither_password_nor_letter() -> None:
    async with mailbox(password="word") as box:
        with pytest.raises(MailUnavailableError):
            await mailer("smtp", box.port, login="post:word@").send(LETTER)
    assert (box.letters, box.users) == ([], [])


@pytest.mark.parametrize("from_start", [False, True])
async def test_a_certificate_that_nobody_vouches_for_ends_it(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext], *, from_start: bool
) -> None:
    async with mailbox(tls=contexts[0], from_start=from_start) as box:
        with pytest.raises(MailUnavailableError):
            await mailer("smtps" if from_start else "smtp", box.port).send(LETTER)
    assert box.letters == []


async def test_a_wrong_password_is_the_operators_to_mend_and_tried_again(
    contexts: tuple[ssl.SSLContext, ssl.SSLContext],
) -> None:
    async with mailbox(tls=contexts[0], password="right") as box:
        with pytest.raises(MailUnavailableError, match="COMMONGROUND_SMTP_URL") as caught:
            await mailer("smtp", box.port, login="post:wrong@", trust=contexts[1]).send(LETTER)
    assert "wrong" not in str(caught.value)


@pytest.mark.parametrize(
    ("answer", "error"),
    [("550 no such ada@example.com", MailRefusedError), ("450 later", MailUnavailableError)],
)
async def test_a_refused_recipient_is_told_for_good_from_for_now(answer: str, error: type[MailError]) -> None:
    async with mailbox() as box:
        box.refusals["ada@example.com"] = answer
        with pytest.raises(error) as caught:
            await mailer("smtp+plain", box.port).send(LETTER)
    assert "ada" not in str(caught.value)
    assert answer[:3] in repr(box.refusals)


@pytest.mark.parametrize(
    ("answer", "error"), [("554 spam", MailRefusedError), ("451 later", MailUnavailableError)]
)
async def test_a_refused_text_is_told_for_good_from_for_now(answer: str, error: type[MailError]) -> None:
    async with mailbox() as box:
        box.data_answer = answer
        with pytest.raises(error):
            await mailer("smtp+plain", box.port).send(LETTER)


@pytest.mark.parametrize("server", [silent, dripping])
async def test_a_server_that_hangs_or_drips_is_left_at_the_deadline(server: object) -> None:
    assert callable(server)
    async with server() as port:
        slow = SmtpMailer(
            SmtpServer.parse(f"smtp+plain://127.0.0.1:{port}"), sender="a@cg.example", deadline=0.2
        )
        async with asyncio.timeout(3):
            with pytest.raises(MailUnavailableError):
                await slow.send(LETTER)


async def test_a_server_that_is_not_there_is_tried_again() -> None:
    async with silent() as port:
        pass
    with pytest.raises(MailUnavailableError):
        await mailer("smtp+plain", port).send(LETTER)


async def test_without_a_server_nothing_leaves_and_the_variable_is_named() -> None:
    assert not NoMailer().is_set_up
    with pytest.raises(MailNotSetUpError, match="COMMONGROUND_SMTP_URL"):
        await NoMailer().send(LETTER)


@pytest.mark.parametrize(
    "subject",
    [
        "Hello\r\nBcc: eve@example.com",
        "Hello\nBcc: eve@example.com",
        "Hello\u2028Bcc: eve@example.com",
        "a\x00b",
    ],
)
async def test_a_subject_never_begins_another_header(subject: str) -> None:
    async with mailbox() as box:
        await mailer("smtp+plain", box.port).send(Letter(LETTER.to, subject, "x"))
    assert box.recipients == ["ada@example.com"]
    assert box.letters[0]["Bcc"] is None
    assert box.letters[0]["Subject"] == one_line(subject, 150)


@pytest.mark.parametrize(
    "to",
    [
        "ada@example.com\r\nRCPT TO:<eve@example.com>", "ada@example.com, eve@example.com", "ada@example.com\n", "ada",
        "@example.com", "ada@", "a da@example.com", "", "Ada <ada@example.com>\r\nBcc: eve@example.com", "ada\x00@example.com",
        "ada@-ü-.example",
    ],
)  # fmt: skip
async def test_what_is_no_single_address_reaches_no_server(to: str) -> None:
    async with mailbox() as box:
        with pytest.raises(MailRefusedError) as caught:
            await mailer("smtp+plain", box.port).send(Letter(to, "x", "y"))
    assert (box.letters, box.greetings) == ([], [])
    assert "ada" not in str(caught.value)


async def test_a_domain_of_another_script_is_sent_in_ascii() -> None:
    async with mailbox() as box:
        await mailer("smtp+plain", box.port).send(Letter("ada@bücher.example", "x", "y"))
    assert box.recipients == ["ada@xn--bcher-kva.example"]


async def test_a_text_cannot_end_itself_early() -> None:
    async with mailbox() as box:
        await mailer("smtp+plain", box.port).send(
            Letter(LETTER.to, "x", "one\n.\nMAIL FROM:<eve@example.com>\n")
        )
    assert len(box.letters) == 1
    assert "MAIL FROM" in box.text()


async def test_names_and_texts_of_all_scripts_arrive() -> None:
    async with mailbox() as box:
        await mailer("smtp+plain", box.port).send(Letter(LETTER.to, "Übersicht für 東京", "Grüße — 東京\n"))
    assert box.letters[0]["Subject"] == "Übersicht für 東京"
    assert box.text().strip() == "Grüße — 東京"


def test_an_address_of_a_server_is_read_with_its_usual_ports() -> None:
    assert SmtpServer.parse("smtp://mail.example").port == 587
    assert SmtpServer.parse("smtps://mail.example").port == 465
    read = SmtpServer.parse("smtps://post%40x:p%2Fw@mail.example:2465")
    assert (read.user, read.password, read.port) == ("post@x", "p/w", 2465)


@pytest.mark.parametrize(
    "url",
    [
        "http://hush@mail",
        "smtp://",
        "hush",
        "smtp://hush@mail",
        "smtp://mail/hush",
        "smtp://mail?tls=hush",
        "",
    ],
)
def test_a_wrong_address_of_a_server_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(ValueError, match=r"smtp://|password") as caught:
        SmtpServer.parse(url)
    assert "hush" not in str(caught.value)


def test_nothing_secret_is_in_a_representation() -> None:
    server = SmtpServer.parse("smtp://post:hush@mail.example")
    assert "hush" not in repr(server)
    assert "post" not in repr(server)
    assert "ada" not in repr(LETTER)
    assert "abc" not in repr(LETTER)
