"""What can go wrong with the audit log.

AuditError
├── UnfitEntryError        what was to be recorded is no action's name, or could be personal data
├── BrokenChainError       an entry was changed, removed, moved or put in between
├── CheckpointError        the chain is not the one that a checkpoint was signed for
└── CheckpointFileError    a file is no checkpoint, or its signature isn't the service's
"""


class AuditError(Exception):
    """Base of all errors of this room."""


class UnfitEntryError(AuditError):
    """A mistake of the code that records: the message names the part, never its value."""


class BrokenChainError(AuditError):
    """The message names the first bad entry."""

    def __init__(self, org: str, number: int, why: str) -> None:
        super().__init__(f"The audit log of {org} is broken at entry {number}: {why}")
        self.number = number


class CheckpointError(AuditError):
    """The entries that a checkpoint was signed for are no longer those of the log."""


class CheckpointFileError(AuditError):
    """The checkpoint itself can't be trusted."""
