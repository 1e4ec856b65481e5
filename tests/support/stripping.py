"""Take the first wall away: every statement that the service sends loses its comparisons of organizations.

A comparison is replaced by one that is always true and still takes its parameters, as if whoever wrote the query had forgotten the tenant.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import asyncpg

from tests.support.listening import TAKING_SQL, each_statement

_COLUMN = r'(?:(?:\w+|"\w+")\.)?"?(?:\w+_)?org_id"?'
_PARAMETER = r"\$\d+(?:::\w+(?:\[\])?)?"
_LITERAL = r"'[0-9a-f-]{36}'(?:::\w+)?"
_FORMS: tuple[tuple[re.Pattern[str], str], ...] = (
    # CASE WHEN says which side one is; it keeps nothing out.
    (re.compile(rf"(?<!WHEN )\b{_COLUMN}\s*(?:=|<>)\s*ANY\s*\(\s*({_PARAMETER})\s*\)", re.IGNORECASE), "uuid[]"),
    (re.compile(rf"(?<!WHEN )(?<![\w.]){_COLUMN}\s*=\s*({_PARAMETER})", re.IGNORECASE), "uuid"),
    (re.compile(rf"(?<!WHEN )(?<![\w.])({_PARAMETER})\s*=\s*{_COLUMN}", re.IGNORECASE), "uuid"),
)  # fmt: skip
_LISTED = re.compile(rf"(?<![\w.]){_COLUMN}\s+IN\s*\(([^()]*)\)", re.IGNORECASE)
_JOINED = re.compile(
    rf"(?<!WHEN )(?<![\w.])(?:{_COLUMN}\s*=\s*(?:{_COLUMN}|organization\.id|{_LITERAL})|organization\.id\s*=\s*{_COLUMN})", re.IGNORECASE
)  # fmt: skip
_LEFT = re.compile(
    rf"(?<!WHEN )(?<![\w.]){_COLUMN}\s*(?:=|<>|!=|<|>|\bIN\b|\bIS\b|\bBETWEEN\b)|(?:=|<>|!=)\s*{_COLUMN}", re.IGNORECASE
)  # fmt: skip
_SETTING = re.compile(r"\s*(?:BEGIN|SET|SAVEPOINT)\b", re.IGNORECASE)
"""What names the tenant for the policies: the second wall's, not ours to take."""
_NUMBER = re.compile(r"\$\d+")


@dataclass
class Stripped:
    """What was rewritten, and what still compares organizations although it should not."""

    statements: set[str] = field(default_factory=set)
    left: set[str] = field(default_factory=set)

    def rewrite(self, statement: str) -> str:
        stripped = strip(statement)
        if stripped != statement:
            self.statements.add(statement)
        if not _SETTING.match(stripped) and _LEFT.search(stripped):
            self.left.add(statement)
        return stripped


def strip(statement: str) -> str:
    """The statement without its comparisons of organizations; its parameters keep their numbers and types."""
    if _SETTING.match(statement):
        return statement
    for form, kind in _FORMS:
        statement = form.sub(lambda found, kind=kind: _true(found[1], kind), statement)
    statement = _LISTED.sub(lambda found: _true(found[1], "uuid"), statement)
    return _JOINED.sub("true", statement)


def _true(parameters: str, kind: str) -> str:
    parts = [f"{n}::{kind} IS NOT DISTINCT FROM {n}::{kind}" for n in _NUMBER.findall(parameters)]
    return "(" + " AND ".join(parts or ["true"]) + ")"


@contextmanager
def without_organization_filters() -> Iterator[Stripped]:
    """Rewrite every statement of this process until the block ends."""
    done = Stripped()

    with each_statement(done.rewrite, TAKING_SQL):
        yield done


async def switch_policies(superuser: asyncpg.Connection, tables: list[str], *, on: bool) -> None:
    """Take the second wall away, or put it back, as the owner might by mistake."""
    for table in tables:
        await superuser.execute(f'ALTER TABLE "{table}" {"ENABLE" if on else "DISABLE"} ROW LEVEL SECURITY')
