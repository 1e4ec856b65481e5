"""The name of the normaliser: its rules and the suffix list it was built with.

Both sides of a partnership must agree on it, because other rules or another list make other keys.
"""

from importlib.metadata import version

RULES_VERSION = "n2"
"""Raise it whenever a rule or a table under `data/` changes a key or a piece of evidence."""

NORMALISER_VERSION = f"{RULES_VERSION}.psl{version('publicsuffixlist').rsplit('.', 1)[-1]}"
"""For example `n2.psl20261023`; the date is the release of the pinned `publicsuffixlist`."""
