"""What can go wrong with accounts."""


class UnknownAccount(Exception):
    def __init__(self) -> None:
        super().__init__("There is no such account.")
