"""Moments as RFC 3339 writes them."""

import re
from typing import Annotated

from pydantic import AwareDatetime, BeforeValidator

_WRITTEN = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}")


def _written(given: object) -> object:
    """Pydantic would take a number for seconds since 1970 too."""
    if not isinstance(given, str) or not _WRITTEN.match(given):
        raise ValueError("give date, time and zone, such as 2026-11-22T09:00:00Z")
    return given


Moment = Annotated[AwareDatetime, BeforeValidator(_written)]
