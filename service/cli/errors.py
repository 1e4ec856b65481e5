"""What a command says instead of a traceback."""


class CommandError(Exception):
    """One clear message and the exit code that goes with it."""

    def __init__(self, message: str, *, exit_code: int = 1) -> None:
        super().__init__(message)
        self.exit_code = exit_code


def is_spoken(error: BaseException) -> bool:
    """Whether `error` speaks for itself: a command's own, or one that a room or the settings name."""
    module = type(error).__module__
    return isinstance(error, CommandError) or (
        module.startswith("service.") and module.rpartition(".")[2] in {"errors", "settings"}
    )
