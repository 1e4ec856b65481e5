"""What can go wrong with partnerships.

PartnershipError
├── UnknownPartnershipError     no such partnership of this organization
├── UnknownSharingRuleError     nothing was ever said of this population
├── SamePartnerError            an organization can't be its own partner
├── AlreadyPartnersError        the two have a partnership that hasn't ended
├── DifferentWorldsError        one is a sandbox and the other isn't in it
├── UnknownPopulationError      the organization has no population of this name
├── PartnershipEndedError       nothing of it is there any more
├── PartnershipPausedError      its keys aren't rotated, and nothing is matched, while it rests
├── RotatedLatelyError          keys are rotated once a day at most
├── EpochGoneError              the secrets of an epoch are deleted: what was begun under it is void
└── LevelNotOfferedError        `counts_only` needs the weekly frozen count, which this version doesn't have
"""

from datetime import datetime


class PartnershipError(Exception):
    """Base of all errors of this room."""


class UnknownPartnershipError(PartnershipError):
    def __init__(self) -> None:
        super().__init__("There is no such partnership.")


class UnknownSharingRuleError(PartnershipError):
    def __init__(self) -> None:
        super().__init__("There is no rule for this population: it is hidden.")


class SamePartnerError(PartnershipError):
    def __init__(self) -> None:
        super().__init__("An organization cannot be its own partner: name two different organizations.")


class AlreadyPartnersError(PartnershipError):
    def __init__(self) -> None:
        super().__init__("These two organizations have a partnership already, which has not ended.")


class DifferentWorldsError(PartnershipError):
    def __init__(self) -> None:
        super().__init__(
            "A sandbox has partnerships with its own fictional partners only, and never with a live organization: "
            "name two live organizations."
        )


class UnknownPopulationError(PartnershipError):
    def __init__(self, slug: str, known: list[str]) -> None:
        super().__init__(f"There is no population '{slug}': use one of {', '.join(known)}.")


class LevelNotOfferedError(PartnershipError):
    def __init__(self) -> None:
        super().__init__(
            "The level 'counts_only' is not available in this version: use 'matched' to take part and show nothing, "
            "or 'overlapping' to show common accounts."
        )


class PartnershipEndedError(PartnershipError):
    def __init__(self) -> None:
        super().__init__(
            "The partnership has ended: nothing of it is there any more, and nothing can be shared in it."
        )


class PartnershipPausedError(PartnershipError):
    def __init__(self) -> None:
        super().__init__(
            "The partnership is paused: nothing is matched or shown in it, and its keys are not rotated, before it is resumed."
        )


class RotatedLatelyError(PartnershipError):
    def __init__(self, epoch: int, since: datetime, again_from: datetime) -> None:
        super().__init__(
            f"The partnership's keys were rotated at {since:%Y-%m-%d %H:%M} UTC, to epoch {epoch}: they are rotated once a day at "
            f"most. Ask again from {again_from:%Y-%m-%d %H:%M} UTC on."
        )


class EpochGoneError(PartnershipError):
    def __init__(self, name: str) -> None:
        super().__init__(
            f"The keystore has no secret {name}: its epoch has ended, or the keystore was restored from a copy. The worker opens "
            "the next epoch where the present one lacks its secrets."
        )
