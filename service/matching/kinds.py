"""What is hashed (`KeyKind`) and what is only compared where a key has met (`Attribute`)."""

from enum import StrEnum


class KeyKind(StrEnum):
    """A kind of match key, strongest first; the order is the order of the `rules` column."""

    REGISTRY_ID = "registry_id"
    DOMAIN = "domain"
    LINKEDIN = "linkedin"
    NAME = "name"
    NAME_WEAK = "name_weak"
    NAME_HEAD = "name_head"


class Attribute(StrEnum):
    """Evidence beside the key: public facts only, compared for equality under a key that has met."""

    DOMAIN = "domain"
    SPACED_NAME = "spaced_name"
    REGISTRY_ID = "registry_id"
    COUNTRY = "country"
    CITY = "city"
    SECTOR = "sector"
    SIZE = "size"


class Role(StrEnum):
    """Whose key a token is: the account's own, its parent's, or that of the highest company above it.

    It chooses the segment and is no part of what is hashed, so a parent's key meets the other side's own.
    """

    SELF = "self"
    PARENT = "parent"
    ULTIMATE_PARENT = "ultimate_parent"


class Level(StrEnum):
    """At which level two accounts belong together, nearest first: each with the farthest role that has to meet."""

    SAME_COMPANY = "same_company"
    SAME_PARENT = "same_parent"
    SAME_ULTIMATE_PARENT = "same_ultimate_parent"

    @property
    def rank(self) -> int:
        return _RANK[self]

    def upto(self) -> "list[Level]":
        """The levels as near as this one or nearer."""
        return list(Level)[: self.rank + 1]

    def roles(self) -> list[Role]:
        """Whose keys may meet where accounts are looked at as far as this."""
        return list(Role)[: self.rank + 1]


_RANK = {level: rank for rank, level in enumerate(Level)}


def nearer(*levels: Level) -> Level:
    """The nearest of them."""
    return min(levels, key=lambda level: level.rank)
