"""Rounds → medians, ratios, targets, and a page of Markdown."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Any

from benchmarks.measure import Run

MILLION = "1000000"
IMPORT_STAGES = "imports.run"
PUSH_STAGE = "overlaps.push"
MATCH_STAGES = ("overlaps.meet", "overlaps.weigh", "overlaps.score", "overlaps.publish")
NAMES = {
    "match narrow": "`commonground match`, three columns: domain and name keys",
    "match": "`commonground match`, twelve columns: everything",
    "ours": "ours: columns → two hashes → segments stored → met → explained → pairs and events stored",
    "sql": "(a) the SQL job: COPY, normalise, index, join, store",
    "floor": "(b) the floor: normalise, hash once, join in Polars, nothing stored",
    "service": "the service: two files uploaded → both sides told",
    "service again": "the service: the same files again, one row in a hundred changed",
}


@dataclass(frozen=True)
class Target:
    """At a million rows a side: `key` of `measure` is to be at most `limit`."""

    what: str
    measure: str
    key: str
    limit: float
    unit: str


TARGETS = (
    Target("match, domain and name keys", "match narrow", "total", 12, "s"),
    Target("match, everything", "match", "total", 25, "s"),
    Target("match, peak memory", "match", "peak_gb", 2.5, "GB"),
    Target("domain keys: ours / (a) the SQL job", "ours", "over_sql", 1, "×"),
    Target("domain keys: ours / (b) the floor", "ours", "over_floor", 3, "×"),
)


def summary(runs: Mapping[str, Sequence[Run]]) -> dict[str, dict[str, Any]]:
    """Per measure the median total, stages and facts; ratios are medians of the rounds' own ratios."""
    found = {name: _median(rounds) for name, rounds in runs.items()}
    for other in ("sql", "floor"):
        if "ours" in runs and other in runs:
            both = zip(runs["ours"], runs[other], strict=True)
            found["ours"][f"over_{other}"] = median(mine.total / theirs.total for mine, theirs in both)
    if "service" in found:
        found["service"] |= _rates(found["service"])
    if "service again" in found:
        pairs = list(zip(runs["service again"], runs["service"], strict=True))
        found["service again"]["over_first"] = median(again.total / first.total for again, first in pairs)
        found["service again"]["over_first_matching"] = median(
            _matching(again) / _matching(first) for again, first in pairs
        )
    return found


def _matching(run: Run) -> float:
    """Seconds from accounts to what both sides are told."""
    return sum(run.seconds[name] for name in (PUSH_STAGE, *MATCH_STAGES))


def _median(rounds: Sequence[Run]) -> dict[str, Any]:
    facts = {name: median(run.facts[name] for run in rounds) for name in rounds[0].facts}
    found: dict[str, Any] = {
        "total": median(run.total for run in rounds),
        "totals": [round(run.total, 3) for run in rounds],
        "stages": {name: median(run.seconds[name] for run in rounds) for name in rounds[0].seconds},
        "facts": facts,
    }
    if "peak_bytes" in facts:
        found["peak_gb"] = facts["peak_bytes"] / 1e9
    return found


def _rates(service: Mapping[str, Any]) -> dict[str, float]:
    stages, facts = service["stages"], service["facts"]
    imported = sum(seconds for name, seconds in stages.items() if name.startswith(IMPORT_STAGES))
    pushed = stages[PUSH_STAGE]
    matched = sum(stages[name] for name in MATCH_STAGES)
    return {
        "rows_per_second_file_to_accounts": facts["accounts"] / imported,
        "tokens_per_second_accounts_to_segments": facts["tokens"] / pushed,
        "rows_per_second_file_to_segments": facts["accounts"] / (imported + pushed),
        "seconds_segments_to_overlaps_told": matched,
    }


def targets(sizes: Mapping[str, Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Those whose measure was taken at a million rows."""
    measured = sizes.get(MILLION, {})
    return [
        {"what": t.what, "limit": t.limit, "unit": t.unit, "value": value, "met": value <= t.limit}
        for t in TARGETS
        if (value := measured.get(t.measure, {}).get(t.key)) is not None
    ]


def markdown(result: Mapping[str, Any]) -> str:
    return (
        "\n".join(
            [
                *_head(result),
                *_targets(result["targets"]),
                *_totals(result["sizes"]),
                *_stages(result["sizes"]),
            ]
        )
        + "\n"
    )


def _head(result: Mapping[str, Any]) -> Iterator[str]:
    m, packages = result["machine"], result["machine"]["packages"]
    yield f"# Benchmark of {result['date'][:10]}\n"
    yield f"{m['cpu']}, {m['cores']} cores, {m['memory_gb']} GB, {m['system']}, Python {m['python']}, seed {result['seed']}.  "
    yield ", ".join(f"{name} {number}" for name, number in packages.items()) + ".  "
    yield "PostgreSQL: " + ", ".join(f"{name} {value}" for name, value in result["postgres"].items()) + ".  "
    yield f"Load average before {result['load_before']}, after {result['load_after']}. {result['note']}\n"


def _targets(found: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if not found:
        yield "No target applies: they are for 1,000,000 rows a side.\n"
        return
    yield "## Targets at 1,000,000 rows a side\n"
    yield "| target | at most | measured | |\n|---|---|---|---|"
    for t in found:
        verdict = "met" if t["met"] else "**missed**"
        yield f"| {t['what']} | {t['limit']:g} {t['unit']} | {t['value']:.2f} {t['unit']} | {verdict} |"
    yield ""


def _totals(sizes: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    yield "## Seconds, medians of the rounds\n"
    yield "| | " + " | ".join(f"{int(rows):,} a side" for rows in sizes) + " |\n|---|" + "---|" * len(sizes)
    for measure, name in NAMES.items():
        yield _row(name, [_cell(found.get(measure)) for found in sizes.values()])
    for key, name in (("over_sql", "ours / (a)"), ("over_floor", "ours / (b)")):
        yield _row(name, [_number(found.get("ours", {}).get(key), "×") for found in sizes.values()])
    for key, name in (
        ("rows_per_second_file_to_accounts", "service: rows/s, file → accounts"),
        ("tokens_per_second_accounts_to_segments", "service: tokens/s, accounts → segments stored"),
        ("rows_per_second_file_to_segments", "service: rows/s, file → segments stored"),
        ("seconds_segments_to_overlaps_told", "service: s, segments → overlaps told to both sides"),
    ):
        yield _row(name, [_number(found.get("service", {}).get(key), "") for found in sizes.values()])
    for key, name in (
        ("over_first", "1 % changed / first time"),
        ("over_first_matching", "1 % changed / first time, accounts → overlaps told"),
    ):
        yield _row(name, [_number(found.get("service again", {}).get(key), "×") for found in sizes.values()])
    yield ""


def _row(name: str, cells: Sequence[str]) -> str:
    return f"| {name} | " + " | ".join(cells) + " |"


def _cell(found: Mapping[str, Any] | None) -> str:
    if found is None:
        return "–"
    more = (
        f", {found['facts']['cpu_seconds']:.1f} of CPU, {found['peak_gb']:.2f} GB"
        if "peak_gb" in found
        else ""
    )
    return f"{found['total']:.2f}{more} ({found['facts']['pairs']:,.0f} pairs)"


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return "–"
    whole = 100
    return f"{value:,.0f}{unit}" if value >= whole else f"{value:.2f}{unit}"


def _stages(sizes: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    yield "## Where the time goes"
    for rows, found in sizes.items():
        for measure, name in NAMES.items():
            if measure in found and len(found[measure]["stages"]) > 1:
                total = found[measure]["total"]
                yield f"\n### {int(rows):,} a side, {name}\n\n| stage | s | share |\n|---|---|---|"
                for stage, seconds in found[measure]["stages"].items():
                    yield f"| {stage} | {seconds:.2f} | {100 * seconds / total:.0f} % |"
