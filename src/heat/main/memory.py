"""Gives memory back to the system that a large operation took and nobody needs any more.

glibc keeps what was freed, in a heap for each thread. An engine has dozens of threads, and after
a stack of thousands of resources half of what it holds would be such leftovers.
"""

import ctypes
import os
import time

INTERVAL = 30.0
"""Seconds between two looks; one takes milliseconds."""

_HEAPS = -8
"""What ``mallopt`` calls the number of heaps (M_ARENA_MAX)."""
_LIBC = ctypes.CDLL(None)


class Leftovers:
    """What the C library holds of freed memory; where it is not glibc, nothing can be done."""

    def __init__(self) -> None:
        self._next = time.monotonic() + INTERVAL
        if hasattr(_LIBC, "mallopt") and "MALLOC_ARENA_MAX" not in os.environ:
            _LIBC.mallopt(_HEAPS, 2)

    def give_back(self) -> None:
        """Give back what is not needed, now and then; to be called every second or so."""
        if time.monotonic() < self._next:
            return
        self._next = time.monotonic() + INTERVAL
        if hasattr(_LIBC, "malloc_trim"):
            _LIBC.malloc_trim(0)
