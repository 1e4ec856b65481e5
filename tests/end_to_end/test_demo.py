"""`commonground demo` as a newcomer runs it, on a terminal and without one."""

import csv
import json
import os
import pty
import re
import select
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from pathlib import Path

import psutil
import pytest

from tests.support.processes import ROOT, command

SAMPLES = ROOT / "service" / "cli" / "samples"
TOTAL = re.compile(r"(\d+) pairs: (\d+) own accounts, (\d+) of the partner.s, (\d+) companies")
VOID = {"meta", "br", "circle", "rect", "link", "img", "input", "hr"}
DEADLINE_SECONDS = 90


@dataclass
class Element:
    tag: str
    attributes: dict[str, str]
    view: str | None
    """Whose column it stands in."""
    text: str = ""

    @property
    def classes(self) -> set[str]:
        return set(self.attributes.get("class", "").split())


@dataclass
class Page(HTMLParser):
    """Every element of the page with the text below it."""

    source: str
    elements: list[Element] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[Element] = []
        self.feed(self.source)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        around = self.open[-1].view if self.open else None
        element = Element(tag, attributes, attributes.get("data-view", around))
        self.elements.append(element)
        if tag not in VOID and not (self.get_starttag_text() or "").endswith("/>"):
            self.open.append(element)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element.text += data

    def names(self, view: str, kind: str) -> set[str]:
        """The companies in one side's column: its `own`, or `theirs` that the partner shows."""
        return {e.text.strip() for e in self.elements if e.view == view and kind in e.classes}


@dataclass
class Run:
    said: str
    code: int
    page: Page
    temporary: Path


@pytest.fixture
def temporary() -> Iterator[Path]:
    """A short path that everybody may enter, where the demo makes its own folder."""
    with tempfile.TemporaryDirectory(prefix="cg-demo-", ignore_cleanup_errors=True) as made:
        Path(made).chmod(0o755)
        yield Path(made)
        for process in servers(Path(made)):
            process.kill()


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """One run without a terminal, with addresses in the environment that must not be used."""
    report = tmp_path_factory.mktemp("demo") / "new" / "report.html"
    nowhere = "postgresql://commonground_app:hidden@127.0.0.1:1/none"
    with tempfile.TemporaryDirectory(prefix="cg-demo-", ignore_cleanup_errors=True) as made:
        Path(made).chmod(0o755)
        with command(
            "demo", "--report", str(report), data_dir=Path(made) / "unused",
            TMPDIR=made, CI="1", DATABASE_URL=nowhere, MATCHER_DATABASE_URL=nowhere,
        ) as process:  # fmt: skip
            said, _ = process.communicate(timeout=DEADLINE_SECONDS)
        assert process.returncode == 0, said
        yield Run(said, process.returncode, Page(report.read_text(encoding="utf-8")), Path(made))


def servers(folder: Path) -> list[psutil.Process]:
    """Database servers that run below a folder."""
    return [process for process in psutil.process_iter() if _serves(process, folder)]


def _serves(process: psutil.Process, folder: Path) -> bool:
    try:
        return "postgres" in process.name() and any(str(folder) in part for part in process.cmdline())
    except psutil.Error:
        return False


def sample(name: str, column: str) -> dict[str, str]:
    """Company → status of one of the two lists."""
    with (SAMPLES / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        status = "Account Status" if name == "brightwater" else "Status"
        return {" ".join(unescape(row[column]).split()): row[status] for row in csv.DictReader(file)}


@pytest.fixture(scope="module")
def lists() -> dict[str, dict[str, str]]:
    return {"brightwater": sample("brightwater", "Account Name"), "keystone": sample("keystone", "Firma")}


def test_without_a_terminal_it_ends_and_leaves_no_server_and_no_file(finished: Run) -> None:
    assert finished.code == 0
    assert servers(finished.temporary) == []
    assert list(finished.temporary.iterdir()) == []


def test_page_gives_both_totals_as_they_were_printed(finished: Run) -> None:
    printed = TOTAL.findall(finished.said)
    on_page = [TOTAL.findall(e.text)[0] for e in finished.page.elements if "data-total" in e.attributes]
    assert len(printed) == 2
    assert on_page == printed
    assert printed[0] != printed[1]


def test_the_side_that_is_told_more_gives_the_headline(finished: Run) -> None:
    companies = TOTAL.findall(finished.said)[0][3]
    assert f"have {companies} companies in common" in finished.said
    (heading,) = [e.text for e in finished.page.elements if e.tag == "h1"]
    assert heading == f"{companies} companies in common"


@pytest.mark.parametrize(
    "part",
    [
        "Top overlaps as Brightwater reads them",
        "For a person to review: ",
        "What Keystone can and cannot see of Brightwater's 305 accounts",
        "What Brightwater can and cannot see of Keystone's 306 accounts",
        "The webhook event that would have gone out to Keystone",
        "Of 101 true pairs in these lists",
        "Where to look next",
    ],
)
def test_terminal_tells_every_part(finished: Run, part: str) -> None:
    assert part in finished.said


def test_page_needs_nothing_but_itself(finished: Run) -> None:
    elements = finished.page.elements
    assert {"script", "link", "img", "iframe", "object", "form"}.isdisjoint(e.tag for e in elements)
    assert all(e.attributes["href"].startswith("#") for e in elements if "href" in e.attributes)
    assert not any(name in e.attributes for e in elements for name in ("src", "srcset", "action", "onclick"))
    assert re.findall(r"url\(|@import|https?://\S+\.(?:css|js|woff2?)", finished.page.source) == []


def test_page_says_its_language_and_title_and_scopes_every_header_of_a_table(finished: Run) -> None:
    by_tag = {e.tag: e for e in reversed(finished.page.elements)}
    assert by_tag["html"].attributes["lang"] == "en"
    assert "companies in common" in by_tag["title"].text
    assert all(e.attributes.get("scope") in {"row", "col"} for e in finished.page.elements if e.tag == "th")


@pytest.mark.parametrize(("view", "other"), [("brightwater", "keystone"), ("keystone", "brightwater")])
def test_column_names_only_its_own_list_and_what_the_other_shows(
    finished: Run, lists: dict[str, dict[str, str]], view: str, other: str
) -> None:
    own, shown = finished.page.names(view, "own"), finished.page.names(view, "theirs")
    assert own
    assert own <= set(lists[view])
    assert shown
    assert shown <= set(lists[other])
    said = "\n".join(e.text for e in finished.page.elements if e.attributes.get("data-view") == view)
    known = "\n".join(own | shown)
    foreign = [name for name in lists[other] if name not in known]
    assert len(foreign) > 150
    assert [name for name in foreign if re.search(rf"\b{re.escape(name)}\b", said)] == []


def test_keystone_is_told_of_no_prospect_of_brightwater(
    finished: Run, lists: dict[str, dict[str, str]]
) -> None:
    shown = finished.page.names("keystone", "theirs")
    assert {lists["brightwater"][name] for name in shown} == {"Customer", "Open Opportunity"}


def test_review_shows_one_side_nothing_of_the_others_account(finished: Run) -> None:
    reviews = [e for e in finished.page.elements if "review" in e.classes]
    assert [e.view for e in reviews] == ["brightwater", "keystone"]
    assert "Deutsche Telekom AG" in reviews[0].text
    assert "Deutsche Telekom AG" not in reviews[1].text


def test_event_has_ids_rules_and_confidence_and_no_name(finished: Run) -> None:
    event = json.loads(next(e for e in finished.page.elements if e.tag == "pre").text.split("\n(and")[0])
    assert set(event) == {"type", "timestamp", "data"}
    assert event["type"] == "overlap.created"
    assert all(set(overlap) == {"id", "rules", "confidence"} for overlap in event["data"]["overlaps"])


def test_words_promise_no_more_than_is_true(finished: Run) -> None:
    text = (finished.page.source + finished.said).lower()
    assert text.count("anonymous") == text.count("not anonymous") > 0
    assert "zero-knowledge" not in text
    assert "cg_live_" not in text


def test_place_that_cannot_be_written_is_one_message_and_starts_nothing(temporary: Path) -> None:
    (temporary / "file").write_text("")
    with command(
        "demo",
        "--report",
        str(temporary / "file" / "report.html"),
        data_dir=temporary,
        TMPDIR=str(temporary),
        CI="1",
    ) as process:
        said, _ = process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 1
    assert said.startswith("commonground: Can't write ")
    assert "Traceback" not in said


def test_ended_before_it_is_through_says_so_and_leaves_no_server(temporary: Path) -> None:
    report = temporary / "report.html"
    with command(
        "demo", "--report", str(report), data_dir=temporary, TMPDIR=str(temporary), CI="1"
    ) as process:
        while not servers(temporary):
            assert process.poll() is None
            time.sleep(0.05)  # looking through every process takes long itself
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=DEADLINE_SECONDS)
    assert process.returncode == 130
    assert servers(temporary) == []
    assert not report.exists()


def test_on_a_terminal_the_printed_curl_line_works_until_ctrl_c(temporary: Path) -> None:
    process, screen = on_terminal(temporary)
    try:
        line = read_until(screen, re.compile(r"curl -s '([^']+)' -H 'Authorization: (Bearer cg_live_\w+)'"))
        request = urllib.request.Request(line[1], headers={"Authorization": line[2]})  # noqa: S310 - our own address
        with urllib.request.urlopen(request) as answer:  # noqa: S310
            overlaps = json.load(answer)["items"]
        assert [overlap["status"] for overlap in overlaps] == ["auto"] * 3
        os.write(screen, b"\x03")
        read_until(screen, re.compile("The service has ended"))
        assert process.wait(DEADLINE_SECONDS) == 0
    finally:
        process.kill()
        process.wait()
        os.close(screen)
    assert servers(temporary) == []


def on_terminal(temporary: Path) -> tuple[subprocess.Popen[bytes], int]:
    """Run the demo with a terminal of its own; give the process and the terminal's other end."""
    screen, terminal = pty.openpty()
    environment = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    program = (
        "import fcntl, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); from service.cli import main; main()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", program, "demo", "--report", str(temporary / "report.html")],
        cwd=ROOT,
        env=environment | {"TMPDIR": str(temporary), "TERM": "xterm"},
        stdin=terminal,
        stdout=terminal,
        stderr=terminal,
        start_new_session=True,  # so that the terminal's Ctrl-C reaches it and nothing else
    )
    os.close(terminal)
    return process, screen


def read_until(screen: int, pattern: re.Pattern[str]) -> re.Match[str]:
    """Read what appears on the terminal up to `pattern`."""
    said, end = "", time.monotonic() + DEADLINE_SECONDS
    while (found := pattern.search(said)) is None:
        assert select.select([screen], [], [], max(0.0, end - time.monotonic()))[0], said
        said += os.read(screen, 65536).decode(errors="replace")
    return found
