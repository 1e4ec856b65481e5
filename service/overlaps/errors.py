"""What can go wrong with overlaps."""


class UnknownOverlapError(Exception):
    def __init__(self) -> None:
        super().__init__("There is no such overlap.")
