"""What can go wrong with jobs.

JobError
├── PayloadError         arguments that don't belong into a queue
├── UnknownJobError      a job under a name that nobody handles
├── DuplicateJobError    two handlers under one name
├── PermanentJobError    raised by a handler: trying again can't help
└── JobFailedError       the last attempt failed; the job is kept for inspection
"""


class JobError(Exception):
    """Base of all errors of this room."""


class PayloadError(JobError):
    """Arguments of a job are a small flat object of texts and numbers: ids, never names, keys or secrets."""


class UnknownJobError(JobError):
    """No handler is registered under this name."""


class DuplicateJobError(JobError):
    """A handler is registered under this name already."""


class PermanentJobError(JobError):
    """Raise or subclass it in a handler where another attempt can't help: the job is put aside at once."""


class JobFailedError(JobError):
    """Stands in the queue's log for the error of a handler: its kind and place, without its text."""
