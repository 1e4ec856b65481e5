"""What can go wrong with accounts and what is kept at them."""


class UnknownAccountError(Exception):
    def __init__(self) -> None:
        super().__init__("There is no such account.")


class UnknownContactError(Exception):
    def __init__(self) -> None:
        super().__init__("There is no such contact.")


class UnknownOpportunityError(Exception):
    def __init__(self) -> None:
        super().__init__("There is no such opportunity.")
