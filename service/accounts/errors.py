"""What can go wrong with accounts."""


class UnknownAccountError(Exception):
    def __init__(self) -> None:
        super().__init__("There is no such account.")
