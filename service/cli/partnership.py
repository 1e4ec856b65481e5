"""`commonground partnership …`: partnerships made by the operator."""

from pathlib import Path
from typing import Annotated
from uuid import UUID

import typer
from sqlmodel import select

from service.cli.errors import CommandError
from service.cli.operator import Desk, at_desk, everyone, organization
from service.cli.partnership_state import change
from service.partnerships.errors import PartnershipError, UnknownPartnershipError
from service.partnerships.models import Partnership
from service.partnerships.operations import create_partnership, note_created, require_room_for_one
from service.partnerships.pausing import end, pause, resume
from service.partnerships.repository import Partnerships
from service.partnerships.rotation import ask_for_rotation

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="Partnerships of two organizations.",
)
Named = Annotated[UUID, typer.Argument(help="Id of the partnership.")]
By = Annotated[str, typer.Option(help="Handle of the side that does it.")]
DataDir = Annotated[Path | None, typer.Option(help="Where data lie; see COMMONGROUND_DATA_DIR.")]


async def new_partnership(desk: Desk, one: str, other: str) -> Partnership:
    """An active partnership of two organizations, named by their handles, in which nothing is shared yet."""
    own, partner = await organization(desk, one), await organization(desk, other)
    async with desk.tenant(partner.id) as session:
        await require_room_for_one(session, desk.clock.now())
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


@app.command(name="pause")
def pause_partnership(partnership: Named, *, by: By, data_dir: DataDir = None) -> None:
    """Let a partnership rest: nothing is matched or shown in it until the same side resumes it."""
    change(pause, partnership, by, data_dir)


@app.command(name="resume")
def resume_partnership(partnership: Named, *, by: By, data_dir: DataDir = None) -> None:
    """Take back one side's pause."""
    change(resume, partnership, by, data_dir)


@app.command(name="end")
def end_partnership(partnership: Named, *, by: By, data_dir: DataDir = None) -> None:
    """End a partnership for good: what was in it is shown no more, and deleted."""
    change(end, partnership, by, data_dir)


@app.command()
def rotate(
    partnership: Annotated[UUID | None, typer.Argument(help="Id of the partnership.")] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="Those of all partnerships that are active.")] = False,
    data_dir: DataDir = None,
) -> None:
    """Have the keys of a partnership made anew. Matching goes on meanwhile, and overlaps stay as they are."""
    if (partnership is None) != every:
        raise CommandError("Name one partnership by its id, or all with --all.", exit_code=2)
    at_desk(data_dir, lambda desk: _rotate_all(desk) if partnership is None else _rotate(desk, partnership))


async def _rotate_all(desk: Desk) -> None:
    for one in await everyone(desk):
        async with desk.database.tenant_read(one.id) as session:
            own = [p.id for p in await Partnerships(session).everyone() if p.lo_org_id == one.id]
        for partnership_id in own:
            try:
                await _rotate(desk, partnership_id)
            except PartnershipError as error:
                print(f"Partnership {partnership_id} is left as it is: {error}")


async def _rotate(desk: Desk, partnership_id: UUID) -> None:
    async with desk.database.matcher(partnership_id) as looking:
        found = await looking.scalar(select(Partnership).where(Partnership.id == partnership_id))
    if found is None:
        raise UnknownPartnershipError
    async with desk.tenant(found.lo_org_id) as session:
        asked = await ask_for_rotation(session, desk.clock, partnership_id)
    if asked.next_epoch is None:
        print(f"Partnership {partnership_id}: the worker prepares epoch {asked.epoch + 1}.")
    else:
        print(f"Partnership {partnership_id}: epoch {asked.next_epoch} is being prepared already.")
