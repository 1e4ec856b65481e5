"""Populations that a request names for accounts that it brings: the standard ones, and one's own lists."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Final

from pydantic import Field

from service.accounts.models import PopulationKind
from service.accounts.named import own_named
from service.accounts.populations import LONGEST_SLUG
from service.accounts.repository import Populations
from service.api.errors import InvalidParameterError
from service.db.sessions import TenantReadSession
from service.partnerships.errors import UnknownPopulationError

OF_SLUG: Final = r"^[a-z0-9][a-z0-9_]*$"
Slug = Annotated[str, Field(max_length=LONGEST_SLUG, pattern=OF_SLUG)]


async def check_named(
    session: TenantReadSession, population: str | None, statuses: Mapping[str, str | None] | None = None
) -> datetime | None:
    """When the newest of the lists was made that are named, None where none is. UnknownPopulationError, InvalidParameterError."""
    named = own_named(population, statuses or {})
    if not named:
        return None
    there = {p.slug: p for p in await Populations(session).everyone()}
    said = [slug for slug, p in there.items() if p.kind is not PopulationKind.FILTER]
    for slug in sorted(named):
        if slug not in there:
            raise UnknownPopulationError(slug, said)
        if slug not in said:
            raise InvalidParameterError(
                f"population: '{slug}' follows its filter, and accounts join it by that alone. Name one of {', '.join(said)}."
            )
    return max(there[slug].created_at for slug in named)
