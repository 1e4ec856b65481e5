"""Lists that are read often, answered without the framework's general way to find what a route asks for.

Their routes stand as any other: the framework documents them, and answers whatever is out of the ordinary, a missing or wrong
value say. A request in order is answered here, by the same dependencies and the same validation.
"""

import inspect
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from fastapi import Request, Response
from fastapi.dependencies.models import Dependant

from service.api.deps import brief_session, read_session
from service.api.routing import Handler, Operation
from service.db.sessions import TenantReadSession

Values = dict[str, Any]
_ODD: Final = object()
_UNCHANGING: Final = (str, int, float, type(None))
_encoder = msgspec.json.Encoder()


def answer(value: object) -> Response:
    """JSON straight from rows: the declared model says the shape, and a test holds the two together."""
    return Response(_encoder.encode(value), media_type="application/json")


class LeanOperation(Operation):
    """A `GET` that gives a finished response, depends on a reading session and functions of it, and takes what the address says."""

    def get_route_handler(self) -> Handler:
        if self.methods != {"GET"}:
            raise TypeError(f"{self.path} changes something, and such operations have more to ask")
        general, plan = super().get_route_handler(), _plan(self.dependant)

        async def handle(request: Request) -> Response:
            values = plan.values(request)
            if values is None:
                return await general(request)
            # The transaction ends before the answer begins, as it does in the general way.
            async with brief_session(request) as session:
                response: Response = await plan.run(request, session, iter(values))
            return response

        return handle


@dataclass(frozen=True, slots=True)
class Plan:
    """What a function asks for, and what those ask for that it depends on, in their order."""

    call: Callable[..., Coroutine[Any, Any, Any]]
    request: str | None
    session: str | None
    parameters: Sequence[tuple[str, str, Any, Callable[[], Any]]]
    """Name, name in the address, field, and what it is where the address doesn't say."""
    before: Sequence[tuple[str | None, "Plan"]]

    def values(self, request: Request) -> list[Values] | None:
        """The parameters of each function, in the order in which `run` calls for them; None if any is missing, wrong or there twice."""
        given = request.query_params.multi_items()
        if len({name for name, _ in given}) < len(given):
            return None
        return self._values({**dict(given), **request.path_params})

    def _values(self, given: Mapping[str, str]) -> list[Values] | None:
        own: Values = {}
        for name, alias, field, default in self.parameters:
            text = given.get(alias)
            own[name] = value = default() if text is None else _value(field, text)
            if value is _ODD:
                return None
        found = [own]
        for _, plan in self.before:
            inner = plan._values(given)  # noqa: SLF001  # a plan of the same kind
            if inner is None:
                return None
            found += inner
        return found

    async def run(self, request: Request, session: TenantReadSession, values: Iterator[Values]) -> Any:
        """Call those that it depends on, then the function itself."""
        asked: Values = next(values)
        if self.request is not None:
            asked[self.request] = request
        if self.session is not None:
            asked[self.session] = session
        for name, plan in self.before:
            result = await plan.run(request, session, values)
            if name is not None:
                asked[name] = result
        return await self.call(**asked)


def _value(field: Any, text: str) -> Any:
    value, errors = field.validate(text, {}, loc=(field.alias,))
    return _ODD if errors else value


def _default(field: Any) -> Callable[[], Any]:
    if field.field_info.is_required():
        return lambda: _ODD
    value = field.get_default()
    # what can't be changed needs no copy for each request
    return (lambda: value) if isinstance(value, _UNCHANGING) else field.get_default


def _plan(dependant: Dependant) -> Plan:
    """TypeError for a route that asks for more than this can give."""
    others = dependant.header_params, dependant.cookie_params, dependant.body_params
    special = dependant.response_param_name or dependant.background_tasks_param_name
    if dependant.call is None or any(others) or special or not inspect.iscoroutinefunction(dependant.call):
        raise TypeError(f"{dependant.call} asks for more than the address and a session")
    session = next((one.name for one in dependant.dependencies if one.call is read_session), None)
    before = [(one.name, _plan(one)) for one in dependant.dependencies if one.call is not read_session]
    parameters = [
        (field.name, field.alias, field, _default(field))
        for field in (*dependant.path_params, *dependant.query_params)
    ]
    return Plan(dependant.call, dependant.request_param_name, session, parameters, before)
