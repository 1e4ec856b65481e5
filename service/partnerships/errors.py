"""What can go wrong with partnerships.

PartnershipError
├── UnknownPartnership     no such partnership of this organization
├── SamePartner            an organization can't be its own partner
├── AlreadyPartners        the two have an active partnership
├── UnknownPopulation      the organization has no population of this name
└── LevelNotOffered        `counts_only` needs the weekly frozen count, which this version doesn't have
"""


class PartnershipError(Exception):
    """Base of all errors of this room."""


class UnknownPartnership(PartnershipError):
    def __init__(self) -> None:
        super().__init__("There is no such partnership.")


class SamePartner(PartnershipError):
    def __init__(self) -> None:
        super().__init__("An organization cannot be its own partner: name two different organizations.")


class AlreadyPartners(PartnershipError):
    def __init__(self) -> None:
        super().__init__("These two organizations have an active partnership already.")


class UnknownPopulation(PartnershipError):
    def __init__(self, slug: str, known: list[str]) -> None:
        super().__init__(f"There is no population '{slug}': use one of {', '.join(known)}.")


class LevelNotOffered(PartnershipError):
    def __init__(self) -> None:
        super().__init__(
            "The level 'counts_only' is not available in this version: use 'matched' to take part and show nothing, "
            "or 'overlapping' to show common accounts."
        )
