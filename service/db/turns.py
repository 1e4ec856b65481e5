"""Work that must not be done twice at a time: advisory locks of the transaction, by name."""

from enum import StrEnum
from typing import Final
from uuid import UUID

from service.db.sessions import ReadSession

PATIENCE: Final = "10min"
"""For work that may wait for another of its kind over a whole list."""


class Turn(StrEnum):
    """What is done one at a time; of an organization, or of what is named behind it."""

    API_KEYS = "api-keys"
    """Counting keys and adding one."""
    AUDIT = "audit"
    """Adding an entry to the chain. Taken last."""
    DECIDE = "decide"
    """Saying what becomes of a partnership's pairs, and numbering its events. Taken behind `MATCH`."""
    EPOCH = "epoch"
    """Opening a partnership's next epoch, or deleting the secrets of ended ones. Taken before any other of the partnership."""
    DUPLICATES = "duplicates"
    """Searching a list for duplicates."""
    IMPORT_MAPPINGS = "import-mappings"
    IMPORTS = "imports"
    """Deciding which import comes next."""
    MATCH = "match"
    """Matching a partnership. Who pauses or ends it doesn't wait: a match that finds so at its end is undone."""
    MEMBERS = "members"
    """Counting members and adding one."""
    ORGANIZATION = "organization"
    """Held together by whoever writes for an active organization; alone by whoever ends that."""
    PARTNERSHIPS = "partnerships"
    """Beginning a partnership of an organization, or offering one: they are counted before. Of both sides, the lower id first."""
    POPULATIONS = "populations"
    PUBLISH = "publish"
    """Writing what is shown in a partnership."""
    PUSH = "push"
    """Handing one side's tokens to a partnership: of the partnership and the side."""
    RULE = "rule"
    """Setting a sharing rule: of the partnership, the side and the population's bit."""
    SANDBOX = "sandbox"
    STORING = "storing"
    """Storing records of any kind."""


async def take_turn(session: ReadSession, turn: Turn, *of: UUID | int, wait: str | None = None) -> None:
    """Until the transaction ends, nobody else has this turn. A refused statement after the `wait`, if one is given."""
    if wait is not None:
        await session.sql(f"SET LOCAL lock_timeout = '{wait}'")
    await session.sql("SELECT pg_advisory_xact_lock(hashtextextended($1, 0))", _name(turn, of))


async def share_turn(session: ReadSession, turn: Turn, *of: UUID | int) -> None:
    """Until the transaction ends, others may share this turn, and nobody has it alone."""
    await session.sql("SELECT pg_advisory_xact_lock_shared(hashtextextended($1, 0))", _name(turn, of))


def _name(turn: Turn, of: tuple[UUID | int, ...]) -> str:
    return ":".join([turn, *map(str, of)])
