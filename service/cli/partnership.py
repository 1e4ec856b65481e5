"""`commonground partnership …`: partnerships made by the operator."""

from pathlib import Path
from typing import Annotated

import typer

from service.cli.operator import Desk, at_desk, organization
from service.partnerships.models import Partnership
from service.partnerships.operations import create_partnership, note_created, require_room_for_one

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="Partnerships of two organizations.",
)
DataDir = Annotated[Path | None, typer.Option(help="Where data lie; see COMMONGROUND_DATA_DIR.")]


@app.callback()
def partnership() -> None:
    """Keep `create` a command of its own though it is the only one."""


async def new_partnership(desk: Desk, one: str, other: str) -> Partnership:
    """An active partnership of two organizations, named by their handles, in which nothing is shared yet."""
    own, partner = await organization(desk, one), await organization(desk, other)
    async with desk.tenant(partner.id) as session:
        await require_room_for_one(session)
    async with desk.tenant(own.id) as session:
        made = await create_partnership(
            session, desk.keystore, desk.clock, partnership_id=desk.ids.new(), own=own, partner=partner
        )
    async with desk.tenant(partner.id) as session:
        await note_created(session, desk.clock, made.id)
    return made


@app.command()
def create(
    one: Annotated[str, typer.Argument(help="Handle of one side.")],
    other: Annotated[str, typer.Argument(help="Handle of the other side.")],
    data_dir: DataDir = None,
) -> None:
    """Link two organizations. Nothing is shared before each sets its sharing rules."""
    made = at_desk(data_dir, lambda desk: new_partnership(desk, one, other))
    print(f"Partnership {made.id} of {one} and {other} is active; each side now sets its sharing rules.")
