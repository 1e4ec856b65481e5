"""`commonground key …`: the key-encryption key."""

from pathlib import Path
from typing import Annotated

import typer

from service.cli.errors import CommandError
from service.crypto import load_or_create_kek

app = typer.Typer(
    no_args_is_help=True, add_completion=False, rich_markup_mode=None, help="The key that wraps the keystore."
)


@app.callback()
def key() -> None:
    """Keep `create` a command of its own though it is the only one."""


@app.command()
def create(path: Annotated[Path, typer.Argument(help="A file that isn't there yet.")]) -> None:
    """Draw a new key-encryption key into a file that only its owner reads. Keep a copy apart from database and keystore."""
    if path.exists():
        raise CommandError(f"{path} exists already, and a key is never overwritten: choose another name.")
    made = load_or_create_kek(path)
    print(
        f"Wrote key {made.kek_id} to {path}. Without it nothing in the keystore opens: keep a copy in another place."
    )
