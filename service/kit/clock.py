"""Time comes in as a value: what needs the time is given a clock."""

from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """The present moment, aware, in UTC."""
        ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


class FixedClock:
    """Stands still until it is set or moved."""

    def __init__(self, moment: datetime) -> None:
        self._moment = _in_utc(moment)

    def now(self) -> datetime:
        return self._moment

    def set(self, moment: datetime) -> None:
        self._moment = _in_utc(moment)

    def advance(self, by: timedelta) -> None:
        """Moves by a positive or negative span."""
        self._moment += by


def _in_utc(moment: datetime) -> datetime:
    if moment.utcoffset() is None:
        raise ValueError(f"the moment {moment.isoformat()} has no time zone: give it one, such as tzinfo=UTC")
    return moment.astimezone(UTC)
