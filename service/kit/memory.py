"""How processes that live long use the machine: memory goes back to the system, a core is left to others, garbage is searched for where it is."""

import ctypes
import gc
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
_THREADS: Final = "POLARS_MAX_THREADS"
"""Read by Polars when it is imported, too."""
_BEHIND: Final = 10
"""Of the 19 steps by which a process can stand back."""
_YOUNG: Final = 10_000
"""New objects between two searches of the newest; a page of a list makes hundreds."""


def give_back_memory() -> None:
    """To be called before Polars is imported, by processes that live long; a setting of the operator's own stands.

    Polars leaves one core to whoever asks meanwhile: a match of two lists of a million took no longer for it, since the database
    works beside it, and requests beside it waited a third less.
    """
    os.environ.setdefault(_POLARS, _GIVE_BACK)
    os.environ.setdefault(_THREADS, str(max(1, _cores() - 1)))
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):  # another C library than glibc
            ctypes.CDLL(None).mallopt(_MMAP_THRESHOLD, _LARGE)


def stand_back() -> None:
    """Let processes that answer somebody go first on the cores; for one that only works."""
    if sys.platform != "win32":
        os.nice(_BEHIND)


def _cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def leave_out_of_collections() -> None:
    """Leave what stands by now, modules and routes for the most part, out of every later search for garbage; and search less often.

    A search of everything takes a tenth of a second, in which a process answers nobody: it was most of the slowest answers' time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, *gc.get_threshold()[1:])
