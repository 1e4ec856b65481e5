"""Every session that a page shows runs as it stands and prints what the page says. How to add one: see `sessions.py`."""

import re
import shutil
from pathlib import Path

import pytest

from tests.docs.sessions import ROOT, before, blocks, run_page, tidy

PAGES = sorted(
    path
    for path in [ROOT / "README.md", *ROOT.glob("docs/**/*.md")]
    if blocks(path.read_text(encoding="utf-8"))
)
GUIDES = sorted(ROOT.glob("docs/guide/*.md"))


@pytest.mark.skipif(shutil.which("curl") is None, reason="the sessions talk to the service with curl")
@pytest.mark.skipif(shutil.which("bash") is None, reason="the sessions are written for bash")
@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_session_of_the_page_runs_and_prints_what_the_page_says(path: Path) -> None:
    page, printed = run_page(path)
    shown = [
        (tidy(block.output), tidy(said))
        for block, said in zip(page, printed, strict=True)
        if block.output is not None
    ]
    for expected, said in shown:
        assert said == expected, f"see `python -m tests.docs.sessions {path.relative_to(ROOT)}`"
    asserts = all(block.language == "python" and "assert " in block.commands for block in page)
    assert shown or asserts, "a session ends in visible output"


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.name)
def test_guide_has_no_block_that_is_not_run(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    languages = re.findall(r"^```(.*)$", text, re.MULTILINE)[::2]
    let_be = {"console"} if path.name in {"operate.md", "backup.md"} else set[str]()
    assert set(languages) <= {"bash", "python", "text"} | let_be
    assert languages.count("text") == sum(block.output is not None for block in blocks(text))


def test_every_guide_and_reference_has_a_line_in_the_index() -> None:
    index = (ROOT / "docs/README.md").read_text(encoding="utf-8")
    named = set(re.findall(r"\]\(((?:guide|reference)/[\w-]+\.md)", index))
    there = {
        str(path.relative_to(ROOT / "docs"))
        for folder in ("guide", "reference")
        for path in (ROOT / "docs" / folder).glob("*.md")
    }
    assert named == there


def test_guide_that_goes_on_from_another_gets_its_blocks_first(tmp_path: Path) -> None:
    (tmp_path / "one.md").write_text(
        "## 1. A\n```bash\nexport A=1\n```\n## 2. B\n```bash\nB=2\n```\n## 3. C\n```bash\nexit 1\n```\n"
    )
    two = tmp_path / "two.md"
    two.write_text(
        "<!-- after one.md: 1, 2 -->\n```bash\necho $A$B\n```\n\n```text\n12\n```\n"
        "```python\nimport os\nprint(os.environ['A'], \"it's\")\n```\n"
    )
    assert [block.commands for block in before(two)] == ["export A=1\n", "B=2\n"]
    own, printed = run_page(two)
    assert [tidy(said) for said in printed] == [["12"], ["1 it's"]]
    assert [block.output for block in own] == ["12\n", None]


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
