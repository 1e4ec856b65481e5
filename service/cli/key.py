"""`commonground key …`: API keys of an organization, for the operator."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, TypeVar
from uuid import UUID

import typer

from service.cli.operator import Desk, at_desk, organization
from service.db.sessions import TenantSession
from service.organizations.key_operations import (
    LONGEST_OVERLAP,
    OVERLAP,
    Made,
    Wish,
    issue_key,
    revoke_key,
    rotate_key,
)
from service.organizations.keys import shown
from service.organizations.models import ApiKey, Organization, Scope
from service.organizations.repository import ApiKeys
from service.partnerships.sandbox.operations import sandbox_seen_by

app = typer.Typer(
    no_args_is_help=True, add_completion=False, rich_markup_mode=None, help="API keys of an organization."
)
ResultT = TypeVar("ResultT")
DataDir = Annotated[Path | None, typer.Option(help="Where data lie; see COMMONGROUND_DATA_DIR.")]
Handle = Annotated[str, typer.Argument(help="The organization.")]
KeyId = Annotated[UUID, typer.Argument(help="The key's id, as `commonground key list` gives it.")]
InSandbox = Annotated[bool, typer.Option("--sandbox", help="The key of the organization's sandbox.")]
EVERY = tuple(Scope)
PAGE = 1000


@app.command()
def create(
    handle: Handle,
    *,
    name: Annotated[str, typer.Option(help="What the key is for.")] = "made by the operator",
    scope: Annotated[
        list[Scope] | None, typer.Option(help="What it may do; repeat for several. Everything unless said.")
    ] = None,
    days: Annotated[
        int | None, typer.Option(min=1, max=3650, help="Days until it expires; never unless said.")
    ] = None,
    sandbox: InSandbox = False,
    data_dir: DataDir = None,
) -> None:
    """Print a new API key, which is shown this once."""

    async def make(desk: Desk, session: TenantSession, place: Organization | None) -> Made:
        ends = None if days is None else desk.clock.now() + timedelta(days=days)
        wish = Wish(name, scope or EVERY, ends)
        return await issue_key(session, desk.ids, desk.clock, wish=wish, maker=EVERY, sandbox=place)

    made = _at(data_dir, handle, make, sandbox=sandbox)
    print(f"API key {made.stored.id} (shown once): {made.text.text}")


@app.command("list")
def list_keys(handle: Handle, *, sandbox: InSandbox = False, data_dir: DataDir = None) -> None:
    """List an organization's keys, newest first: id, what is shown of it, state, last use, scopes, name."""

    async def look(
        desk: Desk, session: TenantSession, place: Organization | None
    ) -> tuple[datetime, list[ApiKey]]:
        keys = ApiKeys(session, of=None if place is None else place.id)
        return desk.clock.now(), await keys.page(limit=PAGE)

    now, found = _at(data_dir, handle, look, sandbox=sandbox)
    for key in found:
        used = "never used" if key.last_used_at is None else f"used {_minute(key.last_used_at)}"
        text = shown(key.prefix, sandbox=key.sandbox)
        print(f"{key.id}\t{text}\t{_state(key, now)}\t{used}\t{_scopes(key)}\t{key.name}")


@app.command()
def rotate(
    handle: Handle,
    key_id: KeyId,
    *,
    hours: Annotated[
        float,
        typer.Option(min=0, max=LONGEST_OVERLAP / timedelta(hours=1), help="How long the old key lives on."),
    ] = OVERLAP / timedelta(hours=1),
    sandbox: InSandbox = False,
    data_dir: DataDir = None,
) -> None:
    """Print a key's successor, which is shown this once; both are good until the hours are over."""

    async def turn(desk: Desk, session: TenantSession, place: Organization | None) -> Made:
        overlap = timedelta(hours=hours)
        return await rotate_key(
            session, desk.ids, desk.clock, key_id, maker=EVERY, overlap=overlap, sandbox=place
        )

    made = _at(data_dir, handle, turn, sandbox=sandbox)
    print(f"API key {made.stored.id} (shown once): {made.text.text}")


@app.command()
def revoke(handle: Handle, key_id: KeyId, *, sandbox: InSandbox = False, data_dir: DataDir = None) -> None:
    """End a key at once."""

    async def end(desk: Desk, session: TenantSession, place: Organization | None) -> ApiKey:
        return await revoke_key(session, desk.clock, key_id, sandbox=place)

    ended = _at(data_dir, handle, end, sandbox=sandbox)
    print(f"Revoked {ended.id}.")


Work = Callable[[Desk, TenantSession, Organization | None], Awaitable[ResultT]]


def _at(data_dir: Path | None, handle: str, work: Work[ResultT], *, sandbox: bool) -> ResultT:
    """Run `work` as the operator in the organization; its third argument is the sandbox where that is meant."""

    async def inside(desk: Desk) -> ResultT:
        owner = await organization(desk, handle)
        async with desk.tenant(owner.id) as session:
            return await work(desk, session, await sandbox_seen_by(session) if sandbox else None)

    return at_desk(data_dir, inside)


def _state(key: ApiKey, now: datetime) -> str:
    if key.revoked_at is not None:
        return f"revoked {_minute(key.revoked_at)}"
    if key.expires_at is None:
        return "good"
    return f"{'expired' if key.expires_at <= now else 'good until'} {_minute(key.expires_at)}"


def _scopes(key: ApiKey) -> str:
    return "everything" if set(key.scopes) >= {s.value for s in EVERY} else " ".join(key.scopes)


def _minute(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%MZ")
