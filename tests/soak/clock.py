"""A wall clock that can be stepped, as the processes of a soak see it: `time.time` and an offset.

The offset lies in a file, so that those at work see a step at once. Monotonic time is left alone.
"""

import mmap
import os
import struct
import time
from pathlib import Path

VARIABLE = "SOAK_CLOCK"
"""Path of the file, in the environment of these processes."""


def set_offset(path: Path, seconds: float) -> None:
    """Have the clocks be so much ahead; in place, since others have mapped it."""
    with path.open("r+b" if path.exists() else "w+b") as file:
        file.write(struct.pack("d", seconds))


def install() -> None:
    """In a process of the soak: look at the clock that the soak sets."""
    with open(os.environ[VARIABLE], "rb") as file:
        offset = mmap.mmap(file.fileno(), struct.calcsize("d"), access=mmap.ACCESS_READ)
    real = time.time
    time.time = lambda: real() + struct.unpack("d", offset)[0]
