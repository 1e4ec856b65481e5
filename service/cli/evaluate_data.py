"""Labelled pairs of companies as they stand in a folder, read for `commonground evaluate`."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import polars as pl

from service.matching.cases import ListPair
from service.matching.errors import EvaluationDataError
from service.matching.evaluate import LabelledSet

SETS = "ID__*__*_by_*.csv"
JUDGED = "judged_*.csv"
COLUMNS = ("left_name", "left_domain", "id", "right_name", "right_domain")
JUDGED_COLUMNS = ("pair", "left_name", "right_name", "judgement")
ERROR_COLUMNS = ("set", "left_name", "right_name", "reason")
FACTS = ("country", "city", "industry")
SHAPE = (
    "Give a folder with eval/ID__LEFT__RIGHT_by_WHAT.csv (left_name, left_domain, id, right_name, right_domain) and, if you have "
    "them, lists/*.csv (name, domain, country, city, industry), by --data or COMMONGROUND_DATA."
)
CERTAIN = 2.0
"""So many judged pairs weigh the share over all lists against that of two lists of which few were judged."""


def read_sets(data: Path, errors: pl.DataFrame | None = None) -> list[LabelledSet]:
    """The labelled sets of a folder, in the order of their names, without the labels that `errors` says are wrong.

    Raises `EvaluationDataError` if there is none.
    """
    if not data.is_dir():
        raise EvaluationDataError(f"There is no folder {data}. {SHAPE}")
    paths = sorted((data / "eval").glob(SETS))
    if not paths:
        raise EvaluationDataError(f"There is no labelled set in {data / 'eval'}. {SHAPE}")
    lists = [_read(path) for path in sorted((data / "lists").glob("*.csv"))]
    return [_labelled_set(path, lists, errors) for path in paths]


def read_errors(path: Path) -> pl.DataFrame:
    """Labels found to be wrong: `set`, `left_name`, `right_name`, `reason`. Raises `EvaluationDataError`."""
    return _with_columns(path, ERROR_COLUMNS, f"It wants the columns {', '.join(ERROR_COLUMNS)}.")


def read_list_pairs(data: Path) -> list[ListPair]:
    """Pairs of lists of which a reader judged namesakes (`eval/judged_*.csv`: pair, left_name, right_name, judgement), if there are any."""
    judged = [_with_columns(path, JUDGED_COLUMNS, SHAPE) for path in sorted((data / "eval").glob(JUDGED))]
    if not judged:
        return []
    clear = pl.concat([frame.select(JUDGED_COLUMNS) for frame in judged]).filter(
        pl.col("judgement") != "unclear"
    )
    same = Counter(clear.filter(pl.col("judgement") == "same")["pair"])
    total = Counter(clear["pair"])
    overall = same.total() / max(total.total(), 1)
    found = []
    for name in sorted(total):
        paths = [data / "lists" / f"{half}.csv" for half in name.split("__")]
        if len(paths) == 2 and all(path.is_file() for path in paths):  # noqa: PLR2004 - a left and a right one
            left, right = (_list(path) for path in paths)
            share = (same[name] + CERTAIN * overall) / (total[name] + CERTAIN)
            found.append(ListPair(name, left, right, share))
    return found


def _list(path: Path) -> pl.DataFrame:
    frame = _with_columns(path, ("name", "domain"), SHAPE)
    return frame.with_columns(website="domain").filter(pl.col("domain").is_not_null())


def _read(path: Path) -> pl.DataFrame:
    try:
        return pl.read_csv(path, infer_schema=False)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise EvaluationDataError(f"{path} can't be read as CSV ({error}). {SHAPE}") from error


def _with_columns(path: Path, columns: Sequence[str], mend: str) -> pl.DataFrame:
    frame = _read(path)
    if missing := set(columns) - set(frame.columns):
        raise EvaluationDataError(f"{path} has no column {', '.join(sorted(missing))}. {mend}")
    return frame


def _labelled_set(path: Path, lists: list[pl.DataFrame], errors: pl.DataFrame | None) -> LabelledSet:
    pairs = _with_columns(path, COLUMNS, SHAPE)
    left, right = _side(pairs, "left"), _side(pairs, "right")
    truth = pl.DataFrame({"left": _rows(pairs, left, "left"), "right": _rows(pairs, right, "right")}).unique()
    name = path.stem.removeprefix("ID__")
    return LabelledSet(
        name,
        _with_facts(left, lists),
        _with_facts(right, lists),
        truth,
        None if errors is None else errors.filter(pl.col("set") == name).select("left_name", "right_name"),
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
