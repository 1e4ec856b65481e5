"""What can go wrong with accounts and what is kept at them."""

from collections.abc import Iterable
from datetime import datetime

from service.accounts.models import PopulationKind


class UnknownRecordError(Exception):
    """There is no such thing of this organization."""


class UnknownAccountError(UnknownRecordError):
    def __init__(self) -> None:
        super().__init__("There is no such account.")


class UnknownDuplicateError(UnknownRecordError):
    def __init__(self) -> None:
        super().__init__("There is no such group of duplicates.")


class NotInGroupError(Exception):
    def __init__(self) -> None:
        super().__init__(
            "account_id, accounts: name two or more accounts of the group, the one that is to be left among them; "
            "the group says which there are."
        )


class ForgottenMomentError(Exception):
    def __init__(self, earliest: datetime) -> None:
        super().__init__(
            f"as_of: what the list was before {earliest:%Y-%m-%dT%H:%M:%S.%fZ} is no longer known: it is remembered for 90 days, and for "
            "the last ten files. Ask for that moment or a later one."
        )


class UnknownContactError(UnknownRecordError):
    def __init__(self) -> None:
        super().__init__("There is no such contact.")


class UnknownOpportunityError(UnknownRecordError):
    def __init__(self) -> None:
        super().__init__("There is no such opportunity.")


class InvalidFilterError(Exception):
    """`where` is the place in the filter, such as `filter.all[1].value`."""

    def __init__(self, where: str, message: str) -> None:
        super().__init__(f"{where}: {message}")


class NoSuchPopulationError(UnknownRecordError):
    def __init__(self) -> None:
        super().__init__("There is no such population.")


class StandardPopulationError(Exception):
    def __init__(self, slug: str) -> None:
        super().__init__(
            f"'{slug}' is one of the standard populations: imports say who belongs to it, and it can't be changed or removed."
        )


class PopulationKindError(Exception):
    """What was asked goes with populations of another kind."""

    def __init__(self, slug: str, kind: PopulationKind) -> None:
        said = {
            PopulationKind.STANDARD: "is one of the standard populations: imports say who belongs to it. Make a list of your own to add and remove accounts.",
            PopulationKind.FILTER: "follows its filter, and accounts join and leave it by that alone: change the filter, or make a list.",
            PopulationKind.LIST: "is a list and has no filter: add and remove its accounts, or make another population with the filter.",
        }
        super().__init__(f"The population '{slug}' {said[kind]}")


class PopulationExistsError(Exception):
    def __init__(self, slug: str) -> None:
        super().__init__(f"There is a population '{slug}' already: choose another name or slug.")


class TooManyPopulationsError(Exception):
    def __init__(self, most: int) -> None:
        super().__init__(f"There are {most} populations besides the standard ones already: remove one first.")


class PopulationsClearedError(TooManyPopulationsError):
    """One that was removed leaves its bit to another shortly."""

    def __init__(self) -> None:
        Exception.__init__(
            self,
            "Every population that there may be is taken, but one that was removed is being cleared: try again shortly.",
        )


class AttributesChangedError(Exception):
    def __init__(self, keys: Iterable[str]) -> None:
        super().__init__(
            f"What these attributes are was changed while the records came in: {', '.join(keys)}. Nothing was stored: send them again."
        )


class UnknownAttributeError(UnknownRecordError):
    def __init__(self) -> None:
        super().__init__("There is no such attribute.")
