"""How much memory an attempt held: what the next of its shape needs to be let in."""

import resource
import sys
from contextlib import suppress

_UNIT = 1 if sys.platform == "darwin" else 1024


def peak_bytes() -> int:
    """The most memory of the host that this process held, what it shares with a warm engine that it
    was forked from included: a cold one would hold as much.
    """
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _UNIT


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
