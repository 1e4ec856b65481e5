import json
import subprocess
import sys
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
