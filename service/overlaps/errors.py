"""What can go wrong with overlaps."""


class UnknownOverlapError(Exception):
    def __init__(self) -> None:
        super().__init__("There is no such overlap.")


class UnknownCommentError(Exception):
    def __init__(self) -> None:
        super().__init__("There is no such comment.")


class NotTheAuthorError(Exception):
    def __init__(self) -> None:
        super().__init__(
            "Only its author changes a comment, and deletes it; an admin of the author's organization deletes it too. "
            "Write a comment of your own instead."
        )


class TooManyCommentsError(Exception):
    def __init__(self, most: int) -> None:
        super().__init__(
            f"Your organization has {most} comments on this overlap, which is as many as there may be: delete some that are over."
        )


class UnknownProposalError(Exception):
    def __init__(self) -> None:
        super().__init__("There is no such proposal.")


class DecisionRefusedError(Exception):
    """What was asked about a pair can't be done as it stands."""
