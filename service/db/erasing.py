"""Sessions as the tables' owner, on the duty to erase one organization: for the operator's command and nobody else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Self
from uuid import UUID

from service.db.engine import JOB_LIMITS, make_engine
from service.db.names import DUTY_SETTING, ORG_SETTING, Duty
from service.db.safety import refuse_stranger
from service.db.sessions import DutySession
from service.db.transactions import Settings, transaction


class Eraser:
    """Opens a session that sees every row naming an organization and may delete it, audit entries too.

    The service that answers requests never has the owner's address, so that no fault of it can remove what must stay.
    """

    def __init__(self, migrator_url: str) -> None:
        self._engine = make_engine(migrator_url, limits=JOB_LIMITS, application="commonground eraser")

    async def __aenter__(self) -> Self:
        """UnsafeDatabaseError for an address of anybody but the owner: it would stop half-way."""
        try:
            async with transaction(self._engine, {}) as lent:
                await refuse_stranger(lent.driver)
        except BaseException:
            await self._engine.dispose()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._engine.dispose()

    @asynccontextmanager
    async def of(self, org_id: UUID) -> AsyncIterator[DutySession]:
        """One transaction over everything of `org_id`. DatabaseUnavailable."""
        settings: Settings = {ORG_SETTING: org_id, DUTY_SETTING: Duty.ERASE}
        async with (
            transaction(self._engine, settings) as lent,
            DutySession(lent, org_id=org_id, duty=Duty.ERASE) as session,
        ):
            yield session
