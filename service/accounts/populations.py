"""Making, changing and removing populations beside the standard ones; `membership.py` applies the filters of those that have one."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final
from unicodedata import normalize
from uuid import UUID

from service.accounts.errors import (
    NoSuchPopulationError,
    PopulationExistsError,
    PopulationKindError,
    PopulationsClearedError,
    StandardPopulationError,
    TooManyPopulationsError,
)
from service.accounts.filters import digest_of, parse
from service.accounts.membership import request_settling
from service.accounts.models import Population, PopulationKind, StandardPopulation
from service.accounts.repository import Populations, take_turn_of_populations
from service.audit import record
from service.db.sessions import TenantSession
from service.imports.endings import stored_at
from service.kit.clock import Clock
from service.kit.ids import Ids

MOST: Final = 60
"""Populations beside the standard ones: an account has a bit for each."""
LONGEST_SLUG: Final = 60
_NO_LETTERS = re.compile(r"[^a-z0-9]+")


@dataclass(frozen=True, slots=True)
class NewPopulation:
    """`slug` follows from the name where it is None; `filter` is JSON as `filters.parse` takes it, None for a list."""

    name: str
    filter: Mapping[str, Any] | None
    slug: str | None = None


def slug_of(name: str) -> str:
    """Lower-case letters, digits and underscores; `population` where the name has none of them."""
    plain = normalize("NFKD", name.casefold()).encode("ascii", "ignore").decode()
    return _NO_LETTERS.sub("_", plain).strip("_")[:LONGEST_SLUG].strip("_") or "population"


async def create_population(
    session: TenantSession, ids: Ids, clock: Clock, *, wanted: NewPopulation
) -> Population:
    """A population whose accounts the job finds, or a list without any. InvalidFilterError, PopulationExistsError, TooManyPopulationsError."""
    if wanted.filter is not None:
        parse(wanted.filter)
    await take_turn_of_populations(session)
    slug = wanted.slug or slug_of(wanted.name)
    populations = Populations(session)
    if slug in {p.slug for p in await populations.everyone()}:
        raise PopulationExistsError(slug)
    bits, taken = set(range(len(StandardPopulation), 63)), await populations.taken_bits()
    free = sorted(bits - taken)
    if not free:
        there = {p.bit for p in await populations.everyone()}
        raise PopulationsClearedError if bits - there else TooManyPopulationsError(MOST)
    tree = None if wanted.filter is None else dict(wanted.filter)
    # later than all that was stored before: what an earlier import kept may bear the bit of a list that is gone
    now = await stored_at(session, clock)
    made = Population(
        org_id=session.org_id, id=ids.new(), slug=slug, name=wanted.name, bit=free[0], filter=tree,
        version=1, settled=1 if tree is None else 0, created_at=now, removed_at=None,
    )  # fmt: skip
    session.add(made)
    await session.flush()
    if tree is not None:
        await request_settling(session)
    await _note(session, clock, "population.created", made)
    return made


async def change_population(
    session: TenantSession,
    clock: Clock,
    population_id: UUID,
    *,
    name: str | None = None,
    wanted: Mapping[str, Any] | None = None,
    meets: Callable[[Population], None] = lambda _: None,
) -> Population:
    """Give it another name or filter; what is None stays. NoSuchPopulationError, StandardPopulationError, PopulationKindError,
    InvalidFilterError.

    `meets` raises unless the population, which nobody else changes meanwhile, is as the caller expects.
    """
    found = await custom_population(session, population_id)
    meets(found)
    if wanted is not None and found.kind is PopulationKind.LIST:
        raise PopulationKindError(found.slug, found.kind)
    found.name = name or found.name
    before = found.filter
    if wanted is not None and wanted != found.filter:
        parse(wanted)
        found.filter, found.version = dict(wanted), found.version + 1
        await request_settling(session)
    await session.flush()
    replaced = {"filter_before": digest_of(before)} if before and before != found.filter else {}
    await _note(session, clock, "population.changed", found, **replaced)
    return found


async def remove_population(session: TenantSession, clock: Clock, population: Population) -> None:
    """It is gone from this commit on; what bears its bit follows by jobs. Whoever has rules on it ends them."""
    population.removed_at, population.version = clock.now(), population.version + 1
    await session.flush()
    await request_settling(session)
    await _note(session, clock, "population.removed", population)


async def custom_population(session: TenantSession, population_id: UUID) -> Population:
    """To be changed, by nobody else until the transaction ends. NoSuchPopulationError, StandardPopulationError."""
    await take_turn_of_populations(session)
    found = await Populations(session).by_id(population_id)
    if found is None:
        raise NoSuchPopulationError
    if found.kind is PopulationKind.STANDARD:
        raise StandardPopulationError(found.slug)
    return found


async def _note(
    session: TenantSession, clock: Clock, action: str, population: Population, **more: str
) -> None:
    """A filter may name people, so the log has its digest."""
    details: dict[str, str | int | bool | None] = {
        "slug": population.slug, "version": population.version, **more,
    }  # fmt: skip
    if population.filter is not None:
        details["filter"] = digest_of(population.filter)
    await record(session, clock, action, target=f"population:{population.id}", details=details)
