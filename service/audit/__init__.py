"""What was done to an organization, by whom: one entry an action, chained by hashes, never changed."""

from service.audit.operations import record

__all__ = ["record"]
