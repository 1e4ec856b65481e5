"""Row-level security as migrations write it.

Policies are plain comparisons without subqueries, so that they hold on a sharded server too. The tenant is read with
`nullif(current_setting(…, true), '')`: `SET LOCAL` leaves an empty text behind, which is no uuid.
A table is either protected here or named in `service.db.unscoped` with its reason; `service.db.catalog` finds any other.
"""

from collections.abc import Sequence

from alembic import op

from service.db.names import APP_ROLE, MATCHER_ROLE, MIGRATOR_ROLE

ORG = "nullif(current_setting('app.org_id', true), '')::uuid"
"""The tenant of this transaction, or null."""

PARTNERSHIP = "nullif(current_setting('app.partnership_id', true), '')::uuid"
"""The partnership of this transaction, or null."""

PERSON = "nullif(current_setting('app.person_id', true), '')::uuid"
"""The person who reads what is theirs in every organization, or null."""

INVITATION = "nullif(current_setting('app.invitation', true), '')::uuid"
"""What this transaction has shown of an invitation's secret, or null."""

INVITER = "nullif(current_setting('app.inviter', true), '')::uuid"
"""The organization whose invitation that is, or null."""

DUTY = "current_setting('app.duty', true)"
"""The duty that this transaction's job does for its tenant; null or empty in a person's session."""

READ = ("SELECT",)
WRITE = ("SELECT", "INSERT", "UPDATE", "DELETE")


def protect(table: str) -> None:
    """Switch row-level security on for `table`, for its owner too: from here on nothing is seen without a policy."""
    op.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    op.execute(f"ALTER TABLE {table} FORCE ROW LEVEL SECURITY")


def grant(table: str, privileges: Sequence[str], *, to: str = APP_ROLE) -> None:
    """Give `to` these privileges on `table`."""
    op.execute(f"GRANT {', '.join(privileges)} ON TABLE {table} TO {to}")


def allow(
    table: str, where: str, *, to: str = APP_ROLE, command: str = "ALL", name: str | None = None
) -> None:
    """Let `to` run `command` on the rows of `table` for which `where` holds; privileges are granted apart.

    `where` stands as USING and WITH CHECK, each where PostgreSQL knows it for that command. Policies of one command
    add up (OR). `name` defaults to `<table>_<role's short name>_<command>`.
    """
    name = name or f"{table}_{to.removeprefix('commonground_')}_{command.lower()}"
    using = "" if command == "INSERT" else f" USING ({where})"
    check = "" if command in {"SELECT", "DELETE"} else f" WITH CHECK ({where})"
    op.execute(f"CREATE POLICY {name} ON {table} FOR {command} TO {to}{using}{check}")


def erasable(table: str, *columns: str) -> None:
    """Let whoever erases an organization, as the tables' owner and on that duty alone, at the rows that name it in `columns`.

    The app's role can't: it never has the owner's address, and some tables it may not delete from at all.
    """
    named = " OR ".join(f"{column} = {ORG}" for column in columns)
    allow(table, f"({named}) AND {DUTY} = 'erase'", to=MIGRATOR_ROLE, name=f"{table}_erase")


def owned_by_org(table: str, *, column: str = "org_id", privileges: Sequence[str] = WRITE) -> None:
    """Protect `table` and give the app's role the rows of its tenant."""
    protect(table)
    allow(table, f"{column} = {ORG}")
    erasable(table, column)
    grant(table, privileges)


def seen_by_both(
    table: str, *, columns: tuple[str, str] = ("lo_org_id", "hi_org_id"), privileges: Sequence[str] = READ
) -> None:
    """Protect `table` and give the app's role the rows in which its tenant is one of the two sides."""
    protect(table)
    allow(table, " OR ".join(f"{column} = {ORG}" for column in columns))
    erasable(table, *columns)
    grant(table, privileges)


def open_to_matcher(table: str, *, column: str = "partnership_id", privileges: Sequence[str] = WRITE) -> None:
    """Give the matcher's role the rows of its partnership in an already protected `table`."""
    allow(table, f"{column} = {PARTNERSHIP}", to=MATCHER_ROLE)
    grant(table, privileges, to=MATCHER_ROLE)
