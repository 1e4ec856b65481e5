from pathlib import Path

import polars as pl
import pytest
import typer

from service.cli.evaluate import evaluate, read_sets
from service.matching.errors import EvaluationDataError
from service.matching.evaluate import LabelledSet, Measure, evaluate_set, measure

SAMPLE = Path(__file__).parents[2] / "data" / "labelled"


def test_the_shipped_sample_reaches_the_bars_and_beats_every_baseline() -> None:
    (labelled,) = read_sets(SAMPLE)
    measures = {line.method: line for line in evaluate_set(labelled)}
    auto, both = measures.pop("auto"), measures.pop("auto+review")
    assert auto.labelled == len(labelled.truth) >= 60
    assert (auto.precision or 0) >= 0.98
    assert (both.recall or 0) >= 0.9
    assert all((both.recall or 0) > (line.recall or 0) for line in measures.values())


def test_precision_is_over_the_cross_product_and_leaves_out_ids_of_one_side() -> None:
    labelled = LabelledSet(
        "hand-made",
        pl.DataFrame({"id": ["1", "2", "only left"], "name": ["a", "b", "c"]}),
        pl.DataFrame({"id": ["1", "2", "only right"], "name": ["a", "b", "c"]}),
        pl.DataFrame({"left": [0, 1], "right": [0, 1]}, schema={"left": pl.UInt32, "right": pl.UInt32}),
    )
    predicted = pl.DataFrame(
        {"left": [0, 0, 2, 1], "right": [0, 1, 1, 2]}, schema={"left": pl.UInt32, "right": pl.UInt32}
    )
    assert measure("any", predicted, labelled) == Measure("any", found=1, labelled=2, correct=1, predicted=2)


def test_ratios_over_nothing_are_unknown() -> None:
    empty = Measure("any", 0, 0, 0, 0)
    assert (empty.recall, empty.precision) == (None, None)


def test_the_command_prints_every_method_with_its_denominators(capsys: pytest.CaptureFixture[str]) -> None:
    evaluate(SAMPLE)
    printed = capsys.readouterr().out
    for word in ("byte-equal name", "domain", "stripped name", "auto", "auto+review", "/ 82"):
        assert word in printed


def test_a_missing_folder_is_named_with_what_is_wanted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(typer.Exit) as stop:
        evaluate(tmp_path / "nowhere")
    assert stop.value.exit_code == 2
    printed = capsys.readouterr().out
    assert "nowhere" in printed
    assert "COMMONGROUND_DATA" in printed


def test_a_folder_without_a_set_and_a_set_without_its_columns_are_refused(tmp_path: Path) -> None:
    with pytest.raises(EvaluationDataError, match="no labelled set"):
        read_sets(tmp_path)
    (tmp_path / "eval").mkdir()
    (tmp_path / "eval" / "ID__a__b_by_c.csv").write_text("left_name,id\nx,1\n")
    with pytest.raises(EvaluationDataError, match="right_name"):
        read_sets(tmp_path)


def test_an_unreadable_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "eval").mkdir()
    (tmp_path / "eval" / "ID__a__b_by_c.csv").write_text("")
    with pytest.raises(EvaluationDataError, match="ID__a__b_by_c"):
        read_sets(tmp_path)


def test_a_set_without_lists_is_evaluated_without_facts(tmp_path: Path) -> None:
    (tmp_path / "eval").mkdir()
    (tmp_path / "eval" / "ID__a__b_by_c.csv").write_text(
        "left_name,left_domain,id,right_name,right_domain\nKestrel Labs Ltd,kestrel.example,1,Kestrel Labs,\n"
    )
    (labelled,) = read_sets(tmp_path)
    assert [line.found for line in evaluate_set(labelled)] == [0, 0, 1, 0, 1]


def test_lists_without_the_facts_are_left_aside(tmp_path: Path) -> None:
    (tmp_path / "eval").mkdir()
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "other.csv").write_text("colour\nblue\n")
    (tmp_path / "eval" / "ID__a__b_by_c.csv").write_text(
        "left_name,left_domain,id,right_name,right_domain\nKestrel,,1,Kestrel,\n"
    )
    (labelled,) = read_sets(tmp_path)
    assert labelled.left.columns == ["id", "name", "website"]
