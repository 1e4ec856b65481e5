"""Who acts: what audit entries and log lines name."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class ActorKind(StrEnum):
    API_KEY = "api_key"
    PERSON = "person"
    OPERATOR = "operator"
    """Whoever runs the server, by command."""
    SERVICE = "service"
    """The service by itself: a job, a schedule."""


@dataclass(frozen=True, slots=True)
class Actor:
    """`id` is that of the key or person; None for the operator and the service."""

    kind: ActorKind
    id: UUID | None = None


SERVICE = Actor(ActorKind.SERVICE)
OPERATOR = Actor(ActorKind.OPERATOR)
