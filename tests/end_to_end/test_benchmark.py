import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).parents[2]


def test_the_benchmark_measures_every_part_and_all_ways_find_the_same_pairs(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "benchmarks.run", "--sizes", "400", "--rounds", "1", "--out", tmp_path],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=120,
    )
    [result] = [json.loads(path.read_text()) for path in tmp_path.glob("*.json")]
    measured = result["sizes"]["400"]
    assert set(measured) == {"match narrow", "match", "ours", "sql", "floor", "service", "service again"}
    by_domain = {name: measured[name]["facts"]["pairs"] for name in ("ours", "sql", "floor")}
    assert len(set(by_domain.values())) == 1
    assert by_domain["ours"] > 20
    assert measured["service"]["facts"]["pairs"] == measured["match"]["facts"]["pairs"]
    assert measured["service again"]["over_first_matching"] > 0
    [page] = tmp_path.glob("*.md")
    assert "No target applies" in page.read_text()


def test_the_benchmark_of_reads_measures_both_servers(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "benchmarks.reads", "--rows", "200", "--rounds", "1", "--seconds", "0.2", "--out", tmp_path],
        cwd=ROOT, check=True, capture_output=True, timeout=120,
    )  # fmt: skip
    [page] = tmp_path.glob("*.md")
    said = page.read_text()
    assert "50 of 200 rows" in said
    assert {"| the service", "| a bare route"} <= {line.partition(":")[0] for line in said.splitlines()}
    assert "ours / bare: **" in said


def test_the_benchmark_of_imports_measures_time_and_memory_of_both_times(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "benchmarks.imports", "--rows", "100000", "--rounds", "1", "--out", tmp_path],
        cwd=ROOT, check=True, capture_output=True, timeout=300,
    )  # fmt: skip
    [page] = tmp_path.glob("*.md")
    measured = {
        line.split("|")[1].strip(): line.split("|")[2].strip()
        for line in page.read_text().splitlines()
        if "|" in line
    }
    peak = next(value for name, value in measured.items() if name.startswith("peak memory"))
    assert 150 < float(peak.removesuffix(" MB")) < 420, "rows of a long list lie in memory more than once"
    assert float(measured["imports.run: write accounts"]) > 0


@pytest.fixture
def fresh_ground() -> Iterator[dict[str, str]]:
    """An environment whose temporary folder has a short name, for the server's socket, and no list of an earlier run."""
    with tempfile.TemporaryDirectory(prefix="cg-") as folder:
        Path(folder).chmod(0o755)
        yield os.environ | {"TMPDIR": folder}


def measured(page: str) -> dict[str, list[str]]:
    """Rows of the page's tables by their first cell."""
    rows = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in page.splitlines()
        if line.startswith("|")
    ]
    return {row[0]: row[1:] for row in rows}


def test_the_benchmarks_of_changes_and_of_the_api_beside_a_match_measure_every_job(
    tmp_path: Path, fresh_ground: dict[str, str]
) -> None:
    every = ["--rows", "400", "--rounds", "1", "--out", str(tmp_path)]
    for name, more in (("changes", ["--accounts", "20"]), ("beside", ["--seconds", "0.5"])):
        command = [sys.executable, "-m", f"benchmarks.{name}", *every, *more]
        subprocess.run(command, cwd=ROOT, env=fresh_ground, check=True, capture_output=True, timeout=240)
    [of_changes], [of_beside] = (
        [measured(path.read_text()) for path in tmp_path.glob(f"*-{name}.md")]
        for name in ("changes", "beside")
    )
    for job in ("push", "meet", "weigh", "score", "publish"):
        runs, cold, warm, wal = map(float, of_changes[f"overlaps.{job}"])
        assert runs >= 1
        assert min(cold, warm, wal) > 0
    assert float(of_changes["WAL of the change itself, MB"][0]) > 0
    assert int(of_beside["pairs"][0]) > 20
    assert int(of_beside["answers beside it, each a 200"][0]) > 0
