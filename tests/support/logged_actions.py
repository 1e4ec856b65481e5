"""What came into the audit logs."""

from collections import Counter
from collections.abc import Awaitable, Callable

Logged = Callable[[], Awaitable[Counter[str]]]
"""Gives the actions in all logs that came since it was asked before."""
