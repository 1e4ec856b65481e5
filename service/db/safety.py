"""What a server and a role must be for tenants to stay apart; asked once when a process starts."""

import asyncpg

from service.db.errors import UnsafeDatabaseError

FIXED_MINORS = {15: 14, 16: 10, 17: 6}
"""Of each major version, the first release in which planner statistics no longer show rows past a policy (CVE-2025-8713)."""

_ROLE = """
SELECT current_user AS name, r.rolsuper, r.rolbypassrls, r.rolcreaterole,
       has_schema_privilege(current_user, 'public', 'CREATE') AS creates,
       (SELECT min(c.relname::text) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
         WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p', 'v', 'm') AND pg_has_role(current_user, c.relowner, 'MEMBER')) AS owned
  FROM pg_roles r WHERE r.rolname = current_user
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


async def refuse_unsafe(driver: asyncpg.Connection) -> None:
    """Raise UnsafeDatabaseError unless server and role of this connection hold to row-level security."""
    await refuse_unsafe_version(driver)
    role = await driver.fetchrow(_ROLE)
    faults = _faults(role)
    if faults:
        raise UnsafeDatabaseError(
            f"The database role {role['name']!r} {' and '.join(faults)}, so row-level security would not bind it. "
            "Connect as a role of its own: `commonground migrate --create-roles` makes them."
        )


def _faults(role: asyncpg.Record) -> list[str]:
    said = {
        "is a superuser": role["rolsuper"],
        "has BYPASSRLS": role["rolbypassrls"],
        "may create roles": role["rolcreaterole"],
        "may create tables": role["creates"] and not role["rolsuper"],
        f"owns the table {role['owned']!r}": role["owned"] is not None and not role["rolsuper"],
    }
    return [fault for fault, found in said.items() if found]
