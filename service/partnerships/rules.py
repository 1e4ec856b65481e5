"""Who may be partners, and what a sharing rule lets happen: pure decisions over levels, presets and population bits."""

from collections.abc import Iterable, Mapping
from typing import Protocol

from service.organizations.models import Organization
from service.partnerships.models import Preset, SharingLevel

RANK: Mapping[SharingLevel, int] = {level: rank for rank, level in enumerate(SharingLevel)}

PRESET_FIELDS: Mapping[Preset, tuple[str, ...]] = {
    Preset.MINIMAL: ("name",),
    Preset.STANDARD: ("name", "website", "country", "city", "industry", "owner"),
    Preset.FULL: (
        "name",
        "website",
        "country",
        "city",
        "industry",
        "owner",
        "employees",
        "revenue",
        "status",
    ),
}
"""Field presets, each a superset of the one before."""


class Rule(Protocol):
    """What the decisions need to know of a sharing rule."""

    @property
    def bit(self) -> int: ...
    @property
    def level(self) -> SharingLevel: ...
    @property
    def preset(self) -> Preset: ...
    @property
    def version(self) -> int: ...


def at_least(level: SharingLevel, least: SharingLevel) -> bool:
    return RANK[level] >= RANK[least]


def levels_from(least: SharingLevel) -> list[str]:
    """The levels at or above `least`, as stored."""
    return [level.value for level in SharingLevel if at_least(level, least)]


def bits_at(rules: Iterable[Rule], least: SharingLevel) -> int:
    """Population bits whose rule is at `least` or above."""
    return sum(1 << rule.bit for rule in rules if at_least(rule.level, least))


def fields_shown(rules: Iterable[Rule], populations: int) -> tuple[str, ...]:
    """Fields of an account in `populations` (bits): the widest preset among its rules at `overlapping` or above."""
    shown = [
        PRESET_FIELDS[rule.preset]
        for rule in rules
        if populations & (1 << rule.bit) and at_least(rule.level, SharingLevel.OVERLAPPING)
    ]
    return max(shown, key=len, default=())


def of_one_world(one: Organization, other: Organization) -> bool:
    """Whether both are live, or one was made up for the other's sandbox. The database refuses live and sandbox by itself."""
    if one.sandbox and other.sandbox:
        return one.fictional_for == other.id or other.fictional_for == one.id
    return not one.sandbox and not other.sandbox
