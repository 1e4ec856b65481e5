"""Commands that are imported when they are called: `commonground match` loads no web server, `--help` loads nothing.

A module of this package offers a function (`match`) or, for a command with commands of its own, a typer app (`app`).
Types of click are `Any` here: typer has taken click into itself, under a private name.
"""

import atexit
import gc
import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup

from service.cli.errors import CommandError
from service.kit.memory import give_back_memory

atexit.register(gc.freeze)  # what a process leaves goes with it, without being looked over once more


@dataclass(frozen=True)
class LazyCommand:
    target: str
    """`module:attribute`."""
    help: str
    stays: bool = False
    """Whether it runs for days, over lists of any length."""


class LazyGroup(TyperGroup):
    """A group that knows its commands by name and one line of help, and imports one when it is asked for."""

    def __init__(self, *, lazy: dict[str, LazyCommand], **options: Any) -> None:
        super().__init__(**options)
        self._lazy = lazy
        self._listing = False

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ARG002  # click's signature
        return list(self._lazy)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ARG002  # click's signature
        command = self._lazy.get(cmd_name)
        if command is None:
            return None
        if self._listing:
            return TyperCommand(name=cmd_name, help=command.help)
        return load(cmd_name, command)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        self._listing = True
        try:
            super().format_help(ctx, formatter)
        finally:
            self._listing = False


def load(name: str, command: LazyCommand) -> Any:
    """Import a command. Raises CommandError where the extra that it needs isn't installed."""
    if command.stays:
        give_back_memory()
    module, _, attribute = command.target.partition(":")
    try:
        with _kept():
            found = getattr(importlib.import_module(module), attribute)
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] == "service":
            raise
        raise CommandError(
            f"`commonground {name}` needs the package {error.name!r}, which comes with the server: "
            "pip install 'commonground[server]'"
        ) from error
    return _as_command(name, found, command.help)


@contextmanager
def _kept() -> Iterator[None]:
    """Look for no garbage among what is imported, now or later: it stays, and looking it over is a third of a short command's time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()
    if not gc.get_freeze_count():
        gc.freeze()


def _as_command(name: str, found: Any, help_line: str) -> Any:
    if not isinstance(found, typer.Typer):
        app = typer.Typer(add_completion=False, rich_markup_mode=None)
        app.command(name, help=found.__doc__ or help_line)(found)
        found = app
    made = typer.main.get_command(found)
    made.name = name
    return made
