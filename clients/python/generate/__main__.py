"""`python -m clients.python.generate [--check]`: write the generated modules, or fail if they aren't what the document says."""

import json
import subprocess
import sys
from pathlib import Path

from clients.python.generate import models, operations
from clients.python.generate.document import Document

ROOT = Path(__file__).parents[3]
DOCUMENT = ROOT / "openapi/commonground.json"
PACKAGE = ROOT / "clients/python/commonground_client"


def sources(document: Document) -> dict[str, str]:
    """The generated files by their path below the package, formatted."""
    made = {
        "models/__init__.py": models.package(document),
        "operations/__init__.py": operations.package(document),
    }
    made |= {f"models/{name}.py": text for name, text in models.modules(document).items()}
    made |= {f"operations/{name}.py": text for name, text in operations.modules(document).items()}
    return {name: formatted(name, text) for name, text in made.items()}


def formatted(name: str, text: str) -> str:
    """Sorted names, no import unused, and the format of the rest of the project."""
    place = ["--stdin-filename", str(PACKAGE / name), "-"]
    tidied = _ruff(["check", "--quiet", "--select", "F401,I,RUF022,D209", "--fix-only", *place], text)
    return _ruff(["format", *place], tidied)


def _ruff(arguments: list[str], text: str) -> str:
    command = [sys.executable, "-m", "ruff", *arguments]
    ran = subprocess.run(command, input=text, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603  # our own arguments
    if ran.returncode:
        raise SystemExit(f"{' '.join(arguments)}: {ran.stderr}\n{text}")
    return ran.stdout


def written() -> dict[str, str]:
    folders = (PACKAGE / "models", PACKAGE / "operations")
    return {
        str(path.relative_to(PACKAGE)): path.read_text(encoding="utf-8")
        for folder in folders
        for path in folder.glob("*.py")
    }


def main(*, check: bool) -> int:
    wanted, there = sources(Document(json.loads(DOCUMENT.read_text(encoding="utf-8")))), written()
    differ = sorted(name for name in wanted | there if wanted.get(name) != there.get(name))
    if check:
        for name in differ:
            print(f"{name} is not what {DOCUMENT.name} says: run `python -m clients.python.generate`.")  # noqa: T201  # a command
        return int(bool(differ))
    for name in differ:
        path = PACKAGE / name
        if name in wanted:
            path.parent.mkdir(exist_ok=True)
            path.write_text(wanted[name], encoding="utf-8")
        else:
            path.unlink()
    print(f"{len(differ)} of {len(wanted)} files written.")  # noqa: T201  # a command
    return 0


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv[1:]))
