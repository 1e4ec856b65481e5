"""One line an event, as JSON for machines; what is bound stands in each."""

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from service.kit.logging import configure_logging
from tests.support.logs import restored_logging


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    with restored_logging():
        yield io.StringIO()


def test_own_and_libraries_lines_are_json_with_what_is_bound(stream: io.StringIO) -> None:
    configure_logging(json=True, stream=stream)
    with structlog.contextvars.bound_contextvars(request_id="r1"):
        structlog.get_logger("service.test").info("matched", pairs=3)
        logging.getLogger("uvicorn.error").warning("said %s", "so")
    own, foreign = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert own["event"] == "matched"
    assert (own["pairs"], own["request_id"], own["level"], own["logger"]) == (3, "r1", "info", "service.test")
    assert (foreign["event"], foreign["request_id"], foreign["level"]) == ("said so", "r1", "warning")
    assert own["timestamp"].endswith("Z")


def test_below_the_level_nothing_is_said(stream: io.StringIO) -> None:
    configure_logging(json=True, level="warning", stream=stream)
    structlog.get_logger("service.test").info("quiet")
    assert stream.getvalue() == ""


def test_for_a_person_a_line_is_plain_text_without_colours_in_a_file(stream: io.StringIO) -> None:
    configure_logging(json=False, stream=stream)
    structlog.get_logger("service.test").info("matched", pairs=3)
    assert "matched" in stream.getvalue()
    assert "pairs=3" in stream.getvalue()
    assert "\x1b" not in stream.getvalue()


def test_everyday_talk_of_libraries_is_left_out(stream: io.StringIO) -> None:
    configure_logging(json=True, level="debug", stream=stream)
    logging.getLogger("sqlalchemy.engine").info("SELECT 1")
    assert stream.getvalue() == ""


@pytest.mark.parametrize("json_", [True, False])
def test_an_exception_is_told_by_kind_and_place_and_never_by_its_text_or_locals(
    stream: io.StringIO, *, json_: bool
) -> None:
    configure_logging(json=json_, stream=stream)
    secret = "cg_live_secret"
    try:
        int(secret)
    except ValueError as error:
        structlog.get_logger("service.test").error("own", exc_info=error)
        logging.getLogger("uvicorn.error").exception("foreign")
    assert secret not in stream.getvalue()
    assert stream.getvalue().count("ValueError") == 2
    assert "test_logging.py" in stream.getvalue()


class Full(io.StringIO):
    def write(self, _text: str) -> int:
        raise OSError(28, "No space left on device")


def test_a_line_that_cannot_be_written_is_lost_and_fails_nobody(stream: io.StringIO) -> None:
    full = Full()
    configure_logging(json=True, stream=full)
    structlog.get_logger("service.test").error("told", why="nobody hears it")
    assert full.getvalue() == ""


def test_half_a_character_in_a_value_is_told_as_it_is(stream: io.StringIO) -> None:
    configure_logging(json=True, stream=stream)
    structlog.get_logger("service.test").info("said", by="\ud800")
    assert json.loads(stream.getvalue())["by"] == "\ud800"
