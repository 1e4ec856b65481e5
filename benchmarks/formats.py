"""`make bench-formats`: one list in every format, read by `service.ingest`, rows a second of each.

A file is read whole by a process of its own, whose peak and that of its reader are told; the formats follow each other in
rounds, and what is told is the median of them.
"""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import polars as pl
import xlsxwriter

from benchmarks.machine import load, machine

RESULTS = Path(__file__).parent / "results"
HEADERS = (
    "Account ID", "Company", "Website", "Email", "Country", "City", "Industry", "Employees", "Annual Revenue", "Status",
    "Owner", "VAT",
)  # fmt: skip
READ = """
import json, re, resource, sys, time
from pathlib import Path
from service.ingest import open_sheet
began = time.perf_counter()
rows = sum(batch.frame.height for batch in open_sheet(Path(sys.argv[1])).batches())
seconds = time.perf_counter() - began
own = int(re.search(r"VmHWM:\\s+(\\d+) kB", Path("/proc/self/status").read_text())[1])
print(json.dumps([rows, seconds, own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss]))
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--note", default="")
    parser.add_argument("--out", type=Path, default=RESULTS)
    chosen = parser.parse_args()
    before = load()
    with tempfile.TemporaryDirectory(prefix="cg-formats-") as folder:
        files = _written(Path(folder), chosen.rows)
        runs: dict[str, list[list[float]]] = {name: [] for name in files}
        for _ in range(chosen.rounds):
            for name, path in files.items():
                runs[name].append(_read(path, chosen.rows))
        sizes = {name: path.stat().st_size for name, path in files.items()}
    page = "\n".join(_page(runs, sizes, chosen, before))
    print(page)
    chosen.out.mkdir(parents=True, exist_ok=True)
    (chosen.out / f"{datetime.now(UTC):%Y-%m-%d-%H%M}-formats.md").write_text(page + "\n", "utf-8")


def _rows(count: int) -> Iterator[Sequence[str]]:
    for n in range(count):
        domain = f"company-{n * 7919 % 1_000_003}.example"
        yield (
            f"001{n:09}", f"Company {n} Trading GmbH", f"https://www.{domain}/", f"info@{domain}", "Germany",
            f"City {n % 997}", f"Industry {n % 31}", str(n % 5_000), str(n * 131 % 9_999_999), "Customer" if n % 3 else "Prospect",
            f"Owner {n % 57}", f"DE{n:09}",
        )  # fmt: skip


def _written(folder: Path, count: int) -> dict[str, Path]:
    rows = list(_rows(count))
    writers: dict[str, Callable[[Path, Sequence[Sequence[str]]], None]] = {
        "csv": _csv, "xlsx": _xlsx, "ods": _ods, "parquet": _parquet, "ndjson": _ndjson, "json": _json,
    }  # fmt: skip
    files = {name: folder / f"list.{name}" for name in writers}
    for name, path in files.items():
        writers[name](path, rows)
    return files


def _csv(path: Path, rows: Sequence[Sequence[str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([HEADERS, *rows])


def _xlsx(path: Path, rows: Sequence[Sequence[str]]) -> None:
    with xlsxwriter.Workbook(str(path)) as book:
        sheet = book.add_worksheet()
        for at, row in enumerate([HEADERS, *rows]):
            for column, value in enumerate(row):
                sheet.write_string(at, column, value)


def _ods(path: Path, rows: Sequence[Sequence[str]]) -> None:
    from tests.support.formats import as_ods  # noqa: PLC0415  # the tests write what no library here does

    path.write_bytes(as_ods([HEADERS, *rows]))


def _parquet(path: Path, rows: Sequence[Sequence[str]]) -> None:
    pl.DataFrame(rows, schema=dict.fromkeys(HEADERS, pl.String), orient="row").write_parquet(path)


def _ndjson(path: Path, rows: Sequence[Sequence[str]]) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(dict(zip(HEADERS, row, strict=True))) + "\n" for row in rows)


def _json(path: Path, rows: Sequence[Sequence[str]]) -> None:
    path.write_text(json.dumps([dict(zip(HEADERS, row, strict=True)) for row in rows]), "utf-8")


def _read(path: Path, expected: int) -> list[float]:
    done = subprocess.run([sys.executable, "-c", READ, path], capture_output=True, text=True, check=True)
    measured: list[float] = json.loads(done.stdout)
    rows = measured.pop(0)
    if rows != expected:
        raise SystemExit(f"{path.name}: {rows} rows of {expected} were read")
    return measured


def _page(
    runs: dict[str, list[list[float]]], sizes: dict[str, int], chosen: argparse.Namespace, before: float
) -> Iterator[str]:
    found = machine()
    yield f"# Formats: {chosen.rows:,} rows of {len(HEADERS)} columns\n"
    yield f"{found['cpu']}, {found['cores']} cores, {found['memory_gb']} GB, Python {found['python']}, Polars {found['packages']['polars']}."
    yield f"Load average {before} before, {load()} after. {chosen.rounds} rounds, medians. {chosen.note}\n"
    yield "| format | MB | seconds | rows a second | peak MB | peak MB of the reader |"
    yield "|---|---|---|---|---|---|"
    for name, measured in runs.items():
        seconds, own, child = (median(column) for column in zip(*measured, strict=True))
        yield (
            f"| {name} | {sizes[name] / 1e6:.1f} | {seconds:.2f} | {chosen.rows / seconds:,.0f} | {own / 1e3:.0f} | "
            f"{child / 1e3:.0f} |"
        )


if __name__ == "__main__":
    main()
