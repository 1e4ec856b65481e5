"""A real Chromium, driven over its debugging pipe: what a page asks for, what it complains of, what it shows.

with browser() as chromium:
    page = chromium.open("http://127.0.0.1:8000/docs", width=390)
    assert page.complaints == []
    assert page.evaluate("document.title") == "…"
"""

import base64
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

PROGRAM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
DEADLINE_SECONDS = 30
_FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync", "--remote-debugging-pipe",
)  # fmt: skip

needs_chromium = pytest.mark.skipif(
    PROGRAM is None and not os.environ.get("CI"), reason="needs Chromium, which CI installs"
)


@dataclass
class Page:
    """One tab. `complaints` are errors and warnings of console, script and policy; `requests` are addresses asked for."""

    browser: "Browser"
    session: str
    complaints: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)
    loaded: bool = False

    def ask(self, method: str, **parameters: Any) -> dict[str, Any]:
        return self.browser.ask(method, session=self.session, **parameters)

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression; a promise is waited for. AssertionError if it throws."""
        answer = self.ask(
            "Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True, userGesture=True
        )
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait_for(self, expression: str) -> Any:
        """The first value of the expression that is true, looked at after each frame that the page draws."""
        return self.evaluate(
            f"(async () => {{ for (;;) {{ const found = {expression}; if (found) return found; "
            "await new Promise((resume) => requestAnimationFrame(resume)); } })()"
        )

    def picture(self, path: Path, selector: str = "html") -> None:
        """A PNG of one element, however far down it stands."""
        box = self.evaluate(
            f"(() => {{ const r = document.querySelector({json.dumps(selector)}).getBoundingClientRect();"
            "return [r.x + scrollX, r.y + scrollY, r.width, r.height]; })()"
        )
        clip = dict(zip(("x", "y", "width", "height"), box, strict=True)) | {"scale": 1}
        data = self.ask("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)["data"]
        path.write_bytes(base64.b64decode(data))

    def heard(self, method: str, parameters: dict[str, Any]) -> None:
        if method == "Page.loadEventFired":
            self.loaded = True
        elif method == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(parameters["exceptionDetails"].get("text", "exception"))
        elif method == "Runtime.consoleAPICalled" and parameters["type"] in {"error", "warning", "assert"}:
            self.complaints.append(str(parameters["args"]))
        elif method == "Log.entryAdded" and parameters["entry"]["level"] in {"error", "warning"}:
            self.complaints.append(parameters["entry"]["text"])


class Browser:
    """The program at the other end of two pipes; messages are JSON and end in NUL."""

    def __init__(self, to: int, back: int) -> None:
        self._to, self._back = to, back
        self._number, self._rest = 0, b""
        self._pages: dict[str, Page] = {}

    def open(self, url: str, *, width: int = 1280, height: int = 900, dark: bool = False) -> Page:
        """A tab of its own at `url`, loaded."""
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        session = self.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        page = self._pages[session] = Page(self, session)
        for domain in ("Page", "Runtime", "Log", "Network"):
            page.ask(f"{domain}.enable")
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        page.ask("Emulation.setEmulatedMedia", features=[scheme])
        page.ask(
            "Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600
        )  # fmt: skip
        page.ask("Page.navigate", url=url)
        while not page.loaded:
            self._hear()
        return page

    def ask(self, method: str, *, session: str | None = None, **parameters: Any) -> dict[str, Any]:
        self._number += 1
        message = {"id": self._number, "method": method, "params": parameters}
        if session is not None:
            message["sessionId"] = session
        os.write(self._to, json.dumps(message).encode() + b"\0")
        while (answer := self._hear()).get("id") != self._number:
            pass
        assert "error" not in answer, f"{method}: {answer['error']}"
        result: dict[str, Any] = answer["result"]
        return result

    def _hear(self) -> dict[str, Any]:
        """The next message; one that is no answer is told to its page."""
        while b"\0" not in self._rest:
            piece = os.read(self._back, 1 << 20)
            assert piece, "Chromium ended"
            self._rest += piece
        text, _, self._rest = self._rest.partition(b"\0")
        message: dict[str, Any] = json.loads(text)
        page = self._pages.get(message.get("sessionId", ""))
        if page is not None and "method" in message:
            page.heard(message["method"], message["params"])
        return message


@contextmanager
def browser() -> Iterator[Browser]:
    """Chromium with a profile of its own; it is gone afterwards."""
    assert PROGRAM is not None, "install Chromium"
    ours_in, theirs_out = os.pipe()
    theirs_in, ours_out = os.pipe()
    with tempfile.TemporaryDirectory(prefix="cg-chromium-", ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            # Chromium reads what it is asked from descriptor 3 and answers on 4.
            ["bash", "-c", f'exec 3<&{theirs_in} 4>&{theirs_out}; exec "$0" "$@"', PROGRAM, *_FLAGS,
             f"--user-data-dir={profile}", "about:blank"],
            pass_fds=(theirs_in, theirs_out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(theirs_in)
        os.close(theirs_out)
        try:
            yield Browser(ours_out, ours_in)
        finally:
            process.terminate()
            process.wait(DEADLINE_SECONDS)
            os.close(ours_in)
            os.close(ours_out)
