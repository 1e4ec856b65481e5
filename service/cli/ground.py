"""What the commands of the service share: settings, logs, a database that is there, and signals that end a process cleanly."""

import asyncio
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

from pydantic import SecretStr

from service.cli.errors import CommandError
from service.db.embedded import EmbeddedServer, Urls
from service.db.revisions import is_newest, require_current
from service.kit.logging import configure_logging
from service.settings import LogFormat, Settings, SettingsError, load_settings, open_keystore

_ENDINGS = (signal.SIGINT, signal.SIGTERM)


def ready_settings(**given: Any) -> Settings:
    """Read settings and set logs up. Raises CommandError."""
    try:
        settings = load_settings(**given)
    except SettingsError as error:
        raise CommandError(str(error), exit_code=2) from None
    as_json = (
        not sys.stderr.isatty()
        if settings.log_format is LogFormat.AUTO
        else settings.log_format is LogFormat.JSON
    )
    configure_logging(json=as_json, level=settings.log_level)
    return settings


def refuse_wrong_keys(settings: Settings) -> None:
    """Refuse before anything is started if the keystore is there and its key isn't. SettingsError, WrongKekError."""
    if settings.keystore_folder.exists():
        open_keystore(settings)


@contextmanager
def database_for(settings: Settings) -> Iterator[Settings]:
    """Give settings with three addresses: the embedded server's, started and migrated, or the operator's, checked.

    When the block ends, however it ends, this process lets go of the embedded server.
    """
    with _ending_as_exit():
        if not settings.is_embedded:
            asyncio.run(require_current(secret(settings.database_url)))
            yield settings
            return
        with _embedded(settings) as urls:
            asyncio.run(_brought_up(urls.migrator))
            yield with_urls(settings, urls)


async def _brought_up(migrator_url: str) -> None:
    if await is_newest(migrator_url):
        return
    from service.db import migrate  # noqa: PLC0415 - Alembic, which most starts don't need

    await migrate.upgrade(migrator_url)


@contextmanager
def bare_database_for(settings: Settings) -> Iterator[Settings]:
    """As `database_for`, with the schema left as it is: there may be none."""
    with _ending_as_exit():
        if not settings.is_embedded:
            yield settings
            return
        with _embedded(settings) as urls:
            yield with_urls(settings, urls)


@contextmanager
def _embedded(settings: Settings) -> Iterator[Urls]:
    server = EmbeddedServer(settings.data_dir)
    try:
        with _held():
            server.start()
        yield server.prepare()
    finally:
        with _held():
            server.stop()


def with_urls(settings: Settings, urls: Urls) -> Settings:
    """Give these settings with a server's addresses."""
    return settings.model_copy(
        update={
            "database_url": SecretStr(urls.app),
            "matcher_database_url": SecretStr(urls.matcher),
            "migrator_database_url": SecretStr(urls.migrator),
            "backup_database_url": SecretStr(urls.admin),
        }
    )


def secret(value: SecretStr | None, name: str | None = None) -> str:
    """Give an address that must be there by now."""
    if value is None and name is not None:
        raise CommandError(f"{name} must be set for this.", exit_code=2)
    if value is None:
        raise CommandError(
            "DATABASE_URL, MATCHER_DATABASE_URL and MIGRATOR_DATABASE_URL must all be set for this.",
            exit_code=2,
        )
    return value.get_secret_value()


@contextmanager
def _ending_as_exit() -> Iterator[None]:
    """Have SIGTERM unwind the stack, as Ctrl-C does: by default it would leave the database server behind."""

    def leave(_number: int, _frame: FrameType | None) -> None:
        raise SystemExit(0)

    before = signal.signal(signal.SIGTERM, leave)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def _held() -> Iterator[None]:
    """Keep Ctrl-C and SIGTERM until the block is done: half-way through it the database server would be left behind."""
    heard: list[int] = []
    before = {
        number: signal.signal(number, lambda number, _frame: heard.append(number)) for number in _ENDINGS
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if heard:
            signal.raise_signal(heard[0])
