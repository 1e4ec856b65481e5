"""A number is a number in every body, and a truth value one: `"5"` for 5 and 0 for false are refused, as the document says."""

from collections.abc import Iterator
from typing import Annotated, Any, get_args, get_origin

from fastapi.routing import APIRoute
from pydantic import BaseModel

from service.api.v1 import routes

SCALARS = (bool, int, float)


def lax(annotation: Any, metadata: tuple[Any, ...], place: str) -> Iterator[str]:
    """Scalars below a model's member that take other types for theirs."""
    if get_origin(annotation) is Annotated:
        inner, *more = get_args(annotation)
        yield from lax(inner, (*metadata, *more), place)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        for name, member in annotation.model_fields.items():
            yield from lax(member.annotation, tuple(member.metadata), f"{place}.{name}")
    elif annotation in SCALARS and not any(getattr(one, "strict", False) for one in metadata):
        yield place
    else:
        for inner in get_args(annotation):
            yield from lax(inner, metadata, place)


def test_every_scalar_of_every_body_is_strict() -> None:
    bodies = [
        (route.operation_id, route.body_field.field_info)
        for route in routes()
        if isinstance(route, APIRoute) and route.body_field is not None
    ]
    assert len(bodies) > 20
    assert [
        one for name, body in bodies for one in lax(body.annotation, tuple(body.metadata), str(name))
    ] == []
