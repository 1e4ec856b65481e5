"""`commonground evaluate`: the matcher over labelled pairs of a folder, beside plain baselines; and weights learnt from them."""

from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from service.cli.calibrate import learn
from service.cli.evaluate_data import read_errors, read_sets
from service.matching.errors import EvaluationDataError
from service.matching.evaluate import CurvePoint, LabelledSet, Measure, curve, evaluate_set, pooled
from service.matching.version import NORMALISER_VERSION
from service.matching.weights import Weights, read_weights

LEVELS = (0.9, 0.7, 0.5, 0.3, 0.2, 0.1, 0.05)


def evaluate(
    data: Annotated[
        Path,
        typer.Option(
            "--data", envvar="COMMONGROUND_DATA", help="Folder with eval/ID__*.csv and lists/*.csv."
        ),
    ],
    label_errors: Annotated[
        Path | None,
        typer.Option(help="CSV of labels known to be wrong (set, left_name, right_name, reason): left out."),
    ] = None,
    weights: Annotated[
        Path | None, typer.Option(help="Match weights to use instead of the shipped ones.")
    ] = None,
    calibrate: Annotated[
        Path | None,
        typer.Option(help="Learn match weights from the labelled pairs and write them to this CSV."),
    ] = None,
    plot: Annotated[
        Path | None, typer.Option(help="With --calibrate: write the reliability curve to this SVG.")
    ] = None,
) -> None:
    """Print recall and precision of the matcher over the labelled pairs of a folder, per set, with denominators."""
    console = Console()
    if plot is not None and calibrate is None:
        raise typer.BadParameter("--plot draws what --calibrate learns; give --calibrate as well.")
    try:
        used = None if weights is None else read_weights(weights)
        sets = read_sets(data, None if label_errors is None else read_errors(label_errors))
        if calibrate is not None:
            used = learn(console, data, sets, calibrate, plot)
    except EvaluationDataError as error:
        console.print(str(error), style="red", soft_wrap=True, markup=False)
        raise typer.Exit(code=2) from error
    _print(console, sets, used)


def _print(console: Console, sets: list[LabelledSet], weights: Weights | None) -> None:
    console.print(f"By the {'shipped' if weights is None else 'given or learnt'} weights:", style="bold")
    measures = {labelled.name: evaluate_set(labelled, weights=weights) for labelled in sets}
    for name, lines in measures.items():
        console.print(_table(name, lines))
    with_domains = [labelled for labelled in sets if labelled.has_domains]
    if len(with_domains) > 1:
        together = pooled([measures[labelled.name] for labelled in with_domains])
        console.print(_table(f"pooled: the {len(with_domains)} sets that have domains", together))
        console.print(_curve_table(curve(with_domains, LEVELS, weights=weights)))
    console.print(
        f"Normaliser {NORMALISER_VERSION}. Recall: labelled pairs found. Of shared: the same over the labelled pairs that share a "
        "domain or the name without its legal form. Precision: predicted pairs of the cross product of both "
        "lists whose ids are equal. Country, city and industry come from lists/ where a record is found there.",
        soft_wrap=True,
    )


def _table(name: str, measures: list[Measure]) -> Table:
    """One set; narrow enough for 80 characters, where a file or a pipe reads it."""
    table = Table(title=Text(name, style="bold"), title_justify="left", box=SIMPLE_HEAD)
    table.add_column("method", no_wrap=True)
    for header in ("recall", "of shared", "precision"):
        table.add_column(header, justify="right", no_wrap=True)
    for line in measures:
        table.add_row(
            line.method,
            _share(line.recall, line.found, line.labelled),
            _share(line.recall_shared, line.found_shared, line.shared),
            _share(line.precision, line.correct, line.predicted),
        )
    return table


def _curve_table(points: list[CurvePoint]) -> Table:
    """What reviewing costs: from which confidence on how much is found, and at how many pairs for each further true one."""
    title = Text("pooled: what reviewing finds", style="bold")
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    for header in (
        "confidence from",
        "recall",
        "found",
        "right / predicted",
        "pairs read for each true one more",
    ):
        table.add_column(header, justify="right")
    first = points[0]
    for point in points:
        read, true = point.predicted - first.predicted, point.correct - first.correct
        cost = f"{read / true:.1f}" if true else "–"
        table.add_row(
            f"{point.confidence:.2f}", f"{point.found / point.labelled:.4f}", str(point.found),
            f"{point.correct} / {point.predicted}", cost,
        )  # fmt: skip
    return table


def _share(value: float | None, part: int, whole: int) -> str:
    return f"{'–' if value is None else f'{value:.3f}'}  {part}/{whole}"
