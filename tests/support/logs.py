"""What the service logs while tests run."""

import io
import logging
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from service.kit.logging import configure_logging


def log_plainly() -> None:
    """structlog's own defaults, but for errors, which it draws with all their locals: seconds for each."""
    structlog.reset_defaults()
    *before, _ = structlog.get_config()["processors"]
    ending = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[*before, ending])


@contextmanager
def restored_logging() -> Iterator[None]:
    """Whatever is configured in the block is as it was behind it."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    try:
        yield
    finally:
        root.handlers[:] = before
        root.setLevel(level)
        log_plainly()


@contextmanager
def logged(level: str = "debug") -> Iterator[io.StringIO]:
    """The lines, as JSON, that the service writes in the block."""
    stream = io.StringIO()
    with restored_logging():
        configure_logging(json=True, level=level, stream=stream)
        yield stream
