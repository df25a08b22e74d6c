"""How much memory an attempt holds, and the most that it held: what the next of its shape needs to
be let in.
"""

import os
import resource
import sys
from contextlib import suppress

_UNIT = 1 if sys.platform == "darwin" else 1024


def peak_bytes() -> int:
    """The most memory of the host that this process held, what it shares with a warm engine that it
    was forked from included: a cold one would hold as much.
    """
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT


def held_gb() -> dict[str, float]:
    """What this process holds just now, as metrics, in GB: of the host, and of all GPUs together
    what torch holds, where it uses any. Takes some 20 us.
    """
    held = {"host/memory_gb": _held_bytes() / 1e9}
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_initialized():
        with suppress(RuntimeError):  # a GPU that is gone
            reserved = sum(map(torch.cuda.memory_reserved, range(torch.cuda.device_count())))
            held["gpu/memory_gb"] = reserved / 1e9
    return {name: round(value, 4) for name, value in held.items()}


def _held_bytes() -> int:
    try:
        with open("/proc/self/statm", "rb") as file:
            return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:  # no Linux: nothing as cheap tells of now
        return peak_bytes()


def peak_gpu_bytes() -> int | None:
    """The most that torch held of all GPUs together; None: it used none.

    The driver holds some hundred MB for each process beside it.
    """
    import torch  # here: a run may fail before it has needed that

    if not torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        return None
    with suppress(RuntimeError):  # a GPU that is gone
        return sum(map(torch.cuda.max_memory_reserved, range(torch.cuda.device_count())))
    return None
