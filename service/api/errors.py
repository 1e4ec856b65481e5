"""What a request can get wrong before it reaches a room."""


class InvalidCursorError(Exception):
    def __init__(self) -> None:
        super().__init__(
            "The cursor is not one of this list: take `next_cursor` from the page before, or leave it out."
        )


class InvalidParameterError(Exception):
    """A value that fits its type and nothing else; the message names the parameter."""
