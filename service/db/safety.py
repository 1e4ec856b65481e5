"""What a server and a role must be for tenants to stay apart; asked once when a process starts."""

import asyncpg

from service.db.errors import UnsafeDatabaseError
from service.db.names import APP_ROLE, MATCHER_ROLE

FIXED_MINORS = {15: 14, 16: 10, 17: 6}
"""Of each major version, the first release in which planner statistics no longer show rows past a policy (CVE-2025-8713)."""

_ROLE = """
SELECT current_user AS name, r.rolsuper, r.rolbypassrls, r.rolcreaterole, r.rolreplication,
       (SELECT min(s.rolname::text) FROM pg_roles s
         WHERE (s.rolsuper OR s.rolbypassrls) AND s.oid <> r.oid AND pg_has_role(r.oid, s.oid, 'MEMBER')) AS becomes,
       has_schema_privilege(current_user, 'public', 'CREATE') AS creates,
       (SELECT min(c.relname::text) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm') AND pg_has_role(current_user, c.relowner, 'MEMBER')) AS owned
  FROM pg_roles r WHERE r.rolname = current_user
"""

_OWNS = """
SELECT current_user AS name, pg_has_role(current_user, relowner, 'MEMBER') AS owns FROM pg_class WHERE oid = 'public.organization'::regclass
"""

NOT_FOR_THE_MATCHER = ("account", "api_key", "membership", "person", "shared_record")
"""A sample of what the matcher has no right on; enough to tell another role from its own."""

_READABLE = """
SELECT min(c.relname::text) FROM pg_class c
 WHERE c.relnamespace = 'public'::regnamespace AND c.relname = ANY($1) AND has_any_column_privilege(c.oid, 'SELECT')
"""


def version_is_safe(number: int) -> bool:
    """Whether PostgreSQL `number`, as `server_version_num` gives it (150014 is 15.14), may be used."""
    major, minor = divmod(number, 10_000)
    return major >= min(FIXED_MINORS) and minor >= FIXED_MINORS.get(major, 0)


async def refuse_unsafe_version(driver: asyncpg.Connection) -> int:
    """The server's `server_version_num`; UnsafeDatabaseError for one that shows rows past policies."""
    number = int(await driver.fetchval("SHOW server_version_num"))
    if not version_is_safe(number):
        wanted = ", ".join(f"{major}.{minor}" for major, minor in FIXED_MINORS.items())
        raise UnsafeDatabaseError(
            f"PostgreSQL {number // 10_000}.{number % 10_000} shows rows past row-level security (CVE-2025-8713). "
            f"Upgrade the server to {wanted}, 18 or later of its line."
        )
    return number


async def refuse_unsafe(driver: asyncpg.Connection) -> str:
    """The role's name; UnsafeDatabaseError unless server and role of this connection hold to row-level security."""
    await refuse_unsafe_version(driver)
    role = await driver.fetchrow(_ROLE)
    faults = _faults(role)
    if faults:
        raise UnsafeDatabaseError(
            f"The database role {role['name']!r} {' and '.join(faults)}, so row-level security would not bind it. "
            "Connect as a role of its own: `commonground migrate --create-roles` makes them."
        )
    return str(role["name"])


async def refuse_reader(driver: asyncpg.Connection) -> None:
    """UnsafeDatabaseError if the matcher's role could read what only tenants may."""
    readable = await driver.fetchval(_READABLE, list(NOT_FOR_THE_MATCHER))
    if readable:
        raise UnsafeDatabaseError(
            f"The role of MATCHER_DATABASE_URL may read the table {readable!r}, and the matcher compares tokens without a right on any "
            "account. Give the matcher its own role; `commonground migrate --create-roles` makes it."
        )


async def refuse_unsafe_owner(driver: asyncpg.Connection) -> None:
    """UnsafeDatabaseError unless the migrator's role may own tables: one that policies bind, and that serves no request."""
    role = await driver.fetchrow(_ROLE)
    faults = [
        fault
        for fault, found in {
            "is a superuser": role["rolsuper"],
            "has BYPASSRLS": role["rolbypassrls"],
            "serves requests or matches": role["name"] in {APP_ROLE, MATCHER_ROLE},
        }.items()
        if found
    ]
    if faults:
        raise UnsafeDatabaseError(
            f"MIGRATOR_DATABASE_URL connects as {role['name']!r}, which {' and '.join(faults)}; what it made would be past row-level "
            "security for itself or its functions. Connect as a role of its own: `commonground migrate --create-roles` makes it."
        )


async def refuse_stranger(driver: asyncpg.Connection) -> None:
    """UnsafeDatabaseError unless this connection's role owns the tables."""
    row = await driver.fetchrow(_OWNS)
    if not row["owns"]:
        raise UnsafeDatabaseError(
            f"MIGRATOR_DATABASE_URL connects as {row['name']!r}, which doesn't own the tables: erasing takes the role that migrates."
        )


def _faults(role: asyncpg.Record) -> list[str]:
    said = {
        "is a superuser": role["rolsuper"],
        "has BYPASSRLS": role["rolbypassrls"],
        "may create roles": role["rolcreaterole"],
        "may copy the whole server (REPLICATION)": role["rolreplication"] and not role["rolsuper"],
        f"may become {role['becomes']!r}, past all policies": role["becomes"] is not None
        and not role["rolsuper"],
        "may create tables": role["creates"] and not role["rolsuper"],
        f"owns the table {role['owned']!r}": role["owned"] is not None and not role["rolsuper"],
    }
    return [fault for fault, found in said.items() if found]
