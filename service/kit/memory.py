"""Memory that was used once goes back to the system, so that a long list doesn't leave a process large for good."""

import ctypes
import os
import sys
from contextlib import suppress
from typing import Final

_POLARS: Final = "_RJEM_MALLOC_CONF"
"""Read by Polars when it is imported, which hands it to its allocator (jemalloc) behind settings of its own."""
_GIVE_BACK: Final = "dirty_decay_ms:0,muzzy_decay_ms:0"
_MMAP_THRESHOLD: Final = -3
"""`M_MMAP_THRESHOLD` of mallopt(3)."""
_LARGE: Final = 1 << 20
"""Arrays from this size on are mapped by themselves: the C library would raise its own threshold with each that is freed."""


def give_back_memory() -> None:
    """To be called before Polars is imported, by processes that live long; a setting of the operator's own stands."""
    os.environ.setdefault(_POLARS, _GIVE_BACK)
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library than glibc
            ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, _LARGE)
