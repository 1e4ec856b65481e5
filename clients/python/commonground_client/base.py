"""What generated models are made of."""

from enum import StrEnum
from typing import Generic, Self, TypeVar

from pydantic import BaseModel, ConfigDict, PrivateAttr

ItemT = TypeVar("ItemT")


class Model(BaseModel):
    """One object of the API. Members that a newer service adds are kept and can be read by their name."""

    model_config = ConfigDict(extra="allow", frozen=True)

    _etag: str | None = PrivateAttr(default=None)

    @property
    def entity_tag(self) -> str | None:
        """The version that this was read at: give it as `if_match` to change it only if nobody else did."""
        return self._etag


class OpenEnum(StrEnum):
    """Words of the API. One that a newer service adds is kept as it came."""

    @classmethod
    def _missing_(cls, value: object) -> Self | None:
        if not isinstance(value, str):
            return None
        added = str.__new__(cls, value)
        added._name_, added._value_ = value, value
        return added


class Page(Model, Generic[ItemT]):
    """One page of a list; `next_cursor` leads to the next while `has_more` is true."""

    items: list[ItemT]
    has_more: bool
    next_cursor: str | None = None
