"""The three roles, and what each may do on a server and a database.

The embedded server makes them by itself. On a server of your own, once, with the address of a superuser:

    export MIGRATOR_DATABASE_URL=postgresql://commonground_migrator:…@db.example/commonground
    export DATABASE_URL=postgresql://commonground_app:…@db.example/commonground
    export MATCHER_DATABASE_URL=postgresql://commonground_matcher:…@db.example/commonground
    commonground migrate --create-roles postgresql://postgres:…@db.example/postgres

It makes the roles with the passwords in those addresses and the database that they name, then migrates. Running it again changes
passwords and settings and nothing else. With BACKUP_DATABASE_URL set it makes a fourth role, which reads everything for backups.
"""

from dataclasses import dataclass

import asyncpg

from service.db.engine import connect
from service.db.errors import RolesMissingError
from service.db.names import APP_ROLE, BACKUP_ROLE, DATABASE, MATCHER_ROLE, MIGRATOR_ROLE

ROLE_SETTINGS: dict[str, dict[str, str]] = {
    MIGRATOR_ROLE: {"lock_timeout": "10s", "idle_in_transaction_session_timeout": "10min"},
    APP_ROLE: {
        "statement_timeout": "10min",
        "lock_timeout": "10s",
        "idle_in_transaction_session_timeout": "5min",
        "search_path": "public, pg_temp",
    },
    MATCHER_ROLE: {
        "statement_timeout": "10min",
        "lock_timeout": "30s",
        "idle_in_transaction_session_timeout": "5min",
        "search_path": "public, pg_temp",
    },
    BACKUP_ROLE: {"default_transaction_read_only": "on", "lock_timeout": "60s"},
}
"""The longest that each role may run, wait and idle, on the server's own clock. A temporary table never hides a real one."""


@dataclass(frozen=True)
class Passwords:
    """One per role; None leaves the role without one, for a server that knows its users otherwise."""

    migrator: str | None = None
    app: str | None = None
    matcher: str | None = None
    backup: str | None = None
    """Without one the role for backups isn't made: it sees past every policy, so it is there only where it is used."""

    def by_role(self) -> dict[str, str | None]:
        return {MIGRATOR_ROLE: self.migrator, APP_ROLE: self.app, MATCHER_ROLE: self.matcher}


async def create_roles(admin_url: str, passwords: Passwords, *, database: str = DATABASE) -> None:
    """Make the roles and the database where they are missing and set what they may do. DatabaseUnavailable, RolesMissingError."""
    admin = await connect(admin_url)
    try:
        # Two processes that start at once would both make what is missing. The lock ends with the connection.
        await admin.execute(f"SELECT pg_advisory_lock({_TURN})")
        for role, password in passwords.by_role().items():
            await _make_role(admin, role, password)
        if not await admin.fetchval("SELECT true FROM pg_database WHERE datname = $1", database):
            await admin.execute(
                f"CREATE DATABASE {_name(database)} OWNER {MIGRATOR_ROLE} ENCODING 'UTF8' TEMPLATE template0"
            )
        if passwords.backup is not None:
            await _make_backup_role(admin, passwords.backup, database)
        await _grant_database(admin, database)
        await _grant_schema(admin_url, database)
    except asyncpg.InsufficientPrivilegeError as error:
        raise RolesMissingError(
            f"The roles can't be made as this user: {error.args[0]}. Give a superuser's address."
        ) from error
    finally:
        await admin.close()


_SCHEMA = f"""
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE, CREATE ON SCHEMA public TO {MIGRATOR_ROLE};
GRANT USAGE ON SCHEMA public TO {APP_ROLE}, {MATCHER_ROLE};
"""


_TURN = 0x726F6C6573  # "roles": the advisory lock of whoever makes them


async def _grant_schema(admin_url: str, database: str) -> None:
    inside = await connect(admin_url, database=database)
    try:
        await inside.execute(_SCHEMA)
    finally:
        await inside.close()


async def _make_backup_role(admin: asyncpg.Connection, password: str, database: str) -> None:
    """Reads every row of every table and writes none: pg_dump as any other role would leave rows out, or refuse."""
    await _make_role(admin, BACKUP_ROLE, password, attribute="BYPASSRLS")
    await admin.execute(f"GRANT pg_read_all_data TO {BACKUP_ROLE}")
    await admin.execute(f"GRANT CONNECT ON DATABASE {_name(database)} TO {BACKUP_ROLE}")


async def _make_role(
    admin: asyncpg.Connection, role: str, password: str | None, *, attribute: str = "NOBYPASSRLS"
) -> None:
    if not await admin.fetchval("SELECT true FROM pg_roles WHERE rolname = $1", role):
        await admin.execute(f"CREATE ROLE {role}")
    await admin.execute(
        f"ALTER ROLE {role} LOGIN NOSUPERUSER {attribute} NOREPLICATION NOCREATEDB NOCREATEROLE"
    )
    if password is not None:
        # ALTER ROLE takes no bound values; format's %L quotes the password as the server itself would.
        await admin.execute(
            await admin.fetchval(f"SELECT format('ALTER ROLE {role} PASSWORD %L', $1::text)", password)
        )
    for setting, value in ROLE_SETTINGS[role].items():
        # A list such as search_path's is several values, not one quoted text.
        written = value if setting == "search_path" else f"'{value}'"
        await admin.execute(f"ALTER ROLE {role} SET {setting} = {written}")


async def _grant_database(admin: asyncpg.Connection, database: str) -> None:
    name = _name(database)
    await admin.execute(f"REVOKE ALL ON DATABASE {name} FROM PUBLIC")
    # Imports are copied into temporary tables: PostgreSQL refuses COPY into one with row-level security.
    await admin.execute(
        f"GRANT CONNECT, TEMPORARY ON DATABASE {name} TO {MIGRATOR_ROLE}, {APP_ROLE}, {MATCHER_ROLE}"
    )


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
