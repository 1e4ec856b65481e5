"""Populations of a new organization."""

from service.accounts.models import Population, StandardPopulation
from service.db.sessions import TenantSession
from service.kit.clock import Clock
from service.kit.ids import Ids

NAMES = {
    StandardPopulation.CUSTOMERS: "Customers",
    StandardPopulation.OPEN_OPPORTUNITIES: "Open opportunities",
    StandardPopulation.PROSPECTS: "Prospects",
}


def create_standard_populations(session: TenantSession, ids: Ids, clock: Clock) -> None:
    """The three that every organization has."""
    session.add_all(
        Population(
            org_id=session.org_id,
            id=ids.new(),
            slug=population.value,
            name=NAMES[population],
            bit=bit,
            created_at=clock.now(),
        )
        for bit, population in enumerate(StandardPopulation)
    )
