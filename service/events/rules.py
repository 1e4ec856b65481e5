"""From facts of a partnership to the messages that one side is sent, as Standard Webhooks words them: type, timestamp, data.

A message is thin: ids, rules and confidence, never a name nor what somebody wrote. What a side isn't told of leaves no trace in it, not even a gap:
the partnership's own numbering stays out.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any, Protocol
from uuid import UUID

OVERLAPS_A_MESSAGE = 100
"""Facts of one type that follow each other travel together, up to so many."""


class Event(Protocol):
    """What a message needs of a partnership event."""

    partnership_id: UUID
    sequence: int
    type: str
    data: dict[str, Any]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Message:
    """One webhook message before it has an id and a signature."""

    type: str
    timestamp: datetime
    """When the newest of its facts happened; aware."""
    data: dict[str, Any]

    @property
    def size(self) -> int:
        """How many overlaps it tells of."""
        return len(self.data["overlaps"])

    def body(self) -> dict[str, Any]:
        """What is sent: https://www.standardwebhooks.com, section "payload structure"."""
        return {"type": self.type, "timestamp": self.timestamp.isoformat(), "data": self.data}


def overlap_messages(events: Iterable[Event], *, told: Collection[UUID]) -> list[Message]:
    """Batch the overlap events of one partnership for a side that is told of the overlaps `told`, in the order they happened."""
    ordered = sorted(events, key=lambda event: event.sequence)
    wanted = [event for event in ordered if _overlap_id(event) in told]
    return [
        _message(run[start : start + OVERLAPS_A_MESSAGE])
        for _, same in groupby(wanted, key=lambda event: event.type)
        for run in [list(same)]
        for start in range(0, len(run), OVERLAPS_A_MESSAGE)
    ]


def _overlap_id(event: Event) -> UUID | None:
    return UUID(event.data["overlap_id"]) if event.type.startswith("overlap.") else None


def _told(data: Mapping[str, Any]) -> dict[str, Any]:
    told = {"id" if name == "overlap_id" else name: value for name, value in data.items()}
    return told | (
        {"rules": [rule for rule in str(data["rules"]).split("+") if rule]} if "rules" in data else {}
    )


def _message(events: Sequence[Event]) -> Message:
    overlaps = [_told(event.data) for event in events]
    return Message(
        type=events[0].type,
        timestamp=max(event.created_at for event in events),
        data={"partnership_id": str(events[0].partnership_id), "overlaps": overlaps},
    )
