"""Who stands in a sandbox, and the made-up lists that they bring."""

from importlib.resources import files
from types import MappingProxyType
from typing import Final

FICTIONAL: Final = MappingProxyType({"Larkspur Cloud": "larkspur.csv", "Tamarack Consulting": "tamarack.csv"})
"""Partner → its list."""
STARTER: Final = "starter.csv"


def made_up(name: str) -> bytes:
    """A list that ships with the service."""
    return (files(__package__) / "data" / name).read_bytes()
