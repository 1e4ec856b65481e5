"""Moments as RFC 3339 writes them."""

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BeforeValidator

_WRITTEN = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}")


def _written(given: object) -> object:
    """Pydantic would take a number for seconds since 1970 too."""
    if not isinstance(given, str) or not _WRITTEN.match(given):
        raise ValueError("give date, time and zone, such as 2026-11-22T09:00:00Z")
    return given


def _in_utc(given: datetime) -> datetime:
    try:
        return given.astimezone(UTC)
    except OverflowError:
        raise ValueError("give a moment of the years 1 to 9999, in UTC too") from None


Moment = Annotated[AwareDatetime, BeforeValidator(_written), AfterValidator(_in_utc)]
