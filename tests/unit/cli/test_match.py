"""`commonground match`, called as a user calls it; two tests start a process for it."""

import contextlib
import csv
import gzip
import io
import json
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import polars as pl
import pytest
import xlsxwriter

from service.cli import CommandError, match_output
from service.ingest import open_sheet
from tests.support.in_process import run_here_apart

LEADING = [
    "left_row", "right_row", "left_name", "right_name", "left_domain", "right_domain", "decision", "confidence", "rules",
]  # fmt: skip
LEFT = "Company,Website,Country\nSiemens AG,https://www.siemens.com,Germany\nOrchid Bakery,orchidbakery.com,France\nHarbour Analytics,harbour-analytics.com,UK\n"
RIGHT = "Firma;Web;Land\nWalnut Press;walnutpress.com;Spanien\nSiemens;siemens.com/de;DE\nHarbour Analytics;harbouranalytics.co.uk;UK\n"
TERMINAL = {"COLUMNS": "160", "TERM": "dumb"}


def match(
    folder: Path, *arguments: str, left: str | bytes = LEFT, right: str | bytes = RIGHT
) -> subprocess.CompletedProcess[str]:
    for name, content in (("left.csv", left), ("right.csv", right)):
        (folder / name).write_bytes(content.encode() if isinstance(content, str) else content)
    with contextlib.chdir(folder):
        return run_here_apart("match", "left.csv", "right.csv", *arguments, **TERMINAL)


def test_the_threshold_moves_pairs_to_review(tmp_path: Path) -> None:
    weak = "Zephyr,,\n"
    lists = {"left": LEFT + weak, "right": RIGHT + weak.replace(",", ";")}
    taken = [match(tmp_path, "--threshold", said, **lists).stdout for said in ("0.6", "0.9", "1")]
    assert [re.findall(r"(\d+) pairs? taken", text) for text in taken] == [["2"], ["1"], ["0"]]
    # companies of one name with a domain each stay with people
    assert "1 pair for a person to review" in taken[0]
    assert match(tmp_path, "--threshold", "0.2").returncode == 2


def test_the_summary_counts_pairs_accounts_companies_rules_and_reviews(tmp_path: Path) -> None:
    found = match(tmp_path)
    assert found.returncode == 0, found.stderr
    assert (
        "1 pair taken for the same company: 1 of 3 accounts left, 1 of 3 right, 1 distinct." in found.stdout
    )
    assert "1 pair for a person to review." in found.stdout
    assert "name ← Firma, website ← Web, country ← Land" in found.stdout
    assert "Siemens AG (siemens.com)" in found.stdout


def test_all_pairs_go_to_a_csv_with_exactly_the_leading_columns(tmp_path: Path) -> None:
    assert match(tmp_path, "--output", "pairs.csv").returncode == 0
    with (tmp_path / "pairs.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[: len(LEADING)] == LEADING
    first = {name: rows[0][name] for name in LEADING[:7]}
    assert first == {
        "left_row": "1", "right_row": "2", "left_name": "Siemens AG", "right_name": "Siemens", "left_domain": "siemens.com",
        "right_domain": "siemens.com", "decision": "auto",
    }  # fmt: skip
    assert 0.9 <= float(rows[0]["confidence"]) <= 1
    assert rows[0]["rules"].split("+")[0] == "domain"
    assert [row["decision"] for row in rows] == ["auto", "review"]


@pytest.mark.parametrize("name", ["pairs.parquet", "pairs.ndjson", "pairs.xlsx"])
def test_other_formats_hold_the_same_rows(tmp_path: Path, name: str) -> None:
    assert match(tmp_path, "--output", name).returncode == 0
    path = tmp_path / name
    if path.suffix == ".xlsx":
        assert path.read_bytes()[:2] == b"PK"
        return
    frame = pl.read_parquet(path) if path.suffix == ".parquet" else pl.read_ndjson(path)
    assert frame.columns[: len(LEADING)] == LEADING
    assert frame.height == 2


def test_standard_output_has_the_pairs_alone(tmp_path: Path) -> None:
    found = match(tmp_path, "--output", "-")
    assert [row["left_name"] for row in csv.DictReader(io.StringIO(found.stdout))] == [
        "Siemens AG",
        "Harbour Analytics",
    ]
    assert "1 distinct" in found.stderr


def test_only_auto_leaves_reviews_out(tmp_path: Path) -> None:
    match(tmp_path, "--only", "auto", "--output", "pairs.ndjson")
    rows = [json.loads(line) for line in (tmp_path / "pairs.ndjson").read_text().splitlines()]
    assert [row["decision"] for row in rows] == ["auto"]


def test_headers_may_be_mapped_by_hand(tmp_path: Path) -> None:
    left = "A,B\nSiemens AG,siemens.com\n"
    assert match(tmp_path, left=left).returncode != 0
    found = match(tmp_path, "--left-columns", "name=A,website=B", left=left)
    assert found.returncode == 0, found.stderr
    assert "1 pair taken for the same company" in found.stdout


def test_cells_that_a_spreadsheet_would_run_are_written_as_text_and_come_back_as_they_were(
    tmp_path: Path,
) -> None:
    names = [
        f"{begins}cmd|' /C calc'!A{number}" for number, begins in enumerate("=+-@\uff1d\uff0b\uff0d\uff20")
    ]
    rows = [f"{name},kestrel{number}.de\n" for number, name in enumerate(names)]
    found = match(tmp_path, "--output", "pairs.csv", left="".join(["Company,Website\n", *rows]), right="".join(
        ["Company,Website\n", *(f"Company {number},kestrel{number}.de\n" for number in range(len(names)))]
    ))  # fmt: skip
    assert found.returncode == 0, found.stderr
    with (tmp_path / "pairs.csv").open(newline="", encoding="utf-8") as file:
        written = list(csv.DictReader(file))
    assert sorted(row["left_name"] for row in written) == sorted(f"'{name}" for name in names)
    sheet = open_sheet(tmp_path / "pairs.csv", columns={"name": "left_name"})
    back = [name for batch in sheet.batches() for name in batch.frame["name"]]
    assert sorted(back) == sorted(names)


def test_refused_rows_are_told_and_the_others_kept(tmp_path: Path) -> None:
    found = match(tmp_path, left=LEFT + "too few\n")
    assert found.returncode == 0
    assert "1 row refused" in found.stdout
    assert "line 5" in found.stdout


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1", "utf-8-sig"])
def test_encodings_are_detected_read_and_named(tmp_path: Path, encoding: str) -> None:
    text = "Company,Website,City\n" + "".join(
        f"Müller Söhne {i} GmbH,mueller{i}.de,Köln\n" for i in range(20)
    )
    found = match(tmp_path, "--output", "-", left=text.encode(encoding), right=text)
    rows = list(csv.DictReader(io.StringIO(found.stdout)))
    assert "Müller Söhne 0 GmbH" in {row["left_name"] for row in rows}
    assert len(rows) == 20
    named = found.stderr.lower()
    assert {"utf-16": "utf-16", "latin-1": "cp1252", "utf-8-sig": "utf-8"}[
        encoding
    ] in named or "latin" in named


BAD = {
    "not text": (b"\x89PNG\r\n\x1a\n" + bytes(200), "PNG"),
    "empty": (b"", "empty"),
    "no key": (b"Colour,Size\nred,1\n", "Colour"),
    "unclosed quote": (b'Company,Website\nA,"b.com\nC,d.com\n', "line 2"),
    "gzip that ends early": (gzip.compress(LEFT.encode() * 500)[:-20], "gzip"),
    "duplicate headers": (b"Company,Company\nA,B\n", "Company"),
}


@pytest.mark.parametrize("case", BAD)
def test_a_file_that_is_refused_whole_says_why_and_writes_nothing(tmp_path: Path, case: str) -> None:
    content, said = BAD[case]
    found = match(tmp_path, "--output", "pairs.csv", left=content)
    assert found.returncode != 0
    assert said in found.stderr
    assert "left.csv" in found.stderr
    assert "Traceback" not in found.stderr
    assert not (tmp_path / "pairs.csv").exists()


def test_duplicate_headers_are_settled_by_left_columns(tmp_path: Path) -> None:
    left = "Company,Company,Website\nOld Name,Siemens AG,siemens.com\n"
    found = match(tmp_path, "--left-columns", "name=Company#2", "--output", "-", left=left)
    assert next(csv.DictReader(io.StringIO(found.stdout)))["left_name"] == "Siemens AG"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--output", "pairs.doc"], ".xlsx"),
        (["--output", "nowhere/pairs.csv"], "nowhere"),
        (["--left-columns", "name"], "name=Company"),
        (["--left-columns", "nmae=Company"], "nmae"),
        (["--left-columns", "name=Company,name=Website"], "twice"),
    ],
)
def test_wrong_options_are_refused_before_any_work(tmp_path: Path, arguments: list[str], said: str) -> None:
    found = match(tmp_path, *arguments)
    assert found.returncode != 0
    assert said in found.stderr


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    found = subprocess.run(
        [sys.executable, "-c", "from service.cli import main; main()", "match", "none.csv", "other.csv"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (found.returncode, "none.csv" in found.stderr) == (2, True)


def test_an_input_is_never_overwritten(tmp_path: Path) -> None:
    (tmp_path / "link.csv").symlink_to(tmp_path / "left.csv")
    for name in ("left.csv", "link.csv"):
        found = match(tmp_path, "--output", name)
        assert (found.returncode, "one of the two lists" in found.stderr) == (2, True)
    assert (tmp_path / "left.csv").read_text() == LEFT


def test_a_list_of_which_every_row_is_refused_is_an_error(tmp_path: Path) -> None:
    found = match(tmp_path, left="Company,Website\nshort\nshort\n")
    assert found.returncode == 1
    assert "every row was refused" in found.stderr
    assert "line 2" in found.stderr


def test_a_header_with_a_comma_can_be_mapped(tmp_path: Path) -> None:
    left = '"Firm, name",Website\nSiemens AG,siemens.com\n'
    found = match(tmp_path, "--left-columns", "name=Firm\\, name,website=Website", left=left)
    assert "1 pair taken for the same company" in found.stdout, found.stderr


def test_reviews_left_out_are_still_counted(tmp_path: Path) -> None:
    assert "1 pair for a person to review (left out)." in match(tmp_path, "--only", "auto").stdout


def test_a_full_disk_behind_a_redirect_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "left.csv").write_text(LEFT)
    (tmp_path / "right.csv").write_text(RIGHT)
    for arguments in (["-o", "-"], []):
        with Path("/dev/full").open("wb") as full:
            found = subprocess.run(
                [sys.executable, "-c", "from service.cli import main; main()", "match", "left.csv", "right.csv", *arguments],
                cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True, check=False,
            )  # fmt: skip
        assert found.returncode != 0
        assert "Traceback" not in found.stderr
        assert "No space left" in found.stderr


def test_more_pairs_than_a_worksheet_holds_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(match_output, "SHEET_ROWS", 1)
    with pytest.raises(CommandError, match="parquet"):
        match_output._xlsx(pl.DataFrame({"a": [1, 2]}), io.BytesIO())


def test_a_worksheet_has_neither_formulas_nor_links() -> None:
    buffer = io.BytesIO()
    match_output._xlsx(pl.DataFrame({"left_name": ["=1+1", "http://example.com"]}), buffer)
    with zipfile.ZipFile(buffer) as book:
        sheet = book.read("xl/worksheets/sheet1.xml")
    assert b"<f>" not in sheet
    assert b"hyperlink" not in sheet


def test_a_workbook_is_read_from_the_sheet_that_is_named_whatever_the_file_is_called(tmp_path: Path) -> None:
    packed = io.BytesIO()
    with xlsxwriter.Workbook(packed) as book:
        for name, company in (("Old", "Gone Ltd"), ("New", "Siemens AG")):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, ["Company", "Website"])
            sheet.write_row(1, 0, [company, "siemens.com" if name == "New" else "gone.example"])
    found = match(tmp_path, "--left-sheet", "2", left=packed.getvalue())

    assert found.returncode == 0, found.stderr
    assert "left.csv: 1 rows, xlsx, sheet 'New' (and 1 sheet not read)" in found.stdout
    assert "1 pair taken for the same company" in found.stdout


def test_a_level_asked_for_adds_pairs_of_one_owner_and_says_which_they_are(tmp_path: Path) -> None:
    left = "ID,Company,Website,Parent ID\n1,Orchid Energy,orchidenergy.com,2\n2,Orchid Holding,orchid.com,\n3,Siemens,siemens.com,\n"
    right = "Company,Website,Parent Website\nKestrel Mills,kestrel.com,orchid.com\nSiemens,siemens.com,\n"
    found = match(tmp_path, "--level", "same_parent", "--output", "pairs.csv", left=left, right=right)
    assert "2 pairs more of one parent company." in found.stdout, found.stderr
    assert (
        "3 accounts on the left meet 2 on the right in 3 pairs: 2 distinct corporate families, because"
        in found.stdout
    )
    with (tmp_path / "pairs.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0])[: len(LEADING)] == LEADING
    assert list(rows[0])[-1] == "level"
    assert sorted((row["left_name"], row["level"]) for row in rows) == [
        ("Orchid Energy", "same_parent"), ("Orchid Holding", "same_parent"), ("Siemens", "same_company"),
    ]  # fmt: skip
    plainly = match(tmp_path, "--output", "pairs.csv", left=left, right=right)
    assert "owner" not in plainly.stdout
    assert "level" not in (tmp_path / "pairs.csv").read_text()


def test_one_list_is_met_with_itself(tmp_path: Path) -> None:
    (tmp_path / "list.csv").write_text(
        "Company,Website,Country\nBrook Bakery Ltd,brook-bakery.com,DE\nOrchid,orchid.fr,FR\nBROOK BAKERY,www.brook-bakery.com/en,DE\n"
    )
    with contextlib.chdir(tmp_path):
        done = run_here_apart("match", "--duplicates", "list.csv", "-o", "-", **TERMINAL)
        [pair] = csv.DictReader(io.StringIO(done.stdout))
        assert (pair["left_row"], pair["right_row"], pair["decision"]) == ("1", "3", "auto")
        assert "1 pair taken for the same company: 2 of 3 accounts." in done.stderr
        for wrong in (
            ["list.csv"],
            ["list.csv", "list.csv", "--duplicates"],
            ["list.csv", "--duplicates", "--level", "same_parent"],
        ):
            assert run_here_apart("match", *wrong, **TERMINAL).returncode == 2, wrong
