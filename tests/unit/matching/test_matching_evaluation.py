from pathlib import Path

import polars as pl
import pytest
import typer

from service.cli.evaluate import evaluate
from service.cli.evaluate_data import read_errors, read_list_pairs, read_sets
from service.matching.errors import EvaluationDataError
from service.matching.evaluate import LabelledSet, Measure, curve, evaluate_set, measure, pooled
from service.matching.weights import read_weights, shipped_weights

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
    for word in (
        "byte-equal name",
        "domain",
        "stripped name",
        "auto",
        "auto+review",
        "/82",
        "domain or name",
    ):
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
    assert [line.found for line in evaluate_set(labelled)] == [0, 0, 1, 1, 1, 1]


def test_lists_without_the_facts_are_left_aside(tmp_path: Path) -> None:
    (tmp_path / "eval").mkdir()
    (tmp_path / "lists").mkdir()
    (tmp_path / "lists" / "other.csv").write_text("colour\nblue\n")
    (tmp_path / "eval" / "ID__a__b_by_c.csv").write_text(
        "left_name,left_domain,id,right_name,right_domain\nKestrel,,1,Kestrel,\n"
    )
    (labelled,) = read_sets(tmp_path)
    assert labelled.left.columns == ["id", "name", "website"]


HEADER = "left_name,left_domain,id,right_name,right_domain\n"
MADE = HEADER + "".join(
    f"Orchid{n} Bakery,orchid{n}.com,{n},Orchid{n} Bakery Ltd,orchid{n}.com\nKestrel{n} Labs,,k{n},Kestrel{n} Labs,\n"
    for n in range(12)
)


@pytest.fixture
def two_sets(tmp_path: Path) -> Path:
    """A folder with two sets, in one of which a label is wrong, and two lists of which namesakes were judged."""
    (tmp_path / "eval").mkdir()
    (tmp_path / "lists").mkdir()
    wrong = "Tap To Learn,tap.com,1,Tap To Learn,tap.com\nTapToLearn,tap.com,2,TapToLearn,tap.com\n"
    for name, text in {"ID__a__b_by_c.csv": MADE, "ID__d__e_by_f.csv": HEADER + wrong}.items():
        (tmp_path / "eval" / name).write_text(text)
    (tmp_path / "eval" / "judged_namesakes.csv").write_text(
        "pair,left_name,right_name,judgement\none__two,A,A,different\none__two,B,B,same\none__gone,C,C,same\n"
    )
    for name in ("one", "two"):
        rows = "".join(f"Heron{n} Mining,heron{n}.{name}.com\n" for n in range(30))
        (tmp_path / "lists" / f"{name}.csv").write_text("name,domain\n" + rows)
    return tmp_path


def test_shared_pairs_are_those_with_one_domain_or_one_stripped_name(two_sets: Path) -> None:
    made = evaluate_set(read_sets(two_sets)[0])
    assert [(line.shared, line.labelled) for line in made] == [(24, 24)] * 6
    assert [line.found_shared for line in made] == [12, 12, 24, 24, 24, 24]
    (line,) = pooled([[made[0]], [made[0]]])
    assert (line.found, line.shared) == (24, 48)


def test_labels_known_to_be_wrong_are_left_out_and_only_they(two_sets: Path) -> None:
    errors = two_sets / "errors.csv"
    errors.write_text("set,left_name,right_name,reason\nd__e_by_f,Tap To Learn,TapToLearn,one company\n")
    before, after = (evaluate_set(read_sets(two_sets, known)[1])[-1] for known in (None, read_errors(errors)))
    assert (before.correct, before.predicted) == (2, 4)
    assert (after.correct, after.predicted) == (2, 3)
    errors.write_text("set,left_name\n")
    with pytest.raises(EvaluationDataError, match=r"no column reason, right_name"):
        read_errors(errors)


def test_the_curve_counts_what_each_confidence_finds(two_sets: Path) -> None:
    sets = read_sets(two_sets)
    points = curve(sets, (1.01, 0.99, 0.0))
    assert [point.found for point in points] == [0, 12, 26]
    assert {point.labelled for point in points} == {26}


def test_list_pairs_have_the_share_that_was_judged_the_same(two_sets: Path) -> None:
    (pair,) = read_list_pairs(two_sets)
    assert (pair.name, len(pair.left)) == ("one__two", 30)
    assert pair.namesakes == pytest.approx((1 + 2 * 2 / 3) / (2 + 2))


def test_weights_are_learnt_written_drawn_and_used(
    two_sets: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    written, drawn = tmp_path / "weights.csv", tmp_path / "curve.svg"
    evaluate(two_sets, calibrate=written, plot=drawn)
    printed = capsys.readouterr().out
    assert "what reviewing finds" in printed
    assert "learnt from the other lists" in printed
    assert read_weights(written).bits.keys() == shipped_weights().bits.keys()
    assert drawn.read_text().startswith("<svg")
    lines = written.read_text().splitlines()
    changed = [line.replace(line.split(",")[3], "-9", 1) if line.startswith("*,domain,leads") else line for line in lines]  # fmt: skip
    written.write_text("\n".join(changed))
    evaluate(two_sets, weights=written)
    assert " 12/24 " not in capsys.readouterr().out.split("auto ")[1].split("\n")[0]


def test_weights_that_are_none_are_refused(two_sets: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (two_sets / "w.csv").write_text("group,term\n*,prior\n")
    with pytest.raises(typer.Exit):
        evaluate(two_sets, weights=two_sets / "w.csv")
    assert "columns group, term, outcome and bits" in capsys.readouterr().out
    with pytest.raises(typer.BadParameter, match="--calibrate"):
        evaluate(two_sets, plot=two_sets / "x.svg")
