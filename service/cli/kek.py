"""`commonground kek …`: the key-encryption key."""

from pathlib import Path
from typing import Annotated

import typer

from service.cli.errors import CommandError
from service.cli.ground import ready_settings
from service.cli.words import counted
from service.crypto import FileKeystore, KekFile, load_or_create_kek
from service.crypto.rotation import retire_kek, rotate_kek, wraps
from service.settings import open_keystore

app = typer.Typer(
    no_args_is_help=True, add_completion=False, rich_markup_mode=None, help="The key that wraps the keystore."
)
DataDir = Annotated[Path | None, typer.Option(help="Where data lie; see COMMONGROUND_DATA_DIR.")]


@app.command()
def create(path: Annotated[Path, typer.Argument(help="A file that isn't there yet.")]) -> None:
    """Draw a new key-encryption key into a file that only its owner reads. Keep a copy apart from database and keystore."""
    if path.exists():
        raise CommandError(f"{path} exists already, and a key is never overwritten: choose another name.")
    made = load_or_create_kek(path)
    print(
        f"Wrote key {made.kek_id} to {path}. Without it nothing in the keystore opens: keep a copy in another place."
    )


@app.command()
def status(data_dir: DataDir = None) -> None:
    """Say which versions the key has, newest last, and how many secrets each wraps."""
    file, store = _there(data_dir)
    count = wraps(store)
    for kek_id in file.kek_ids:
        role = "wraps" if kek_id == file.kek_id else "opens"
        print(f"{kek_id}\t{role}\t{counted(count[kek_id], 'secret')}")


@app.command()
def rotate(data_dir: DataDir = None) -> None:
    """Make a new version of the key and wrap the whole keystore under it, while the service runs.

    Interrupted, it loses nothing: run it again and it finishes. Running processes take the new version up by themselves.
    """
    file, store = _there(data_dir)
    done = rotate_kek(file, store)
    begun = "Finished the rotation to" if done.resumed else "Made"
    print(
        f"{begun} {done.kek_id}; {counted(done.rewrapped, 'secret')} wrapped again. "
        f"Copy {file.path} to where you keep its copy, then `commonground kek retire`."
    )


@app.command()
def retire(data_dir: DataDir = None) -> None:
    """Remove the older versions of the key, unless one still wraps something.

    A copy of the keystore that was made before the rotation opens only with a copy of the older version.
    """
    file, store = _there(data_dir)
    gone = retire_kek(file, store)
    if gone:
        print(f"Removed {', '.join(gone)}. {file.kek_id} wraps the keystore.")
    else:
        print(f"There is one version, {file.kek_id}: nothing to remove.")


def _there(data_dir: Path | None) -> tuple[KekFile, FileKeystore]:
    """The key and the keystore that are there already: nothing is made up."""
    settings = ready_settings(data_dir=data_dir)
    file = KekFile(settings.kek_path)
    return file, open_keystore(settings)
