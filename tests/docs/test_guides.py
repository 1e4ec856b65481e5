"""Every session that a page shows runs as it stands and prints what the page says."""

import shutil
from pathlib import Path

import pytest

from tests.docs.sessions import ROOT, blocks, run, tidy

PAGES = sorted(
    path
    for path in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")]
    if blocks(path.read_text(encoding="utf-8"))
)


@pytest.mark.skipif(shutil.which("curl") is None, reason="the sessions talk to the service with curl")
@pytest.mark.skipif(shutil.which("bash") is None, reason="the sessions are written for bash")
@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_session_of_the_page_runs_and_prints_what_the_page_says(path: Path) -> None:
    page = blocks(path.read_text(encoding="utf-8"))
    printed = run(page)
    shown = [
        (tidy(block.output), tidy(said))
        for block, said in zip(page, printed, strict=True)
        if block.output is not None
    ]
    for expected, said in shown:
        assert said == expected, f"see `python -m tests.docs.sessions {path.relative_to(ROOT)}`"
    assert shown, "a session ends in visible output"


def test_readme_shows_a_local_match_and_a_session_with_the_service() -> None:
    commands = "".join(block.commands for block in blocks((ROOT / "README.md").read_text(encoding="utf-8")))
    assert "commonground match" in commands
    assert "commonground serve" in commands
    assert "/v1/overlaps" in commands


def test_first_steps_go_all_the_way_to_the_matrix_and_the_overlaps() -> None:
    commands = "".join(
        b.commands for b in blocks((ROOT / "docs/guide/first-steps.md").read_text(encoding="utf-8"))
    )
    for step in (
        "org create",
        "partnership create",
        "/v1/imports",
        "/sharing-rules/",
        "/v1/reports/matrix",
        "/v1/overlaps",
    ):
        assert step in commands
