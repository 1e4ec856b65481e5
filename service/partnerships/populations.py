"""What becomes of sharing rules when the population that they speak of is renamed or removed."""

from collections.abc import Callable, Mapping
from typing import Any
from uuid import UUID

from sqlmodel import col, select

from service.accounts.models import Population
from service.accounts.populations import change_population, custom_population, remove_population
from service.audit import record
from service.db.sessions import TenantSession
from service.jobs import enqueue
from service.kit.clock import Clock
from service.partnerships.models import SharingLevel, SharingRule
from service.partnerships.operations import RULES_CHANGED_JOB


async def change(
    session: TenantSession,
    clock: Clock,
    population_id: UUID,
    *,
    name: str | None,
    wanted: Mapping[str, Any] | None,
    meets: Callable[[Population], None],
) -> Population:
    """As `change_population`; partners who see a rule on it see the new name, and nothing under it until a new filter is applied."""
    changed = await change_population(session, clock, population_id, name=name, wanted=wanted, meets=meets)
    for rule in await _rules(session, changed.bit):
        rule.population_name = changed.name
        if changed.settled != changed.version:
            rule.awaits = changed.version
    await session.flush()
    return changed


async def remove(
    session: TenantSession, clock: Clock, population_id: UUID, *, meets: Callable[[Population], None]
) -> None:
    """Remove a population and every rule on it: from this commit on nothing is shown under it. Errors as of `change`."""
    population = await custom_population(session, population_id)
    meets(population)
    for rule in await _rules(session, population.bit):
        await session.delete(rule)
        place = {"org_id": str(session.org_id), "partnership_id": str(rule.partnership_id)}
        await enqueue(session, RULES_CHANGED_JOB, place, dedupe_key=f"{rule.partnership_id}:{session.org_id}")
        said: dict[str, str | int | bool | None] = {
            "population": rule.population,
            "level": SharingLevel.HIDDEN.value,
            "version": rule.version + 1,
        }
        target = f"partnership:{rule.partnership_id}"
        await record(session, clock, "sharing_rule.changed", target=target, details=said)
    await session.flush()
    await remove_population(session, clock, population)


async def _rules(session: TenantSession, bit: int) -> list[SharingRule]:
    """One's own on the population with this bit, in every partnership."""
    statement = select(SharingRule).where(SharingRule.owner_org_id == session.org_id, SharingRule.bit == bit)
    return list(await session.scalars(statement.order_by(col(SharingRule.partnership_id))))
