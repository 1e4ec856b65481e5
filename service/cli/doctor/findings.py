"""What a check finds: well, to be looked at, or broken, and then how to mend it."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum

from service.cli.errors import is_spoken


class Status(StrEnum):
    OK = "ok"
    WARN = "warn"
    """Works, and should be looked at."""
    FAIL = "fail"
    """Doesn't work, or isn't safe."""


@dataclass(frozen=True, slots=True)
class Finding:
    check: str
    status: Status
    said: str
    mend: str | None = None

    def line(self) -> str:
        """One line for a person."""
        text = f"{self.status:<5} {self.check:<10} {self.said}"
        return " ".join((text if self.mend is None else f"{text} → {self.mend}").split("\n"))


def ok(check: str, said: str) -> Finding:
    return Finding(check, Status.OK, said)


def warn(check: str, said: str, mend: str) -> Finding:
    return Finding(check, Status.WARN, said, mend)


def fail(check: str, said: str, mend: str) -> Finding:
    return Finding(check, Status.FAIL, said, mend)


@contextmanager
def refused(check: str, found: list[Finding], mend: str) -> Iterator[None]:
    """An error that speaks for itself, or the system's, is a finding; any other is a fault of this program."""
    try:
        yield
    except OSError as error:
        found.append(fail(check, f"{error.filename or check}: {error.strerror or error}", mend))
    except Exception as error:
        if not is_spoken(error):
            raise
        found.append(fail(check, str(error), mend))
