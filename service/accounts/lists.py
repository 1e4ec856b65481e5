"""Accounts added to a list and taken out of it by their ids: an import of its own, as records of the API are (`direct.py`)."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from service.accounts.direct import confirm
from service.accounts.errors import PopulationKindError
from service.accounts.models import Population, PopulationKind
from service.accounts.populations import custom_population
from service.accounts.store import keep_updated
from service.accounts.ways import ACCOUNT_WAY
from service.db.sessions import TenantSession
from service.imports.direct import Counts, Sent, keep_import
from service.kit.clock import Clock

MOST_IDS: Final = 1000
"""As many as a body holds; a file or a batch that names the list as its population brings more."""
_STORED = "SELECT id, populations & $3::bigint <> 0 AS inside FROM account WHERE org_id = $1 AND id = ANY($2::uuid[])"
_TURN = """
    UPDATE account SET populations = populations # $3::bigint, import_id = $4, updated_at = now()
    WHERE org_id = $1 AND id = ANY($2::uuid[])
"""


class MemberStatus(StrEnum):
    ADDED = "added"
    REMOVED = "removed"
    UNCHANGED = "unchanged"
    """It was in the list, or not, already."""
    UNKNOWN = "unknown"
    """There is no such account."""


@dataclass(frozen=True, slots=True)
class Changed:
    """`results` say of each id what became of it; `import_id` undoes them, None where nothing was changed."""

    population: Population
    results: Sequence[tuple[UUID, MemberStatus]]
    import_id: UUID | None

    def those(self, status: MemberStatus) -> list[UUID]:
        """Each once."""
        return list(dict.fromkeys(one for one, found in self.results if found is status))


async def change_members(
    session: TenantSession,
    clock: Clock,
    population_id: UUID,
    *,
    add: Sequence[UUID],
    remove: Sequence[UUID],
    sent: Sent,
) -> Changed:
    """Add and remove accounts, none of them both, for whoever has called `take_place`.

    NoSuchPopulationError, StandardPopulationError, PopulationKindError.
    """
    population = await custom_population(session, population_id)
    if population.kind is not PopulationKind.LIST:
        raise PopulationKindError(population.slug, population.kind)
    driver, bit = await session.raw(), 1 << population.bit
    inside = dict(await driver.fetch(_STORED, session.org_id, [*add, *remove], bit))
    added = [(one, _status(inside.get(one), wanted=True)) for one in add]
    removed = [(one, _status(inside.get(one), wanted=False)) for one in remove]
    changed = Changed(population, [*added, *removed], sent.import_id)
    turned = changed.those(MemberStatus.ADDED) + changed.those(MemberStatus.REMOVED)
    await keep_updated(session, turned, sent.import_id)
    await driver.execute(_TURN, session.org_id, turned, bit, sent.import_id)
    same = changed.those(MemberStatus.UNCHANGED)
    confirmed = await confirm(session, ACCOUNT_WAY, same, sent)
    if turned or confirmed:
        counts = Counts(rows_read=len(changed.results), updated=len(turned), unchanged=len(same))
        await keep_import(session, clock, ACCOUNT_WAY.target, sent, counts, population=population.slug)
    return changed if turned else Changed(population, changed.results, None)


def _status(inside: bool | None, *, wanted: bool) -> MemberStatus:  # noqa: FBT001 - whether it is, None where nothing is
    if inside is None:
        return MemberStatus.UNKNOWN
    if inside is wanted:
        return MemberStatus.UNCHANGED
    return MemberStatus.ADDED if wanted else MemberStatus.REMOVED
