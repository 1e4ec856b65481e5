"""Reading and changing what has an `ETag`: routes ask for `ReadConditions` or `ChangeConditions`, which declare the headers too."""

from dataclasses import dataclass
from typing import Annotated, Any, Final

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel

from service.http.etags import ANY, PreconditionFailedError, check_change, is_unchanged

NOT_MODIFIED: Final[dict[int | str, dict[str, Any]]] = {
    304: {"description": "It is still what `If-None-Match` names."}
}
IfMatch = Annotated[
    str | None,
    Header(
        max_length=1000,
        description="Make the change only if the thing still has this `ETag`; `*`: only if there is one.",
    ),
]
IfNoneMatch = Annotated[
    str | None,
    Header(
        max_length=1000,
        description="Only if the thing does not have this `ETag`; `*` with a change: only if there is none.",
    ),
]


@dataclass(frozen=True, slots=True)
class Conditions:
    request: Request

    def check(self, current: str | None) -> None:
        """PreconditionFailedError unless a change may be made to what has this tag; None for nothing."""
        check_change(self.request.headers, current)

    def check_found(self) -> None:
        """PreconditionFailedError if a change was to make what turned out to be there, under another name."""
        if self.request.headers.get("if-none-match", "").strip() == ANY:
            raise PreconditionFailedError

    def answer(self, tag: str, body: BaseModel | bytes) -> Response:
        """The answer to a read: 304 where the reader has this state already. `body` may be JSON already."""
        headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
        if is_unchanged(self.request.headers, tag):
            return Response(status_code=304, headers=headers)
        content = body if isinstance(body, bytes) else body.model_dump_json()
        return Response(content, media_type="application/json", headers=headers)


# The fields are read from the request itself, since a list may come in several of them; the parameters declare them.
async def _reading(request: Request, if_none_match: IfNoneMatch = None) -> Conditions:  # noqa: ARG001
    return Conditions(request)


async def _changing(
    request: Request,
    if_match: IfMatch = None,  # noqa: ARG001
    if_none_match: IfNoneMatch = None,  # noqa: ARG001
) -> Conditions:
    return Conditions(request)


ReadConditions = Annotated[Conditions, Depends(_reading)]
ChangeConditions = Annotated[Conditions, Depends(_changing)]
