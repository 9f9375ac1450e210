"""Gives memory back to the system that a large operation took and nobody needs any more.

glibc keeps what was freed, in a heap for each thread. An engine has dozens of threads, and after
a stack of thousands of resources half of what it holds would be such leftovers.
"""

import ctypes
import gc
import os
import time
from pathlib import Path

INTERVAL = 10.0
"""Seconds between two looks; one takes milliseconds."""
GROWN = 16 << 20
"""Bytes by which a process has grown since the last time when it looks for garbage."""

_HEAPS = -8
"""What ``mallopt`` calls the number of heaps (M_ARENA_MAX)."""
_LIBC = ctypes.CDLL(None)
_STATM = Path("/proc/self/statm")


class Leftovers:
    """What the C library holds of freed memory; where it is not glibc, nothing can be done."""

    def __init__(self) -> None:
        self._next = time.monotonic() + INTERVAL
        self._held = _resident()
        if hasattr(_LIBC, "mallopt") and "MALLOC_ARENA_MAX" not in os.environ:
            _LIBC.mallopt(_HEAPS, 2)

    def give_back(self) -> None:
        """Give back what is not needed, now and then; to be called every second or so."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + INTERVAL
        if _resident() > self._held + GROWN:
            # Garbage in circles is looked for seldom, and never by a process that rests.
            gc.collect()
        if hasattr(_LIBC, "malloc_trim"):
            _LIBC.malloc_trim(0)
        self._held = _resident()


def _resident() -> int:
    """Return the bytes of memory that this process has; 0 where the system does not tell."""
    try:
        return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0
