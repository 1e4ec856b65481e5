"""What every page has to keep to: links lead somewhere, words that promise too much don't occur, pages stay short."""

import re
from pathlib import Path

import pytest

from tests.docs.sessions import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
DECISIONS = sorted(ROOT.glob("docs/decisions/*.md"))
_FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\((?P<inline>[^)\s]+)\)|(?:src|srcset|href)=\"(?P<attribute>[^\"]+)\"")
_HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
_TOO_MUCH = re.compile(r"(?<!not )\banonym\w*|zero[- ]knowledge|impossible to reverse", re.IGNORECASE)
_MACHINE = re.compile(r"/(?:work|root|home|Users)/|\.\./shared|file://|[A-Z]:\\")


def prose(path: Path) -> str:
    return _FENCE.sub("", path.read_text(encoding="utf-8"))


def links(path: Path) -> list[str]:
    found = [match["inline"] or match["attribute"] for match in _LINK.finditer(prose(path))]
    return [link for link in found if not link.startswith(("https://", "http://", "mailto:"))]


def anchors(path: Path) -> set[str]:
    """Headings as GitHub and others make anchors of them."""
    return {
        re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in _HEADING.findall(prose(path))
    }


def broken(path: Path) -> list[str]:
    wrong = []
    for link in links(path):
        file, _, anchor = link.partition("#")
        target = (path.parent / file).resolve() if file else path
        if not target.exists() or (anchor and anchor not in anchors(target)):
            wrong.append(link)
    return wrong


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_of_the_page_lead_to_a_file_and_heading(path: Path) -> None:
    assert broken(path) == []


def test_broken_links_and_headings_are_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A title, really\n[a](nowhere.md) [b](#a-title-really) [c](#elsewhere) [d](page.md)\n")
    assert broken(page) == ["nowhere.md", "#elsewhere"]


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_page_promises_no_more_than_is_true(path: Path) -> None:
    assert _TOO_MUCH.findall(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize(
    "text", ["It is anonymous.", "anonymised data", "a Zero-Knowledge proof", "impossible to reverse"]
)
def test_words_that_promise_too_much_are_found(text: str) -> None:
    assert _TOO_MUCH.search(text)
    assert not _TOO_MUCH.search("pseudonymous, not anonymous")


@pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_page_names_no_path_of_one_machine(path: Path) -> None:
    assert _MACHINE.findall(path.read_text(encoding="utf-8")) == []


def test_readme_fits_on_a_few_screens() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 150


@pytest.mark.parametrize("path", DECISIONS, ids=lambda path: path.stem)
def test_decision_is_short_and_has_its_four_parts(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert len(text.splitlines()) <= 40
    assert text.startswith(f"# {int(path.stem[:4])}. ")
    for part in ("**Context.**", "**Decision.**", "**Consequences", "**Alternatives"):
        assert part in text


def test_decisions_are_numbered_without_gaps() -> None:
    assert [int(path.stem[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))


def test_changelog_has_the_form_of_keep_a_changelog() -> None:
    headings = re.findall(r"^##+ (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert "Added" in headings
