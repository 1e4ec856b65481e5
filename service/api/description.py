"""What the OpenAPI document says beyond the routes themselves: what resources are for, and which scope an operation needs."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute

from service.api.deps import SECURITY_SCHEMES

TAGS: Final[Mapping[str, str]] = {
    "organizations": "Your organization: the tenant that the API key belongs to.",
    "imports": "Bring a list of accounts, contacts or opportunities, and see what became of it row by row.",
    "accounts": "The companies in your own list. Nobody else sees them but as your sharing rules say.",
    "lookup": "One company: your own accounts of it, and what your partners show of theirs.",
    "contacts": "The people at those companies. Who they are is stored sealed, and erased for good when asked.",
    "opportunities": "Your own deals at those companies, with the stages that each was in.",
    "populations": "The segments of your list that sharing rules speak of.",
    "invitations": "How a partnership begins: offered by one side, accepted by the other, who sees first who asks.",
    "partnerships": "Whom you are linked with, and what each side lets the other see.",
    "overlaps": "The companies in common, as far as the partner shows them, each explained term by term.",
    "reports": "Counts that reconcile on both sides, and how good your own list is.",
    "sandbox": "An organization to try things out in, with fictional partners; only `cg_test_` keys open it.",
    "API keys": "What programs show instead of a password, each with scopes of its own.",
    "members": "The people of your organization, their roles, and those who are invited.",
    "audit log": "Who did what that mattered, in a chain that shows a later change.",
    "sign-up": "How an organization comes to be with its first admin.",
    "sessions": "Signing in and out, and the browsers in which one is signed in.",
    "person": "Yourself: name, address, password.",
    "second factor": "A code from your telephone beside the password.",
    "health": "For whoever runs the service.",
}
"""In the order in which a reader meets them; a resource without a line here comes after those."""

_SCOPE: Final = "x-required-scope"
"""Several are parted by spaces, as in OAuth."""


def describe(app: FastAPI) -> None:
    """Have the document of `app` name each operation's scope and credentials, as the routes' dependencies ask for them."""
    plain = app.openapi

    def openapi() -> dict[str, Any]:
        document = plain()
        document["components"]["securitySchemes"] = SECURITY_SCHEMES
        asked = {
            route.operation_id: dict(_asked(route.dependant))
            for route in app.routes
            if isinstance(route, APIRoute)
        }
        for methods in document["paths"].values():
            for operation in methods.values():
                operation.update(asked[operation["operationId"]])
        return document

    app.openapi = openapi  # type: ignore[method-assign]  # the way that FastAPI documents


def _asked(dependant: Dependant) -> Iterator[tuple[str, Any]]:
    for dependency in dependant.dependencies:
        scope = getattr(dependency.call, "required_scope", None)
        if scope is not None:
            yield _SCOPE, str(scope)
        security = getattr(dependency.call, "security", None)
        if security is not None:
            yield "security", [{name: []} for name in security]
        yield from _asked(dependency)
