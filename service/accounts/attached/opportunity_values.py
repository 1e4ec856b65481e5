"""Opportunities as a file says them → values: amounts, per cents, dates, outcomes, histories of stages. Pure, column by column."""

from dataclasses import dataclass
from typing import Final

import polars as pl

from service.accounts.attached.outcomes import of_stages, outcomes
from service.accounts.models import Outcome
from service.imports.target import Order
from service.ingest.values import Reading, amounts, dates, numbers
from service.ingest.values.reading import fault
from service.matching.columns import map_distinct

REASON: Final = "unreadable_value"
DATES = ("created", "expected_close", "closed")
VALUES = ("amount", "currency", "probability", *DATES, "outcome", "stage_history")
"""Fields that are more than text, in the order in which a row's first fault is told."""
HISTORY = "stages with the day on which each was entered, such as Qualified: 2026-01-31; Proposal: 2026-03-02"
ENTRY: Final = r"^(?P<stage>.+?)\s*[:=@]\s*(?P<entered>[0-9].*)$"
BETWEEN: Final = r"[;|\n]"
"""What ends an entry."""


@dataclass(frozen=True, slots=True, eq=False)
class Values:
    """`rows` that can be read, with values in place of words; `stages` (`row`, `place`, `stage`, `entered_at`); `refused` rows."""

    rows: pl.DataFrame
    stages: pl.DataFrame
    refused: pl.DataFrame


def read_values(rows: pl.DataFrame, order: Order) -> Values:
    """Each row with its values, or refused with the first that can't be read.

    Dates are `YYYY-MM-DD`, amounts and per cents decimal text. A currency column stands before what an amount says; an
    outcome that isn't said is what the stage says, else open unless it was closed.
    """
    amount, currency = amounts(rows["amount"]), _currencies(rows["currency"])
    probability, outcome = _percents(rows["probability"]), outcomes(rows["outcome"])
    stages, history_faults = _histories(rows)
    read = {field: dates(rows[field]) for field in DATES}
    faults = {
        "amount": amount.faults,
        "currency": currency.faults,
        "probability": probability.faults,
        **{field: one.faults for field, one in read.items()},
        "outcome": outcome.faults,
        "stage_history": history_faults,
    }
    said = outcome.values["outcome"]
    by_stage = said.fill_null(of_stages(rows["stage"]))
    closed = read["closed"].values["date"]
    values = rows.with_columns(
        amount.values["amount"],
        currency.values["currency"].fill_null(amount.values["currency"]),
        probability.values["number"].alias("probability"),
        *(one.values["date"].dt.to_string("%Y-%m-%d").alias(field) for field, one in read.items()),
        by_stage.set(by_stage.is_null() & closed.is_null(), Outcome.OPEN.value).alias("outcome"),
    )
    refused = _refused(rows, faults, order)
    values = values.join(refused, on="row", how="anti", maintain_order="left")
    return Values(values, stages.join(refused, on="row", how="anti"), refused)


def _currencies(column: pl.Series) -> Reading:
    """`currency`: its code, sign or name, read as one beside an amount is."""
    read = amounts("1 " + column)
    unread = column.is_not_null() & read.values["currency"].is_null()
    expected = "the currency's ISO 4217 code, such as EUR or USD"
    faults = map_distinct(column.set(~unread, None), lambda text: fault(text, "is no currency", expected))
    return Reading(read.values.select("currency"), faults)


def _percents(column: pl.Series) -> Reading:
    """`number`: per cent from 0 to 100; a column of which nothing is above 1 holds shares."""
    read = numbers(column)
    found = read.values["number"].cast(pl.Decimal(20, 6))
    signed = column.str.contains("%").fill_null(value=False)
    shares = not signed.any() and bool((found > 0).any()) and bool((found <= 1).all())
    found = found * 100 if shares else found
    outside = ((found < 0) | (found > 100)).fill_null(value=False)  # noqa: PLR2004 - per cent
    wrong = map_distinct(
        column.set(~outside, None), lambda text: fault(text, "is no probability", "per cent from 0 to 100")
    )
    text = _plain(found.set(outside, None))
    return Reading(text.alias("number").to_frame(), read.faults.fill_null(wrong))


def _plain(numbers: pl.Series) -> pl.Series:
    """Decimals as text without needless zeros."""
    text = numbers.cast(pl.String)
    pointed = text.str.contains(".", literal=True)
    return text.zip_with(
        ~pointed.fill_null(value=False), text.str.strip_chars_end("0").str.strip_chars_end(".")
    )


def _histories(rows: pl.DataFrame) -> tuple[pl.DataFrame, pl.Series]:
    """`row`, `place`, `stage`, `entered_at` of every entry, and what is wrong with a row's history."""
    said = pl.col("stage_history").str.replace_all(BETWEEN, ";").str.split(";")
    entries = (
        rows.select("row", said.alias("entry"))
        .explode("entry")
        .with_columns(pl.col("entry").str.strip_chars())
        .filter(pl.col("entry").is_not_null() & (pl.col("entry") != ""))
    )
    parts = entries["entry"].str.extract_groups(ENTRY).struct.unnest()
    read = dates(parts["entered"])
    moment = read.values["instant"].fill_null(
        read.values["date"].cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    )
    shapeless = map_distinct(
        entries["entry"].set(parts["entered"].is_not_null(), None),
        lambda text: fault(text, "names no stage and day", HISTORY),
    )
    told = entries.with_columns(
        parts["stage"],
        moment.alias("entered_at"),
        read.faults.fill_null(shapeless).alias("fault"),
    )
    stages = (
        told.filter(pl.col("entered_at").is_not_null())
        .sort("row", "entered_at", maintain_order=True)
        .with_columns(pl.int_range(pl.len()).over("row").alias("place"))
        .select("row", "place", "stage", "entered_at")
    )
    first = told.drop_nulls("fault").unique("row", keep="first", maintain_order=True).select("row", "fault")
    faults = rows.select("row").join(first, on="row", how="left", maintain_order="left")["fault"]
    return stages, faults


def _refused(rows: pl.DataFrame, faults: dict[str, pl.Series], order: Order) -> pl.DataFrame:
    """The rows with a fault, with the columns of an ingest refusal; the first fault of a row is told."""
    said = [
        pl.when(pl.col(f"fault_{field}").is_not_null()).then(
            pl.struct(
                pl.lit(order.headers.get(field, field)).alias("column"),
                pl.col(f"fault_{field}").alias("fault"),
            )
        )
        for field in faults
    ]
    told = rows.with_columns(one.alias(f"fault_{field}") for field, one in faults.items())
    wrong = (
        told.with_columns(pl.coalesce(said).alias("told")).filter(pl.col("told").is_not_null()).unnest("told")
    )
    shown = [pl.col(f) for f in order.headers] or [pl.lit("")]
    text = pl.concat_str(shown, separator=" | ", ignore_nulls=True).str.head(500)
    return wrong.select(
        "row", "line", "column", pl.lit(REASON).alias("reason"),
        pl.format("line {}, column '{}': {}", "line", "column", "fault").alias("message"), text.alias("text"),
    )  # fmt: skip
