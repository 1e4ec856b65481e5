"""Which pairs something is about: those of some accounts, or all."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import polars as pl

from service.accounts.staging import copy_in
from service.db.sessions import MatcherSession
from service.linking.columns import U64

_TABLE: Final = "CREATE TEMPORARY TABLE scope (lo boolean, ref bigint) ON COMMIT DROP"


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """References of each side, sorted: a pair with one of them is meant. None stands for all pairs."""

    lo: U64 | None = None
    hi: U64 | None = None

    @property
    def is_all(self) -> bool:
        return self.lo is None or self.hi is None

    def sql(self, columns: str, table: str) -> str:
        """Rows of the `table` with a pair's two references, of those pairs of the partnership `$1` that are meant, once `lay` has laid them down."""
        if self.is_all:
            return f"SELECT {columns} FROM {table} WHERE partnership_id = $1"
        return " UNION ".join(
            f"SELECT {columns} FROM scope s JOIN {table} ON partnership_id = $1 AND {side}_ref = s.ref WHERE {which}"
            for side, which in (("lo", "s.lo"), ("hi", "NOT s.lo"))
        )

    async def lay(self, session: MatcherSession) -> None:
        """For statements of this transaction: the references stand in a table of their own, whose size the planner knows."""
        if self.lo is None or self.hi is None:
            return
        driver = await session.raw()
        await driver.execute(_TABLE)
        for lo, refs in ((True, self.lo), (False, self.hi)):
            rows = pl.DataFrame(
                {"lo": lo, "ref": refs.view(np.int64)}, schema={"lo": pl.Boolean, "ref": pl.Int64}
            )
            if rows.height:
                await copy_in(driver, "scope", rows)
        await driver.execute("ANALYZE scope")
