"""What the guards refuse.

GuardError
├── InvalidIdempotencyKeyError    not 1–255 printable characters, or several of them
├── IdempotencyKeyReusedError     the key came before with another request
├── RequestInProgressError        a request with the key is under way
├── AnswerLostError               the request was done before, and its answer can't be read any more
│   └── AnswerOutdatedError       … or isn't given any more, since it may tell what isn't shown now
└── RateLimitedError              the budget of this period is spent
"""


class GuardError(Exception):
    """Base of all errors of this room."""

    @property
    def headers(self) -> dict[str, str]:
        """What the answer must say beside its body."""
        return {}


class InvalidIdempotencyKeyError(GuardError):
    def __init__(self) -> None:
        super().__init__(
            "Idempotency-Key: send it once, with 1 to 255 printable ASCII characters, such as a fresh UUID."
        )


class IdempotencyKeyReusedError(GuardError):
    def __init__(self) -> None:
        super().__init__(
            "This Idempotency-Key came before with another address, query, body or caller: take a fresh key for a new request, "
            "and repeat the old one unchanged."
        )


class RequestInProgressError(GuardError):
    def __init__(self, retry_after: int) -> None:
        super().__init__(
            "A request with this Idempotency-Key is under way: repeat it after the seconds in `Retry-After` to get its answer."
        )
        self.retry_after = retry_after

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.retry_after)}


class AnswerLostError(GuardError):
    def __init__(self) -> None:
        super().__init__(
            "This request was done before, but its answer cannot be read any more: look at what it changed."
        )


class AnswerOutdatedError(AnswerLostError):
    def __init__(self) -> None:
        GuardError.__init__(
            self,
            "This request was done before, and is not done again. What is shown in the partnership has changed since, so the answer of then "
            "is not repeated: read what stands now, and take a fresh key for what is still to be done.",
        )


class RateLimitedError(GuardError):
    def __init__(self, retry_after: int, whose: str) -> None:
        super().__init__(
            f"The budget of requests of this {whose} is spent: go on after the seconds in `Retry-After`."
        )
        self.retry_after = retry_after

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self.retry_after)}
