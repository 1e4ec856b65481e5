"""Checks of this machine: folders, keys, disk, addresses. They need no database."""

import os
import shutil
import smtplib
import time
from collections.abc import Callable, Iterable
from ipaddress import ip_address, ip_network
from pathlib import Path

from service.cli.doctor.findings import Finding, fail, ok, refused, warn
from service.cli.doctor.secrets import kek, keystore
from service.cli.words import counted
from service.db.embedded import data_major
from service.db.tools import packaged_major
from service.kit.mail import SmtpServer
from service.settings import Environment, Settings

_GIB = 1024**3
_TIGHT, _FULL = 5 * _GIB, _GIB
_DAY_SECONDS = 86_400


def check_machine(settings: Settings) -> list[Finding]:
    """Every check of this module, in the order in which they are read."""
    checks: Iterable[Callable[[Settings], Iterable[Finding]]] = (
        environment, data_folder, disk, spool, kek, keystore, embedded_data, public_url, proxies, smtp,
    )  # fmt: skip
    found: list[Finding] = []
    for check in checks:
        with refused(check.__name__, found, "see that the service's user may read it"):
            found.extend(check(settings))
    return found


def environment(settings: Settings) -> list[Finding]:
    if settings.environment is Environment.PRODUCTION or _is_loopback(settings.host):
        return [ok("settings", f"complete, for {settings.environment}")]
    return [
        warn(
            "settings",
            f"for {settings.environment}, and {settings.host} is reached from other machines",
            "set COMMONGROUND_ENVIRONMENT=production, which refuses what is unsafe",
        )
    ]


def data_folder(settings: Settings) -> list[Finding]:
    folder = settings.data_dir
    if not folder.exists():
        return [warn("data", f"{folder} isn't there yet", "the first `commonground serve` makes it")]
    if not folder.is_dir():
        return [fail("data", f"{folder} is no folder", "let COMMONGROUND_DATA_DIR name one")]
    if not os.access(folder, os.W_OK | os.X_OK):
        return [fail("data", f"{folder} can't be written", "give it to the user that the service runs as")]
    return [ok("data", f"{folder} can be written")]


def disk(settings: Settings) -> list[Finding]:
    """Once for each file system."""
    places = [
        _existing(path) for path in (settings.upload_folder, settings.keystore_folder, settings.data_dir)
    ]
    by_device = {place.stat().st_dev: place for place in places}
    return [space(place, shutil.disk_usage(place).free) for place in by_device.values()]


def space(place: Path, free: int) -> Finding:
    said = f"{free / _GIB:.1f} GiB are free for {place}"
    mend = "make room: uploads wait there, and a full disk stops the embedded database"
    if free < _FULL:
        return fail("disk", said, mend)
    return warn("disk", said, mend) if free < _TIGHT else ok("disk", said)


def spool(settings: Settings) -> list[Finding]:
    folder = settings.upload_folder
    if not folder.exists():
        return [ok("uploads", "none is waiting")]
    if not folder.is_dir():
        return [fail("uploads", f"{folder} is no folder", "move it away: the service makes the folder")]
    if not os.access(folder, os.W_OK | os.X_OK):
        return [fail("uploads", f"{folder} can't be written", "give it to the user that the service runs as")]
    files = [path.stat() for path in folder.iterdir()]
    old = sum(1 for file in files if time.time() - file.st_mtime > _DAY_SECONDS)
    if old:
        return [
            warn(
                "uploads",
                f"{old} of {counted(len(files), 'file')} in {folder}: waiting for more than a day",
                "see that a worker runs; what no import waits for is removed when one starts",
            )
        ]
    return [ok("uploads", f"{len(files)} waiting")]


def embedded_data(settings: Settings) -> list[Finding]:
    if not settings.is_embedded:
        return []
    data, program = data_major(settings.data_dir), packaged_major()
    if data is None:
        return [
            warn("embedded", "there is no embedded database yet", "the first `commonground serve` makes it")
        ]
    if data != program:
        return [
            fail(
                "embedded",
                f"the data in {settings.data_dir} are PostgreSQL {data}'s and the embedded server is {program}",
                f"with the version of the program that has PostgreSQL {data}, run `commonground backup create`, "
                "move the data aside, and `commonground backup restore` with this one",
            )
        ]
    return [ok("embedded", f"data and server are PostgreSQL {program}'s")]


def public_url(settings: Settings) -> list[Finding]:
    url = settings.public_url
    if url is None:
        if settings.environment is Environment.PRODUCTION:
            return [
                warn(
                    "address",
                    "links can't name the service",
                    "set COMMONGROUND_PUBLIC_URL to its https address",
                )
            ]
        return [ok("address", f"{settings.own_url}, on this machine")]
    if not url.startswith("https://") and not _is_loopback(url.split("://")[1].rsplit(":", 1)[0]):
        return [
            fail(
                "address",
                f"{url} is without TLS, and keys travel with every request",
                "put a proxy that ends TLS in front",
            )
        ]
    return [ok("address", url)]


def proxies(settings: Settings) -> list[Finding]:
    """Behind a proxy that isn't believed, all people are one address, and slow each other down."""
    if os.environ.get("FORWARDED_ALLOW_IPS") and "trusted_proxies" not in settings.model_fields_set:
        return [
            fail(
                "proxies",
                "FORWARDED_ALLOW_IPS is set, which the service doesn't read",
                "name the proxies, by address or network, in COMMONGROUND_TRUSTED_PROXIES",
            )
        ]
    trusted = [ip_network(one) for one in settings.trusted_proxies]
    is_behind_one = (settings.public_url or "").startswith("https://")
    if is_behind_one and not _is_loopback(settings.host) and all(one.is_loopback for one in trusted):
        return [
            warn(
                "proxies",
                f"{settings.host} is reached through a proxy, and only one on this machine is trusted",
                "name the address that the service sees it at in COMMONGROUND_TRUSTED_PROXIES",
            )
        ]
    return [ok("proxies", f"trusted: {', '.join(settings.trusted_proxies) or 'none'}")]


def smtp(settings: Settings) -> list[Finding]:
    if settings.smtp_url is None:
        return [ok("mail", "no letters are sent; links are shown to whoever invites")]
    server = SmtpServer.parse(settings.smtp_url.get_secret_value())
    fault = _fault_of(server)
    if fault is None:
        return [ok("mail", f"{server.host}:{server.port} answers")]
    mend = "see COMMONGROUND_SMTP_URL, and that this machine may reach the server"
    return [fail("mail", f"{server.host}:{server.port} {fault}", mend)]


def _fault_of(server: SmtpServer) -> str | None:
    kind = smtplib.SMTP_SSL if server.scheme == "smtps" else smtplib.SMTP
    try:
        with kind(server.host, server.port, timeout=5) as talk:
            talk.ehlo()
            if server.scheme == "smtp" and not talk.has_extn("starttls"):
                return "offers no STARTTLS, so nothing would be handed to it"
    except (OSError, smtplib.SMTPException) as error:
        return f"doesn't answer as a mail server ({type(error).__name__})"
    return None


def _existing(path: Path) -> Path:
    """The path, or the nearest folder above it that is there."""
    return next(place for place in (path.expanduser(), *path.expanduser().parents) if place.exists())


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
