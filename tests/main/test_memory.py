"""What an engine gives back of the memory that it does not need any more."""

import subprocess
import sys

import pytest

PROGRAM = """
import ctypes, sys
from heat.main import memory
memory.INTERVAL = 0.0
leftovers = memory.Leftovers()
def held():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * 4096 >> 20
before = held()
blocks = [bytearray(60_000) for _ in range(2_000)]  # too small for glibc to give back by itself
kept = bytearray(60_000)
taken = held() - before
blocks.clear()
leftovers.give_back()
print(taken, held() - before)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc can be told")
def test_memory_that_was_freed_goes_back_to_the_system():
    ran = subprocess.run(
        [sys.executable, "-c", PROGRAM], capture_output=True, text=True, check=True, timeout=60
    )
    taken, left = map(int, ran.stdout.split())
    assert taken > 100
    assert left < 20
