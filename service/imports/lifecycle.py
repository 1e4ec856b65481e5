"""What this room forgets of an organization that is erased: uploads on their way, and what is known of those that were read."""

from dataclasses import dataclass
from uuid import UUID

from service.db.erasing import Eraser
from service.imports.repository import Imports
from service.imports.spool import Spool


@dataclass(frozen=True, slots=True)
class ImportsDeparture:
    eraser: Eraser
    spool: Spool

    async def erase(self, org_id: UUID) -> None:
        """Imports go in the transaction that nobody stores in: one that was being read finds its row gone and stores nothing.

        Files go first: without their rows nobody would know whose they are.
        """
        async with self.eraser.of(org_id) as session:
            imports = Imports(session)
            await imports.lock_storing()
            await imports.take_turn()
            for import_id in await imports.ids():
                self.spool.discard(import_id)
            for table in ("import_reject", "import_error", "import", "import_mapping"):
                await session.sql(f"DELETE FROM {table} WHERE org_id = $1", org_id)
