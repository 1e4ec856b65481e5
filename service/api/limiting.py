"""Counting requests of callers: before anything is asked of the database where the caller is known here, else as soon as it is."""

from uuid import UUID

from fastapi import Request

from service.guards.limits import Limiter, Verdict
from service.http.state import AppState


async def count_known(request: Request, app: AppState, credential: bytes) -> None:
    """Count a request of a known caller, with no transaction open. RateLimitedError."""
    known = app.callers.get(credential)
    if known is not None:
        _note(request, app.limiter, *known)
        _say(request, await app.limiter.spend(app.database, *known))


def count_identified(
    request: Request, app: AppState, credential: bytes, *, org_id: UUID, caller: UUID | None
) -> None:
    """Count a request whose caller turned out just now. RateLimitedError if its budget was spent."""
    if caller is not None and app.callers.get(credential) != (org_id, caller):
        app.callers.learn(credential, org_id, caller)
        _note(request, app.limiter, org_id, caller)
        _say(request, app.limiter.owe(org_id, caller))


def _note(request: Request, limiter: Limiter, org_id: UUID, caller: UUID) -> None:
    """So that a refusal tells the state of the budgets as well."""
    request.state.budget = lambda: limiter.verdict(org_id, caller)


def _say(request: Request, verdict: Verdict) -> None:
    request.state.budget = lambda: verdict
