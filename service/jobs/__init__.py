"""The queue: jobs that are added with a change, in its transaction, and run after it.

What runs them, `service.jobs.worker` and `service.jobs.drain`, brings the queue library; adding a job doesn't.
"""

from service.jobs.errors import JobError, PermanentJobError
from service.jobs.queue import (
    Payload,
    dead_letters,
    enqueue,
    forget,
    forget_failed,
    is_busy,
    is_given_up,
    is_live,
    live_payloads,
    revive,
    states_naming,
)
from service.jobs.registry import Handler, JobContext, Registry

__all__ = [
    "Handler",
    "JobContext",
    "JobError",
    "Payload",
    "PermanentJobError",
    "Registry",
    "dead_letters",
    "enqueue",
    "forget",
    "forget_failed",
    "is_busy",
    "is_given_up",
    "is_live",
    "live_payloads",
    "revive",
    "states_naming",
]
