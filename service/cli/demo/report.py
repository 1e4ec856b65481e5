"""The page: one file that needs nothing else, made from a template in which every value is escaped."""

from importlib.metadata import version
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from service.cli.demo import words
from service.cli.demo.page import Column, both_desks, headline, in_both
from service.cli.demo.story import Told
from service.cli.errors import CommandError

FIRST_SHOWN = 8
"""Overlaps of a column that are open to the eye; the others fold."""


def make_place(path: Path) -> None:
    """Make the folder that the page goes into. CommandError if it can't be made."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise _unwritable(path, error) from error


def write_report(told: Told, path: Path) -> None:
    """Write the page. CommandError if it can't be written."""
    page = render(told)
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise _unwritable(path, error) from error


def _unwritable(path: Path, error: OSError) -> CommandError:
    return CommandError(f"Can't write {path}: {error.strerror}. Choose another place with --report.")


def render(told: Told) -> str:
    """The page as HTML."""
    left, right = Column(told.left, "left"), Column(told.right, "right")
    count, why = headline(left, right)
    return _environment().get_template("report.html").render(
        told=told, columns=(left, right), left=left, right=right, count=count, why=why, shared=in_both(left, right),
        desks=both_desks(left, right), first=FIRST_SHOWN, words=words, version=version("commonground"),
    )  # fmt: skip


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("service.cli"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters: dict[str, Any] = {
        "percent": words.percent,
        "listed": words.listed,
        "tidy": words.tidy,
        "signed": words.signed,
        "named": words.named,
        "met": words.how_met,
        "reasons": words.reasons,
        "why_review": words.why_review,
        "excerpt": words.excerpt,
    }
    environment.filters.update(filters)
    return environment
