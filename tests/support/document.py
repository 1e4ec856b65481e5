"""The API's description, which is the same for every app."""

from functools import cache
from typing import Any

from service.api.app import build_app
from service.kit.ids import UuidV7Ids


@cache
def document() -> dict[str, Any]:
    """For an app's `openapi`: putting it together takes longer than most tests."""
    return build_app(UuidV7Ids()).openapi()
