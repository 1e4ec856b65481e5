"""`commonground org …`: organizations and their keys."""

from pathlib import Path
from typing import Annotated

import typer

from service.accounts.operations import create_standard_populations
from service.cli.operator import Desk, at_desk, organization
from service.organizations.models import Organization
from service.organizations.operations import create_key, create_organization
from service.organizations.repository import Directory

app = typer.Typer(
    no_args_is_help=True, add_completion=False, rich_markup_mode=None, help="Organizations and their keys."
)
DataDir = Annotated[Path | None, typer.Option(help="Where data lie; see COMMONGROUND_DATA_DIR.")]


async def new_organization(desk: Desk, handle: str, name: str) -> tuple[Organization, str]:
    """A hosted organization with its standard populations, and the text of its first API key."""
    async with desk.database.tenant(desk.ids.new()) as session:
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
    data_dir: DataDir = None,
) -> None:
    """Make an organization and print its API key, which is shown this once."""
    made, key = at_desk(data_dir, lambda desk: new_organization(desk, handle, name or handle))
    print(f"Organization {made.handle} has the id {made.id}.\nAPI key (shown once): {key}")


@app.command("key")
def new_key(
    handle: Annotated[str, typer.Argument(help="The organization.")],
    name: Annotated[str, typer.Option(help="What the key is for.")] = "another key",
    data_dir: DataDir = None,
) -> None:
    """Print another API key of an organization."""

    async def make(desk: Desk) -> str:
        owner = await organization(desk, handle)
        async with desk.database.tenant(owner.id) as session:
            return create_key(session, desk.ids, desk.clock, name=name).text

    print(f"API key (shown once): {at_desk(data_dir, make)}")


@app.command("list")
def list_organizations(data_dir: DataDir = None) -> None:
    """List the organizations of this server."""

    async def everyone(desk: Desk) -> list[Organization]:
        async with desk.database.directory() as session:
            return await Directory(session).everyone()

    for found in at_desk(data_dir, everyone):
        print(f"{found.handle}\t{found.id}\t{found.mode.value}\t{found.name}")
