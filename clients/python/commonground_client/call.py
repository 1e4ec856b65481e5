"""One request as a value: made by an operation, sent by either client. Nothing here does any input or output."""

import random
import re
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, Final, Generic, TypeVar, cast
from urllib.parse import quote

import httpx
from commonground_client.base import Model
from commonground_client.errors import (
    InvalidSettingError,
    NotReachedError,
    UnexpectedAnswerError,
    problem_error,
    seconds,
)
from pydantic import BaseModel, TypeAdapter, ValidationError

AnswerT_co = TypeVar("AnswerT_co", covariant=True)
Upload = bytes | str | Path | BinaryIO
"""The content of a file: its bytes, its path (`str` or `Path`), or an open binary file. Paths and files are streamed."""

PIECE: Final = 1 << 18
KEY_HEADER: Final = "Idempotency-Key"
BAD: Final = 400
_IDEMPOTENT: Final = frozenset({"GET", "PUT", "DELETE"})
_TEMPORARY: Final = frozenset({408, 425, 429, 502, 503, 504})
_UNTOUCHED: Final = frozenset({425, 429})
"""Statuses that say that nothing was done, so that whatever can be read again may be sent again."""


@dataclass(frozen=True, slots=True)
class Call(Generic[AnswerT_co]):
    """`answer` is the type of what comes; `type(None)` where nothing does. Values that are None aren't sent."""

    method: str
    path: str
    answer: type[AnswerT_co]
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, Any] = field(default_factory=dict)
    json: BaseModel | list[Any] | dict[str, Any] | None = None
    content: Upload | None = None
    media_type: str | None = None

    def sent_headers(self) -> dict[str, str]:
        """Headers of every attempt: where the operation takes a key it is one, so that the service carries it out once."""
        given = {name: plain(value) for name, value in self.headers.items() if value is not None}
        media_type = "application/json" if self.json is not None else self.media_type
        if media_type is not None:
            given["Content-Type"] = media_type
        if self._takes_key and KEY_HEADER not in given:
            given[KEY_HEADER] = str(uuid.uuid4())
        return given

    def sent_query(self) -> dict[str, str | list[str]]:
        known = {name: value for name, value in self.query.items() if value is not None}
        return {
            name: [plain(one) for one in value] if isinstance(value, (list, tuple)) else plain(value)
            for name, value in known.items()
        }

    def sent_json(self) -> bytes | None:
        """Members that were set, and no other: what is left out stays as it is."""
        if self.json is None:
            return None
        return _adapter(type(self.json)).dump_json(self.json, exclude_unset=True)

    @property
    def may_repeat(self) -> bool:
        """Whether sending it twice does no more than once."""
        return (self.method in _IDEMPOTENT or self._takes_key) and not _is_stream(self.content)

    @property
    def _takes_key(self) -> bool:
        """Whether the document names the header for this operation: the service then knows a second request by it."""
        return KEY_HEADER in self.headers

    def read(self, response: httpx.Response) -> AnswerT_co:
        """The answer of a whole response. ProblemError, UnexpectedAnswerError."""
        if response.status_code >= BAD:
            raise problem_error(response.status_code, response.content, response.headers)
        kind: Any = self.answer
        plain_kinds: dict[Any, Any] = {type(None): None, bytes: response.content, str: response.text}
        if kind in plain_kinds:
            return cast("AnswerT_co", plain_kinds[kind])
        try:
            found: AnswerT_co = _adapter(kind).validate_json(response.content)
        except ValidationError as error:
            raise UnexpectedAnswerError(
                f"{self.method} {self.path} answered {response.status_code} with something else than expected: {error}"
            ) from None
        if isinstance(found, Model):
            found._etag = response.headers.get("ETag")  # noqa: SLF001  # the one place that knows the headers
        return found


@dataclass(frozen=True, slots=True)
class Retries:
    """How often and how long to wait: `first` seconds, doubled each time up to `longest`, a random part of it off."""

    attempts: int = 4
    first: float = 0.5
    longest: float = 30.0

    def wait(self, attempt: int, asked: float | None) -> float | None:
        """Seconds before the attempt after `attempt` (from 1), or None to give up. `asked` is the service's own word."""
        if attempt >= self.attempts or (asked is not None and asked > self.longest):
            return None
        backoff: float = min(self.first * 2 ** (attempt - 1), self.longest) * random.uniform(0.5, 1)  # noqa: S311  # spreads callers, hides nothing
        return max(backoff, asked or 0)

    def after(self, call: Call[Any], attempt: int, response: httpx.Response) -> float | None:
        """As `wait`, if this response is worth another attempt."""
        status = response.status_code
        untouched = status in _UNTOUCHED and not _is_stream(call.content)
        again = untouched or (call.may_repeat and (status in _TEMPORARY or _is_running(response)))
        return self.wait(attempt, seconds(response.headers.get("Retry-After"))) if again else None

    def after_failure(self, call: Call[Any], attempt: int, error: httpx.TransportError) -> float:
        """As `wait` after no answer came. NotReachedError to give up."""
        never_sent = isinstance(error, (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout))
        pause = self.wait(attempt, None) if call.may_repeat or never_sent else None
        if pause is None or _is_stream(call.content):
            raise NotReachedError(f"{call.method} {call.path}: {error or type(error).__name__}") from error
        return pause


def base_address(given: str) -> str:
    """The address without a slash at its end. InvalidSettingError."""
    if not re.fullmatch(r"https?://[^\s/]\S*", given):
        raise InvalidSettingError(
            f"{given!r} is no address: give one such as 'https://commonground.example'."
        )
    return given.rstrip("/")


def credential(key: str | None) -> dict[str, str]:
    """The headers that show a key. InvalidSettingError, which doesn't."""
    if key is not None and not re.fullmatch(r"[!-~]+", key):
        raise InvalidSettingError(
            "The API key has characters that no key has, or none: look for a line's end in it."
        )
    return {} if key is None else {"Authorization": f"Bearer {key}"}


def path(template: str, *values: object) -> str:
    """The template with each `{}` filled; a value can't reach beyond its own part of the path."""
    return template.format(*(quote(plain(value), safe="") for value in values))


def plain(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Enum):
        return str(value.value)
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def pieces(content: Upload) -> Iterator[bytes]:
    """The content from its beginning, in pieces."""
    if isinstance(content, bytes):
        yield content
    elif isinstance(content, (str, Path)):
        with Path(content).open("rb") as file:
            yield from iter(lambda: file.read(PIECE), b"")
    else:
        yield from iter(lambda: content.read(PIECE), b"")


def size(content: Upload) -> int | None:
    """Bytes, if that is known before reading."""
    if isinstance(content, bytes):
        return len(content)
    return Path(content).stat().st_size if isinstance(content, (str, Path)) else None


def _is_stream(content: Upload | None) -> bool:
    """Whether it can be read only once: an answer may come before all of it was read, and the rest is no list."""
    return content is not None and not isinstance(content, (bytes, str, Path))


def _is_running(response: httpx.Response) -> bool:
    return response.status_code == httpx.codes.CONFLICT and "Retry-After" in response.headers


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
