"""How an organization stands, for the operator to read."""

from dataclasses import dataclass

from service.cli.operator import Desk
from service.cli.words import counted
from service.imports.repository import Imports
from service.organizations.models import Organization, Standing
from service.organizations.standing import Quota, standing_of
from service.organizations.usage import Usage, usage_of

_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")
_STEP = 1024


@dataclass(frozen=True, slots=True)
class Shown:
    organization: Organization
    standing: Standing
    usage: list[Usage]
    upload_bytes: int

    def lines(self, state: str) -> list[str]:
        owner = self.organization
        limits = [(quota.value, getattr(self.standing, quota.column)) for quota in Quota]
        total = sum(one.bytes for one in self.usage)
        return [
            f"{owner.handle}\t{owner.id}\t{owner.mode.value}\t{state}\t{owner.name}",
            *(f"at most {limit:,} {name}" for name, limit in limits if limit is not None),
            f"uploads on their way: {_readable(self.upload_bytes)}",
            f"in the database: about {_readable(total)}",
            *(f"  {one.table}\t{counted(one.rows, 'row')}\t{_readable(one.bytes)}" for one in self.usage),
        ]


async def shown(desk: Desk, owner: Organization) -> Shown:
    async with desk.database.tenant_read(owner.id) as session:
        return Shown(
            owner, await standing_of(session), await usage_of(session), await Imports(session).waiting_bytes()
        )


def _readable(count: int) -> str:
    size, unit = float(count), 0
    while size >= _STEP and unit < len(_UNITS) - 1:
        size, unit = size / _STEP, unit + 1
    return f"{size:.0f} {_UNITS[unit]}" if unit == 0 else f"{size:.1f} {_UNITS[unit]}"
