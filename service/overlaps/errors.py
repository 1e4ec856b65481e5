"""What can go wrong with overlaps."""


class UnknownOverlap(Exception):
    def __init__(self) -> None:
        super().__init__("There is no such overlap.")
