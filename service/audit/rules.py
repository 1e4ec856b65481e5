"""The chain: what of an entry is hashed, how one follows another, and where a chain breaks. Pure.

    h(0) = 32 zero bytes          h(n) = SHA-256(h(n-1) ‖ canonical(entry n))

The canonical text is JSON in ASCII with sorted keys and no spaces; a moment is written in UTC with microseconds.
"""

import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol
from uuid import UUID

from service.audit.errors import BrokenChainError, UnfitEntryError
from service.kit.actors import ActorKind

START = bytes(32)
"""The hash before the first entry."""

LONGEST = 500
"""Characters of a target or a detail that are kept."""

Detail = str | int | bool | None
_ACTION = re.compile(r"[a-z][a-z0-9_]*(\.[a-z][a-z0-9_]*)+")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class Entry(Protocol):
    """What the chain needs of an entry."""

    org_id: UUID
    number: int
    at: datetime
    actor_kind: ActorKind
    actor_id: UUID | None
    request_id: str | None
    action: str
    target: str | None
    details: dict[str, Any]
    hash: bytes


def as_json(entry: Entry) -> dict[str, Any]:
    """The entry as it is hashed and exported, without its hash."""
    return {
        "org_id": str(entry.org_id),
        "number": entry.number,
        "at": entry.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "actor_kind": ActorKind(entry.actor_kind).value,
        "actor_id": None if entry.actor_id is None else str(entry.actor_id),
        "request_id": entry.request_id,
        "action": entry.action,
        "target": entry.target,
        "details": entry.details,
    }


def canonical(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode("ascii")


def next_hash(previous: bytes, content: Mapping[str, Any]) -> bytes:
    return hashlib.sha256(previous + canonical(content)).digest()


@dataclass(slots=True)
class Chain:
    """Walks a log from its first entry on; `number` and `hash` are those of the last good one."""

    org: str
    number: int = 0
    hash: bytes = START

    def follow(self, content: Mapping[str, Any], stated: bytes) -> None:
        """Take the next entry. BrokenChainError names the first one that isn't as it was written."""
        expected, found = self.number + 1, content["number"]
        if content["org_id"] != self.org:
            raise BrokenChainError(self.org, expected, "it belongs to another organization.")
        if found != expected:
            raise BrokenChainError(self.org, expected, f"it is missing; entry {found} follows {self.number}.")
        derived = next_hash(self.hash, content)
        if not hmac.compare_digest(derived, stated):
            raise BrokenChainError(
                self.org, expected, "its content or its hash was changed, or an entry before it was replaced."
            )
        self.number, self.hash = expected, stated


def fit_action(action: str) -> str:
    if not _ACTION.fullmatch(action):
        raise UnfitEntryError(
            f"The action {action!r} is no name: write `noun.verb`, such as 'member.invited'."
        )
    return action


def fit_target(target: str | None) -> str | None:
    return None if target is None else _fit_text(target, "the target")


def fit_details(details: Mapping[str, Detail] | None) -> dict[str, Detail]:
    """Details as they are kept: texts printable and short. UnfitEntryError for other types and what looks like an address."""
    return {_fit_name(name): _fit_value(name, value) for name, value in (details or {}).items()}


def _fit_name(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise UnfitEntryError("The name of a detail must be a plain word: a–z, 0–9 and underscores.")
    return name


def _fit_value(name: str, value: object) -> Detail:
    if isinstance(value, str):
        return _fit_text(value, f"the detail '{name}'")
    if value is None or isinstance(value, bool | int):
        return value
    raise UnfitEntryError(
        f"The detail '{name}' is a {type(value).__name__}: record a text, a whole number, a yes or no, or nothing."
    )


def _fit_text(text: str, what: str) -> str:
    """Printable and short: a line feed or an escape sequence in a log could be taken for another entry."""
    if "@" in text:
        raise UnfitEntryError(f"An audit entry holds ids, never addresses: {what} has an @.")
    return "".join(c if c.isprintable() else f"\\u{{{ord(c):x}}}" for c in text[:LONGEST])
