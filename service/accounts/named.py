"""Populations that an import names: the standard ones, which every organization has by the same bits, and its own lists."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from service.accounts.bits import BITS
from service.accounts.membership import bits_of_lists
from service.accounts.models import PopulationKind, StandardPopulation
from service.accounts.repository import Populations
from service.db.sessions import TenantReadSession
from service.imports.errors import PopulationGoneError
from service.imports.target import Order

_STANDARD = frozenset(StandardPopulation)


def own_named(population: str | None, statuses: Mapping[str, str | None]) -> set[str]:
    """Slugs beside those of the standard populations."""
    return {slug for slug in (population, *statuses.values()) if slug is not None and slug not in _STANDARD}


async def with_lists(session: TenantReadSession, order: Order) -> Order:
    """The order with the bits of the lists that it names. PopulationGoneError."""
    named = own_named(order.population, order.statuses)
    return replace(order, lists=await _bits(session, named)) if named else order


async def require_lists(session: TenantReadSession, order: Order) -> None:
    """Nothing of them has changed since the rows were made ready. PopulationGoneError."""
    now = await _bits(session, order.lists) if order.lists else {}
    for slug, bit in order.lists.items():
        if now[slug] != bit:
            raise PopulationGoneError(slug)


async def bits_that_keep(session: TenantReadSession) -> int:
    """Of the populations that imports and people say: an account that is in one of them stays in the list of accounts."""
    return sum(BITS.values()) | bits_of_lists(await Populations(session).custom())


async def _bits(session: TenantReadSession, slugs: Iterable[str]) -> dict[str, int]:
    lists = {p.slug: p for p in await Populations(session).everyone() if p.kind is PopulationKind.LIST}
    for slug in slugs:
        if slug not in lists:
            raise PopulationGoneError(slug)
    return {slug: 1 << lists[slug].bit for slug in slugs}
