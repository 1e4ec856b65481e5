"""What can go wrong with the database, by name.

DatabaseError
├── DatabaseUnavailable        it cannot be reached or doesn't answer in time: try again
│   ├── DatabaseFullError      it answers, and its disk has no room for what is to be written
│   └── DatabaseRefusedError   it answers, and lets this role or address in no more
├── TransactionAbortedError    a failed statement was swallowed, so nothing of the transaction can be kept
├── UnsafeDatabaseError        it answers, but row-level security would not hold: refuse to start
├── RolesMissingError          the three roles were never made on this server, or can't be made as this user
├── SchemaBehindError          the schema is older than this version: migrate
├── MigrationError             the schema can't be moved to or from a revision
├── SchemaDriftError           models and migrations say different things
├── SealedRowError             a sealed value doesn't open under the key of its owner
├── RowsHiddenError            a role that policies bind would copy only what it sees
├── ToolMissingError           a program of PostgreSQL's isn't installed, or too old for the server
├── ToolFailedError            it ended with an error
├── BackupError                a backup can't be made there, or isn't whole
├── RestoreError               a backup doesn't fit where it is to go, or came out different
└── EmbeddedServerError        the embedded server can't be started here
"""


class DatabaseError(Exception):
    """Base of all errors of this room."""


class DatabaseUnavailable(DatabaseError):  # noqa: N818 - a state of the world, answered with 503, not a mistake
    """The database cannot be reached, is going down, or has no free connection.

    `outcome_unknown` is true when the connection broke while COMMIT was under way: the work may stand or not,
    and only a repeat under the same idempotency key tells.
    """

    def __init__(
        self,
        message: str = "The database does not answer; try again shortly.",
        *,
        outcome_unknown: bool = False,
    ) -> None:
        super().__init__(message)
        self.outcome_unknown = outcome_unknown


class DatabaseFullError(DatabaseUnavailable):
    """The disk under the database is full. What was to be written is undone whole; what is stored can be read."""

    def __init__(self) -> None:
        super().__init__(
            "The database's disk is full, and nothing of this was kept: the operator of this server must free space there; then try "
            "again."
        )


class DatabaseRefusedError(DatabaseUnavailable):
    """The server refuses a connection: a role, password or database that isn't there, or isn't let in.

    To who asks the service it is away, as a database that doesn't answer; `words` are the server's, for the operator.
    """

    def __init__(self, words: str, *, sqlstate: str | None = None) -> None:
        super().__init__(
            f"The database refuses the connection: {words}. See that the address is right; `commonground migrate --create-roles` sets "
            "roles, passwords and the database."
        )
        self.words, self.sqlstate = words, sqlstate


class TransactionAbortedError(DatabaseError):
    """A statement failed, its error was caught, and the transaction went on: PostgreSQL would quietly roll it back."""

    def __init__(self) -> None:
        super().__init__(
            "A statement of this transaction failed and its error was swallowed, so nothing was kept. "
            "Run a statement that may fail inside `async with session.savepoint():`."
        )


class UnsafeDatabaseError(DatabaseError):
    """The server or a role would not keep tenants apart."""


class RolesMissingError(DatabaseError):
    """The roles that policies and grants name don't exist on the server."""


class SchemaBehindError(DatabaseError):
    """The schema is older than this version of the service."""


class MigrationError(DatabaseError):
    """A revision that this version doesn't know, or a schema that stands elsewhere than it must."""


class SchemaDriftError(DatabaseError):
    """The tables that the models describe are not the ones that the migrations make."""


class SealedRowError(DatabaseError):
    """A value was moved, changed, or sealed under a key that is gone; the message names the row and not the value."""


class RowsHiddenError(DatabaseError):
    """A copy made as this role would miss the rows that policies hide from it."""


class ToolMissingError(DatabaseError):
    """`pg_dump` and its kin are needed in a version that fits the server."""


class ToolFailedError(DatabaseError):
    """`pg_dump` or `pg_restore` said what was wrong; the message carries its words."""


class BackupError(DatabaseError):
    """A backup can't be made at that place, or what is there is no whole backup."""


class RestoreError(DatabaseError):
    """The place isn't empty or too old for the backup, or the rows that arrived aren't those that were saved."""


class EmbeddedServerError(DatabaseError):
    """The embedded PostgreSQL cannot run with this data directory."""
