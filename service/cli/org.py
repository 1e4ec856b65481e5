"""`commonground org …`: organizations, from their beginning to their end."""

from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from service.accounts.operations import create_standard_populations
from service.cli.erasing import erase_again, open_erasing
from service.cli.errors import CommandError
from service.cli.operator import Desk, at_desk, organization
from service.cli.org_export import export_organization
from service.cli.org_show import Shown, shown
from service.cli.words import counted
from service.db.sessions import TenantSession
from service.kit.clock import Clock
from service.organizations.invitations import invite
from service.organizations.key_operations import Wish, issue_key
from service.organizations.models import Organization, Role, Scope, Standing
from service.organizations.operations import create_key, create_organization
from service.organizations.repository import Directory
from service.organizations.rules import INVITATION_DAYS, normal_email
from service.organizations.sign_up import invite_to_sign_up
from service.organizations.standing import Quota, resume, set_quotas, standing_of, suspend

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="Organizations: create, suspend, limit, export, delete.",
)
DataDir = Annotated[Path | None, typer.Option(help="Where data lie; see COMMONGROUND_DATA_DIR.")]
Handle = Annotated[str, typer.Argument(help="The organization.")]
NO_LIMIT = "none"


async def new_organization(desk: Desk, handle: str, name: str) -> tuple[Organization, str]:
    """A hosted organization with its standard populations, and the text of its first API key."""
    async with desk.tenant(desk.ids.new()) as session:
        made = await create_organization(session, desk.keystore, desk.clock, handle=handle, name=name)
        create_standard_populations(session, desk.ids, desk.clock)
        key = create_key(session, desk.ids, desk.clock, name="first key")
    return made, key.text


@app.command()
def create(
    handle: Annotated[str, typer.Argument(help="Short name: a–z, 0–9 and hyphens.")],
    name: Annotated[
        str | None, typer.Option(help="Name as partners read it; the handle if left out.")
    ] = None,
    admin_email: Annotated[
        str | None, typer.Option(help="Address of the first admin; prints the link to set their password.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Make an organization and print its API key, which is shown this once."""

    async def make(desk: Desk) -> tuple[Organization, str, str | None]:
        email = None if admin_email is None else normal_email(admin_email)  # refused before anything is made
        made, key = await new_organization(desk, handle, name or handle)
        return made, key, None if email is None else await _invited(desk, made, email, Role.ADMIN)

    made, key, link = at_desk(data_dir, make)
    print(f"Organization {made.handle} has the id {made.id}.\nAPI key (shown once): {key}")
    if link is not None:
        print(f"Link for {admin_email} (shown once, good for {INVITATION_DAYS} days): {link}")


@app.command("invite")
def invite_somebody(
    email: Annotated[str, typer.Argument(help="The address of whoever is to join.")],
    to: Annotated[
        str | None, typer.Option(help="Handle of the organization to join; a new one if left out.")
    ] = None,
    role: Annotated[Role, typer.Option(help="What they are to be in it.")] = Role.ADMIN,
    data_dir: DataDir = None,
) -> None:
    """Print a link, good once, to make an organization as its first admin, or to join one."""

    async def make(desk: Desk) -> str:
        if to is None:
            return await invite_to_sign_up(desk.people, email)
        return await _invited(desk, await organization(desk, to), email, role)

    print(f"Link (shown once, good for {INVITATION_DAYS} days): {at_desk(data_dir, make)}")


async def _invited(desk: Desk, owner: Organization, email: str, role: Role) -> str:
    async with desk.tenant(owner.id) as session:
        return str((await invite(session, desk.people, email=email, role=role, held=[*Scope])).link)


@app.command("key")
def new_key(
    handle: Handle,
    name: Annotated[str, typer.Option(help="What the key is for.")] = "another key",
    data_dir: DataDir = None,
) -> None:
    """Print another API key of an organization."""

    async def make(desk: Desk) -> str:
        owner = await organization(desk, handle)
        async with desk.tenant(owner.id) as session:
            made = await issue_key(
                session, desk.ids, desk.clock, wish=Wish(name, list(Scope)), maker=list(Scope)
            )
        return made.text.text

    print(f"API key (shown once): {at_desk(data_dir, make)}")


@app.command("list")
def list_organizations(data_dir: DataDir = None) -> None:
    """List the organizations of this server."""

    async def everyone(desk: Desk) -> list[tuple[Organization, Standing]]:
        async with desk.database.directory() as session:
            found = await Directory(session).everyone()
        return [(one, await _standing(desk, one)) for one in found]

    for found, standing in at_desk(data_dir, everyone):
        print(f"{found.handle}\t{found.id}\t{found.mode.value}\t{_state(standing)}\t{found.name}")


@app.command()
def show(handle: Handle, data_dir: DataDir = None) -> None:
    """Tell how an organization stands: its state, its quotas, the rows and bytes that it takes."""

    async def look(desk: Desk) -> Shown:
        return await shown(desk, await organization(desk, handle))

    found = at_desk(data_dir, look)
    print("\n".join(found.lines(_state(found.standing))))


@app.command("suspend")
def suspend_organization(handle: Handle, data_dir: DataDir = None) -> None:
    """Refuse an organization's keys and sessions from now on and let its jobs wait; its partners are told nothing new."""
    at_desk(data_dir, lambda desk: _with_its_sandbox(desk, handle, suspend))
    print(f"{handle} is suspended. `commonground org resume {handle}` lets it go on.")


@app.command("resume")
def resume_organization(handle: Handle, data_dir: DataDir = None) -> None:
    """Let a suspended organization go on; jobs that waited run within a minute."""
    at_desk(data_dir, lambda desk: _with_its_sandbox(desk, handle, resume))
    print(f"{handle} goes on.")


async def _with_its_sandbox(
    desk: Desk, handle: str, change: Callable[[TenantSession, Clock], Awaitable[None]]
) -> None:
    owner = await organization(desk, handle)
    async with desk.database.directory() as session:
        sandbox = await Directory(session).sandbox_of(owner.id)
    for one in (owner, sandbox):
        if one is not None:
            async with desk.tenant(one.id) as changing:
                await change(changing, desk.clock)


Limit = Annotated[str | None, typer.Option(help=f"A number, or '{NO_LIMIT}'.", metavar="N")]


@app.command()
def quota(
    handle: Handle,
    *,
    accounts: Limit = None,
    upload_bytes: Limit = None,
    members: Limit = None,
    partnerships: Limit = None,
    data_dir: DataDir = None,
) -> None:
    """Limit what an organization may have; what it has already stays. Without an option the limits are shown."""
    given = {
        Quota.ACCOUNTS: accounts, Quota.UPLOAD_BYTES: upload_bytes, Quota.MEMBERS: members, Quota.PARTNERSHIPS: partnerships,
    }  # fmt: skip
    limits = {name: _limit(text) for name, text in given.items() if text is not None}
    for line in at_desk(data_dir, lambda desk: _set_quotas(desk, handle, limits)):
        print(line)


async def _set_quotas(desk: Desk, handle: str, limits: Mapping[Quota, int | None]) -> list[str]:
    owner = await organization(desk, handle)
    if limits:
        async with desk.tenant(owner.id) as session:
            await set_quotas(session, desk.clock, limits)
    standing = await _standing(desk, owner)
    return [f"{quota.value}: {_said(getattr(standing, quota.column))}" for quota in Quota]


@app.command("export")
def export_everything(
    handle: Handle,
    file: Annotated[Path, typer.Argument(help="A ZIP file that isn't there yet.")],
    data_dir: DataDir = None,
) -> None:
    """Write everything of an organization into a ZIP file of NDJSON, one snapshot of all tables."""

    async def work(desk: Desk) -> int:
        return await export_organization(desk, await organization(desk, handle), file)

    rows = at_desk(data_dir, work)
    print(
        f"Wrote {counted(rows, 'row')} of {handle} to {file}. It holds names and addresses: keep it as you keep those."
    )


@app.command()
def delete(
    handle: Handle,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Don't ask.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Erase an organization for good: lists, partnerships, people who belong nowhere else, secrets, log.

    If the command is ended before it is done, run it again: it goes on.
    """
    if not yes and typer.prompt(f"Nothing brings it back. Type '{handle}' to erase it") != handle:
        raise CommandError("Nothing was erased.")

    async def work(desk: Desk) -> None:
        owner = await organization(desk, handle)
        async with open_erasing(desk) as erasing:
            print(f"Erasing {handle} …", flush=True)
            await erasing.run(owner.id)

    at_desk(data_dir, work)
    print(f"{handle} is erased. Backups made before hold it still: see the guide on backups.")


@app.command("erase-again")
def erase_restored(data_dir: DataDir = None) -> None:
    """Erase what was erased before and came back with a restored database."""
    back = at_desk(data_dir, erase_again)
    print("\n".join(f"Erased {one} again." for one in back) or "Nothing that was erased is here.")


async def _standing(desk: Desk, owner: Organization) -> Standing:
    async with desk.database.tenant_read(owner.id) as session:
        return await standing_of(session)


def _state(standing: Standing) -> str:
    if standing.erased_at is not None:
        return "being erased"
    return "active" if standing.suspended_at is None else "suspended"


def _limit(text: str) -> int | None:
    if text == NO_LIMIT:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 18:  # noqa: PLR2004 - digits of a 64-bit number
        raise CommandError(f"'{text}' is no limit: give a whole number, or '{NO_LIMIT}'.", exit_code=2)
    return int(text)


def _said(limit: int | None) -> str:
    return "no limit" if limit is None else f"{limit:,}"
