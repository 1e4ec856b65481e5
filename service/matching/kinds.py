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
