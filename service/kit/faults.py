"""An error as logs may tell it: kind and place. Its text may quote what a row or a request holds."""

import traceback
from pathlib import Path

_PARTS = 3


def describe(error: BaseException) -> str:
    """The kind of `error` and where it was raised, without its text."""
    found = places(error)
    return f"{type(error).__name__} at {found[-1]}" if found else type(error).__name__


def places(error: BaseException) -> list[str]:
    """`file:line function` of every frame, outermost first."""
    frames = traceback.extract_tb(error.__traceback__)
    return [
        f"{'/'.join(Path(frame.filename).parts[-_PARTS:])}:{frame.lineno} {frame.name}" for frame in frames
    ]
