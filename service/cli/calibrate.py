"""Match weights learnt from the labelled pairs of a folder, what they are worth on lists they weren't learnt from, and a plot."""

import csv
from pathlib import Path

import numpy as np
import polars as pl
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from service.cli.evaluate_data import read_list_pairs
from service.cli.reliability_plot import drawn
from service.matching.calibrate import Bin, Calibration, calibrate, log_loss, reliability
from service.matching.cases import cases_of_lists, cases_of_set
from service.matching.errors import EvaluationDataError
from service.matching.evaluate import LabelledSet
from service.matching.score import score
from service.matching.tables import weight_rows
from service.matching.weights import Weights, prior_weights, shipped_weights

EDGES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)


def learn(console: Console, data: Path, sets: list[LabelledSet], to: Path, plot: Path | None) -> Weights:
    """Learn, print how good the weights are, write them to `to` and the curve to `plot`; gives the weights."""
    _check_folders(to, plot)
    parts = [cases_of_set(labelled) for labelled in sets]
    parts += [cases_of_lists(pair) for pair in read_list_pairs(data)]
    cases, prior = pl.concat(parts), prior_weights()
    found = calibrate(cases, prior)
    _write(to, found)
    unseen = _held_out(cases, prior)
    same, counted = cases["same"].to_numpy(), cases["weight"].to_numpy()
    bins = reliability(unseen, same, counted, edges=EDGES)
    losses = {
        "what was thought beforehand": _confidence(cases, prior),
        "the shipped weights": _confidence(cases, shipped_weights()),
        "the learnt weights": _confidence(cases, found.weights),
        "learnt from the other lists": unseen,
    }
    table = Table(title=Text("surprise at the labels, bits a pair", style="bold"), box=SIMPLE_HEAD, title_justify="left")  # fmt: skip
    table.add_column("weights")
    table.add_column("log loss", justify="right")
    for name, confidence in losses.items():
        table.add_row(name, f"{log_loss(confidence, same, counted):.3f}")
    console.print(table)
    console.print(_bins_table(bins))
    console.print(
        f"{len(cases):,} pairs of {len(parts)} sets and pairs of lists; {len(found.seen)} terms learnt, written to {to}.",
        soft_wrap=True,
    )
    worth = [log_loss(losses[name], same, counted) for name in ("the shipped weights", "the learnt weights")]
    if worth[1] > worth[0]:
        console.print(
            "They are worse than the shipped ones: there are too few labelled pairs to learn from.",
            style="yellow",
        )
    if plot is not None:
        plot.write_text(drawn(bins), encoding="utf-8")
    return found.weights


def _check_folders(*paths: Path | None) -> None:
    for path in paths:
        if path is not None and not path.parent.is_dir():
            raise EvaluationDataError(f"{path} can't be written: there is no folder {path.parent}.")


def _confidence(cases: pl.DataFrame, weights: Weights) -> np.ndarray:
    return score(cases, weights=weights)["confidence"].to_numpy()


def _held_out(cases: pl.DataFrame, prior: Weights) -> np.ndarray:
    """The confidence of each case under weights that were learnt without any case of its set."""
    rows = cases.with_row_index("row").with_columns(source=pl.col("set").str.split("/").list.first())
    confidence = np.empty(len(cases))
    for source in rows["source"].unique(maintain_order=True):
        inside = rows.filter(pl.col("source") == source)
        others = rows.filter(pl.col("source") != source)
        if others.is_empty():
            others = inside
        weights = calibrate(others, prior).weights
        confidence[inside["row"].to_numpy()] = _confidence(inside, weights)
    return confidence


def _bins_table(bins: list[Bin]) -> Table:
    title = Text("said and so, each pair by weights learnt from the other lists", style="bold")
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    for header in ("confidence", "are one company", "pairs, weighted"):
        table.add_column(header, justify="right")
    for one in bins:
        table.add_row(f"{one.said:.3f}", f"{one.was:.3f}", f"{one.cases:.0f}")
    return table


def _write(to: Path, found: Calibration) -> None:
    """The table as the package ships it, with the new bits and the number of cases behind each."""
    with to.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file, lineterminator="\n")
        rows.writerow(("group", "term", "outcome", "bits", "cases", "prior", "reason"))
        for row in weight_rows():
            cell = row["group"], row["term"], row["outcome"]
            seen = found.seen.get(cell)
            bits, number = f"{found.weights.of(*cell):g}", "" if seen is None else round(seen)
            rows.writerow((*cell, bits, number, row["prior"], row["reason"]))
