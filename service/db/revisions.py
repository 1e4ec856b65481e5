"""Where the schema stands and where it belongs, without Alembic: every command asks, few migrate."""

import re
from pathlib import Path
from typing import Final

import asyncpg

from service.db.engine import connect
from service.db.errors import SchemaBehindError

_NAMED: Final = re.compile(r'^(down_revision|revision) = (?:"(\w+)"|None)$', re.MULTILINE)


def migrations_folder() -> Path:
    """Find the migrations: inside the package once it is installed, beside it in a checkout."""
    inside = Path(__file__).parent / "_migrations"
    return inside if inside.is_dir() else Path(__file__).parents[2] / "migrations"


def known_revisions() -> list[str]:
    """Every revision of the schema that this version knows, newest first; each migration names the one before it."""
    before = dict(_named(path) for path in (migrations_folder() / "versions").glob("*.py"))
    (newest,) = before.keys() - before.values()
    line: list[str] = []
    step: str | None = newest
    while step is not None:
        line.append(step)
        step = before[step]
    return line


async def revision_of(driver: asyncpg.Connection) -> str | None:
    """The revision that the schema is at; None before the first migration."""
    if await driver.fetchval("SELECT to_regclass('public.alembic_version') IS NULL"):
        return None
    found: str | None = await driver.fetchval("SELECT version_num FROM alembic_version")
    return found


async def is_newest(url: str) -> bool:
    """Whether the schema is at this version's newest revision. DatabaseUnavailable, DatabaseRefusedError."""
    return await _asked(url) == known_revisions()[0]


async def require_current(app_url: str) -> None:
    """Raise SchemaBehindError unless the schema is at this version's, or newer: another process may be ahead."""
    stands_at, known = await _asked(app_url), known_revisions()
    if stands_at is None or stands_at in known[1:]:
        raise SchemaBehindError(
            f"The database's schema is at {stands_at or 'nothing'}, this version needs {known[0]}: run `commonground migrate`."
        )


async def _asked(url: str) -> str | None:
    driver = await connect(url)
    try:
        return await revision_of(driver)
    finally:
        await driver.close()


def _named(migration: Path) -> tuple[str, str | None]:
    names = {found[1]: found[2] for found in _NAMED.finditer(migration.read_text(encoding="utf-8"))}
    return names["revision"], names["down_revision"]
