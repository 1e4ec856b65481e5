"""The queue: jobs that are added with a change, in its transaction, and run after it."""

from service.jobs.drain import drain
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
from service.jobs.worker import Worker, WorkerLimits

__all__ = [
    "Handler",
    "JobContext",
    "JobError",
    "Payload",
    "PermanentJobError",
    "Registry",
    "Worker",
    "WorkerLimits",
    "dead_letters",
    "drain",
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
