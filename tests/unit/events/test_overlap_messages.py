from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from service.db.database import Database
from service.db.names import Duty
from service.events.models import PartnershipEvent
from service.events.repository import PartnershipEvents
from service.events.rules import OVERLAPS_A_MESSAGE, overlap_messages

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PARTNERSHIP = uuid4()


@dataclass
class Happened:
    sequence: int
    overlap_id: UUID = field(default_factory=uuid4)
    type: str = "overlap.created"
    partnership_id: UUID = PARTNERSHIP

    @property
    def created_at(self) -> datetime:
        return NOON + timedelta(seconds=self.sequence)

    @property
    def data(self) -> dict[str, Any]:
        return {"overlap_id": str(self.overlap_id), "rules": "domain+name", "confidence": 0.9991}


def everyone(events: list[Happened]) -> set[UUID]:
    return {event.overlap_id for event in events}


def test_body_is_type_timestamp_and_data_with_ids_rules_and_confidence_alone() -> None:
    event = Happened(3)
    (message,) = overlap_messages([event], told={event.overlap_id})
    assert message.body() == {
        "type": "overlap.created",
        "timestamp": "2026-11-22T12:00:03+00:00",
        "data": {
            "partnership_id": str(PARTNERSHIP),
            "overlaps": [{"id": str(event.overlap_id), "rules": ["domain", "name"], "confidence": 0.9991}],
        },
    }


def test_overlap_that_the_side_is_not_told_of_leaves_no_trace() -> None:
    told, hidden = Happened(1), Happened(2)
    with_it = overlap_messages([told, hidden], told={told.overlap_id})
    assert with_it == overlap_messages([told], told={told.overlap_id})
    assert overlap_messages([hidden], told=set()) == []


def test_events_that_are_not_of_overlaps_are_left_to_others() -> None:
    other = Happened(1, type="sharing_rule.changed")
    assert overlap_messages([other], told=everyone([other])) == []


def test_messages_hold_a_hundred_overlaps_in_the_order_in_which_they_happened() -> None:
    events = [Happened(number) for number in range(2 * OVERLAPS_A_MESSAGE + 1)]
    messages = overlap_messages(reversed(events), told=everyone(events))
    assert [message.size for message in messages] == [OVERLAPS_A_MESSAGE, OVERLAPS_A_MESSAGE, 1]
    ids = [overlap["id"] for message in messages for overlap in message.data["overlaps"]]
    assert ids == [str(event.overlap_id) for event in events]


def test_facts_of_another_type_between_begin_a_new_message() -> None:
    overlap = uuid4()
    types = ["overlap.created", "overlap.removed", "overlap.created"]
    events = [Happened(number, overlap, kind) for number, kind in enumerate(types)]
    assert [message.type for message in overlap_messages(events, told={overlap})] == types


@pytest.fixture
async def events(db: Database) -> dict[str, UUID]:
    """Three events of a partnership; ids of its two sides."""
    sides = {"lo": uuid4(), "hi": uuid4()}
    async with db.matcher(PARTNERSHIP) as session:
        for sequence in (2, 1, 3):
            session.add(
                PartnershipEvent(
                    partnership_id=PARTNERSHIP,
                    sequence=sequence,
                    id=uuid4(),
                    type="overlap.created",
                    data=Happened(sequence).data,
                    lo_org_id=sides["lo"],
                    hi_org_id=sides["hi"],
                    created_at=NOON,
                )
            )
    return sides


@pytest.mark.parametrize("side", ["lo", "hi"])
async def test_relay_of_either_side_reads_the_partnerships_events_in_order(
    db: Database, events: dict[str, UUID], side: str
) -> None:
    async with db.duty(events[side], Duty.RELAY) as session:
        found = PartnershipEvents(session)
        assert [event.sequence for event in await found.after(PARTNERSHIP)] == [1, 2, 3]
        assert [event.sequence for event in await found.after(PARTNERSHIP, 1, limit=1)] == [2]


async def test_another_organization_and_another_duty_read_none(db: Database, events: dict[str, UUID]) -> None:
    async with db.duty(uuid4(), Duty.RELAY) as session:
        assert await PartnershipEvents(session).after(PARTNERSHIP) == []
    async with db.duty(events["lo"], Duty.PUBLISH) as session:
        assert await PartnershipEvents(session).after(PARTNERSHIP) == []
