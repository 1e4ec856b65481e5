"""`commonground person …`: what the operator does for people who can't help themselves, and against those who must not go on."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from service.cli.operator import Desk, at_desk
from service.kit.actors import OPERATOR
from service.organizations.credentials import issue_reset, set_disabled
from service.organizations.letters import LetterKind, link_to
from service.organizations.models import Person
from service.organizations.second_factor import reset

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    help="People: links, letting in and out.",
)
DataDir = Annotated[Path | None, typer.Option(help="Where data lie; see COMMONGROUND_DATA_DIR.")]
Email = Annotated[str, typer.Argument(help="Their e-mail address.")]


@app.command("reset-link")
def reset_link(email: Email, data_dir: DataDir = None) -> None:
    """Print a link to set a new password, good once and for half an hour. Hand it to nobody but its person."""

    async def make(desk: Desk) -> str:
        return link_to(desk.public_url, LetterKind.RESET_PASSWORD, await issue_reset(desk.people, email))

    print(f"Link (shown once): {at_desk(data_dir, make)}")


@app.command("disable")
def disable(email: Email, data_dir: DataDir = None) -> None:
    """Let somebody in no more: their sessions end at once, in every organization."""
    at_desk(data_dir, lambda desk: _set(desk, email, disabled=True))
    print("They can't sign in any more. `commonground person enable` lets them in again.")


@app.command("enable")
def enable(email: Email, data_dir: DataDir = None) -> None:
    """Let somebody in again; they sign in anew."""
    at_desk(data_dir, lambda desk: _set(desk, email, disabled=False))
    print("They can sign in.")


@app.command("reset-second-factor")
def reset_second_factor(email: Email, data_dir: DataDir = None) -> None:
    """Take the second factor from somebody who has lost phone and recovery codes. Be sure first that it is they who ask."""
    if at_desk(data_dir, lambda desk: _reset(desk, email)):
        print(
            "They sign in with their password alone, everywhere anew, and can set up another second factor."
        )
    else:
        print("They have no second factor: nothing was changed.")


async def _reset(desk: Desk, email: str) -> bool:
    people = replace(desk.people, letters_leave=desk.letters_leave)  # a notice, without a link
    return await reset(people, email, actor=OPERATOR)


async def _set(desk: Desk, email: str, *, disabled: bool) -> Person:
    return await set_disabled(desk.people, email, disabled=disabled, actor=OPERATOR)
