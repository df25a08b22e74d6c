"""How much memory of GPUs an attempt held: what the next of its shape needs to be let in."""

from contextlib import suppress

import torch


def peak_gpu_bytes() -> int | None:
    """The most that torch held of all GPUs together; None: it used none.

    The driver holds some hundred MB for each process beside it.
    """
    if not torch.cuda.is_initialized():  # type: ignore[no-untyped-call]
        return None
    with suppress(RuntimeError):  # a GPU that is gone
        return sum(map(torch.cuda.max_memory_reserved, range(torch.cuda.device_count())))
    return None
