"""Lists as they stood at an earlier moment, for whoever asks with `as_of`."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated

from fastapi import Query

from service.accounts.past import Past, Source, past_of
from service.api.deps import App, Reading
from service.api.errors import InvalidParameterError
from service.api.moments import Moment
from service.db.sessions import TenantReadSession

AsOf = Annotated[
    Moment | None,
    Query(
        description="The list as it stood at this moment, such as `2026-11-01T00:00:00Z`: within 90 days, or the last ten files."
    ),
]


async def past_asked(
    session: TenantReadSession, source: Source, as_of: datetime | None, now: datetime
) -> Past | None:
    """None for the list as it is. ForgottenMomentError, InvalidParameterError."""
    if as_of is None:
        return None
    if as_of > now:
        raise InvalidParameterError(
            "as_of: this moment is still to come; leave it out for the list as it is."
        )
    return await past_of(session, source, as_of, now)


def at_moment(source: Source) -> Callable[..., Awaitable[Past | None]]:
    """A dependency: what a request asks of `source` with `as_of`."""

    async def asked(session: Reading, app: App, as_of: AsOf = None) -> Past | None:
        return await past_asked(session, source, as_of, app.clock.now())

    return asked
