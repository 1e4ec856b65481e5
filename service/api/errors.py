"""What a request can get wrong before it reaches a room."""


class InvalidCursorError(Exception):
    def __init__(self) -> None:
        super().__init__(
            "The cursor is not one of this list: take `next_cursor` from the page before, or leave it out."
        )


class InvalidParameterError(Exception):
    """A value that fits its type and nothing else; the message names the parameter."""


class NotReadyError(Exception):
    def __init__(self, missing: list[str]) -> None:
        super().__init__(f"Not ready: {'; '.join(missing)}. The log says more.")


class DigestMismatchError(Exception):
    def __init__(self) -> None:
        super().__init__(
            "The body is not the one that `Content-Digest` announces, so nothing was kept: send it again."
        )


class MalformedJsonError(Exception):
    """The body can't be read as JSON that means one thing; the message says where and why."""


class UnsupportedMediaTypeError(Exception):
    """The body is of a kind that the route doesn't take; the message says which it takes."""


class BatchTooLargeError(Exception):
    def __init__(self, limit: int) -> None:
        super().__init__(
            f"A batch has at most {limit:,} bytes: send the records in several, or a file to /v1/imports."
        )


class SlowBatchError(Exception):
    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"The batch didn't come in whole within {seconds:g} seconds: send the records in several, or a file to /v1/imports."
        )


class BadFormError(Exception):
    """A multipart body that isn't one file; `what` is the beginning of a sentence."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what}: send a form with one file, `curl -F file=@list.csv`, or the file itself, `curl --data-binary @list.csv`."
        )
