"""`commonground partnership pause | resume | end`: for one of the two sides, whose people asked the operator to."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from uuid import UUID

from service.cli.operator import Desk, at_desk, organization
from service.partnerships.epochs import Opened
from service.partnerships.models import PartnershipStatus

Change = Callable[..., Awaitable[Opened]]
"""`pause`, `resume` or `end` of a partnership."""
SAID = {
    PartnershipStatus.ACTIVE: "is active: what changed meanwhile is matched now.",
    PartnershipStatus.PAUSED: "is paused: nothing is matched or shown in it.",
    PartnershipStatus.ENDED: "has ended: the worker deletes what was in it.",
}


def change(how: Change, partnership: UUID, by: str, data_dir: Path | None) -> None:
    """Do it as the organization with the handle `by`. UnknownOrganizationError, PartnershipError."""
    status = at_desk(data_dir, lambda desk: _change(desk, how, partnership, by))
    print(f"Partnership {partnership} {SAID[status]}")


async def _change(desk: Desk, how: Change, partnership: UUID, by: str) -> PartnershipStatus:
    own = await organization(desk, by)
    async with desk.tenant(own.id) as session:
        return (await how(session, desk.clock, desk.ids, partnership_id=partnership)).partnership.status
