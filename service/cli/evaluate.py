"""`commonground evaluate`: the matcher over labelled pairs of a folder, beside plain baselines."""

from pathlib import Path
from typing import Annotated

import polars as pl
import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from service.matching.errors import EvaluationDataError
from service.matching.evaluate import LabelledSet, Measure, evaluate_set
from service.matching.version import NORMALISER_VERSION

SETS = "ID__*__*_by_*.csv"
COLUMNS = ("left_name", "left_domain", "id", "right_name", "right_domain")
FACTS = ("country", "city", "industry")
SHAPE = (
    "Give a folder with eval/ID__LEFT__RIGHT_by_WHAT.csv (left_name, left_domain, id, right_name, right_domain) and, if you have "
    "them, lists/*.csv (name, domain, country, city, industry), by --data or COMMONGROUND_DATA."
)


def evaluate(
    data: Annotated[
        Path,
        typer.Option(
            "--data", envvar="COMMONGROUND_DATA", help="Folder with eval/ID__*.csv and lists/*.csv."
        ),
    ],
) -> None:
    """Print recall and precision of the matcher over the labelled pairs of a folder, per set, with denominators."""
    console = Console()
    try:
        sets = read_sets(data)
    except EvaluationDataError as error:
        console.print(str(error), style="red", soft_wrap=True, markup=False)
        raise typer.Exit(code=2) from error
    for labelled in sets:
        console.print(_table(labelled.name, evaluate_set(labelled)))
    console.print(
        f"Normaliser {NORMALISER_VERSION}. Recall: labelled pairs found. Precision: predicted pairs of the cross product of both "
        "lists whose ids are equal. Country, city and industry come from lists/ where a record is found there.",
        soft_wrap=True,
    )


def read_sets(data: Path) -> list[LabelledSet]:
    """The labelled sets of a folder, in the order of their names. Raises `EvaluationDataError` if there is none."""
    if not data.is_dir():
        raise EvaluationDataError(f"There is no folder {data}. {SHAPE}")
    paths = sorted((data / "eval").glob(SETS))
    if not paths:
        raise EvaluationDataError(f"There is no labelled set in {data / 'eval'}. {SHAPE}")
    lists = [_read(path) for path in sorted((data / "lists").glob("*.csv"))]
    return [_labelled_set(path, lists) for path in paths]


def _read(path: Path) -> pl.DataFrame:
    try:
        return pl.read_csv(path, infer_schema=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise EvaluationDataError(f"{path} can't be read as CSV ({error}). {SHAPE}") from error


def _labelled_set(path: Path, lists: list[pl.DataFrame]) -> LabelledSet:
    pairs = _read(path)
    if missing := set(COLUMNS) - set(pairs.columns):
        raise EvaluationDataError(f"{path} has no column {', '.join(sorted(missing))}. {SHAPE}")
    left, right = _side(pairs, "left"), _side(pairs, "right")
    truth = pl.DataFrame({"left": _rows(pairs, left, "left"), "right": _rows(pairs, right, "right")}).unique()
    return LabelledSet(
        path.stem.removeprefix("ID__"), _with_facts(left, lists), _with_facts(right, lists), truth
    )


def _side(pairs: pl.DataFrame, side: str) -> pl.DataFrame:
    records = pairs.select("id", name=f"{side}_name", website=f"{side}_domain").unique(maintain_order=True)
    return records.with_row_index("row")


def _rows(pairs: pl.DataFrame, records: pl.DataFrame, side: str) -> pl.Series:
    """For each labelled pair the row of its record in the list of that side."""
    wanted = pairs.select("id", name=f"{side}_name", website=f"{side}_domain")
    return wanted.join(records, on=wanted.columns, how="left", nulls_equal=True, maintain_order="left")["row"]


def _with_facts(records: pl.DataFrame, lists: list[pl.DataFrame]) -> pl.DataFrame:
    """`records` with country, city and industry of the list that holds most of them, found by name and domain."""
    records = records.drop("row")
    candidates = [_facts(frame) for frame in lists if {"name", "domain", *FACTS} <= set(frame.columns)]
    best = max(candidates, key=lambda facts: _held(records, facts), default=None)
    if best is None:
        return records
    return records.join(best, on=["name", "website"], how="left", nulls_equal=True, maintain_order="left")


def _facts(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.select("name", *FACTS, website="domain").unique(
        ["name", "website"], keep="first", maintain_order=True
    )


def _held(records: pl.DataFrame, facts: pl.DataFrame) -> int:
    return len(records.join(facts, on=["name", "website"], how="semi", nulls_equal=True))


def _table(name: str, measures: list[Measure]) -> Table:
    """One set; narrow enough for 80 characters, where a file or a pipe reads it."""
    table = Table(title=Text(name, style="bold"), title_justify="left", box=SIMPLE_HEAD)
    table.add_column("method", no_wrap=True)
    for header in ("recall", "found / labelled", "precision", "right / predicted"):
        table.add_column(header, justify="right", no_wrap=True)
    for line in measures:
        table.add_row(
            line.method, _ratio(line.recall), f"{line.found} / {line.labelled}", _ratio(line.precision),
            f"{line.correct} / {line.predicted}",
        )  # fmt: skip
    return table


def _ratio(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"
