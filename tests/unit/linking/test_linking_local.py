from pathlib import Path

import numpy as np
import polars as pl
import pytest

from service.ingest import open_sheet
from service.linking.evidence import codes_for, wanted
from service.linking.keys import LinkKeys
from service.linking.local import local_keys, match_locally
from service.linking.meet import meet
from service.linking.prepare import Prepared, prepare
from service.linking.score import score_pairs
from service.linking.tokens import tokenise
from service.matching.normalise import normalise
from service.matching.plain import meet_plain
from service.matching.score import score

SAMPLES = Path(__file__).parents[3] / "service" / "cli" / "samples"
TOLD = ["left", "right", "status", "rules", "confidence"]


@pytest.fixture(scope="module")
def accounts() -> list[pl.DataFrame]:
    sheets = [open_sheet(SAMPLES / f"{name}.csv") for name in ("brightwater", "keystone")]
    return [pl.concat([batch.frame for batch in sheet.batches()]) for sheet in sheets]


@pytest.fixture(scope="module")
def plain(accounts: list[pl.DataFrame]) -> pl.DataFrame:
    """The sample lists matched on plain text."""
    found = score(meet_plain(*(normalise(side) for side in accounts)))
    return found.select(TOLD).sort("left", "right")


@pytest.fixture(scope="module")
def sides(accounts: list[pl.DataFrame]) -> list[Prepared]:
    return [prepare(side) for side in accounts]


def test_matched_by_tokens_the_sample_lists_give_what_plain_text_gives(
    sides: list[Prepared], plain: pl.DataFrame, links: tuple[LinkKeys, LinkKeys]
) -> None:
    refs = [np.arange(side.accounts, dtype=np.uint64) for side in sides]
    met = meet(*(tokenise(side, of, link) for side, of, link in zip(sides, refs, links, strict=True)))
    codes = [
        codes_for(wanted(met.meetings, name), side, of, link)
        for name, side, of, link in zip(("left", "right"), sides, refs, links, strict=True)
    ]
    found = score_pairs(met.meetings, *codes).with_columns(pl.col("left", "right").cast(pl.UInt32))
    assert plain.height > 90
    assert found.select(TOLD).sort("left", "right").equals(plain)


def test_a_local_match_names_rows_and_gives_the_best_pairs_first(
    sides: list[Prepared], plain: pl.DataFrame
) -> None:
    match = match_locally(*sides)
    found = match.pairs.select("left_index", "right_index", "rules").sort("left_index", "right_index")
    # Its keys are fresh, so a code may agree by chance once in 65,536; what met doesn't hang on them.
    assert found.rows() == plain.select("left", "right", "rules").rows()
    assert match.pairs["confidence"].to_list() == sorted(match.pairs["confidence"], reverse=True)
    assert match.crowded == 0


def test_a_local_match_reports_its_steps(sides: list[Prepared]) -> None:
    steps: list[str] = []
    match_locally(*sides, progress=steps.append)
    assert steps == ["hashing", "meeting", "scoring"]


def test_a_threshold_moves_pairs_to_review(sides: list[Prepared]) -> None:
    found = match_locally(*sides, threshold=1.0)
    assert set(found.pairs["status"]) <= {"auto", "review"}
    assert (found.pairs.filter(pl.col("status") == "auto")["confidence"] == 1.0).all()
    assert (found.pairs["status"] == "review").any()


def test_lists_with_nothing_in_common_match_nothing(sides: list[Prepared]) -> None:
    none = match_locally(sides[0], sides[1].subset(pl.Series([], dtype=pl.UInt32)))
    assert none.pairs.is_empty()


def test_each_local_match_has_keys_of_its_own() -> None:
    one, other = local_keys(), local_keys()
    assert one.pair.partnership != other.pair.partnership
    assert one.outer.reveal() != other.outer.reveal()
