"""`commonground openapi`: the API's committed description."""

import json
from pathlib import Path
from typing import Annotated

import typer

from service.api.app import build_app
from service.cli.errors import CommandError
from service.kit.ids import UuidV7Ids

DEFAULT = Path("openapi/commonground.json")


def description() -> str:
    """The description as it is committed."""
    return json.dumps(build_app(UuidV7Ids()).openapi(), indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def openapi(
    path: Annotated[Path, typer.Argument(help="Where the description lies.")] = DEFAULT,
    *,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail if the file isn't up to date.")
    ] = False,
) -> None:
    """Write the API's description, or check that the committed one is up to date."""
    current = description()
    if not check:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(current, encoding="utf-8")
        print(f"Wrote {path}.")
    elif not path.exists() or path.read_text(encoding="utf-8") != current:
        raise CommandError(
            f"{path} is not what the code says: run `commonground openapi` and commit the file."
        )
