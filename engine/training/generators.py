"""The states of all random generators of the process, to go on drawing where it left off.

What draws by a generator of its own, such as the order of rows, is told by its seed and its place.
"""

import random
from collections.abc import Mapping
from typing import Any

import numpy as np
import torch


def generators() -> dict[str, Any]:
    """Of torch (CPU, and each CUDA device that is in use), Python and NumPy."""
    version, words, gauss = random.getstate()
    kept = np.random.get_state(legacy=False)
    cuda = torch.cuda.get_rng_state_all() if _in_use() else []
    return {
        "torch": torch.get_rng_state(),
        "cuda": cuda,
        "python": [version, list(words), gauss],
        "numpy": {**kept, "state": {**kept["state"], "key": kept["state"]["key"].tolist()}},
    }


def go_on_drawing(stored: Mapping[str, Any]) -> None:
    """Put them back; of CUDA devices as many as there are now."""
    torch.set_rng_state(stored["torch"])
    there = torch.cuda.device_count() if _in_use() else 0
    for number, state in enumerate(stored["cuda"][:there]):
        torch.cuda.set_rng_state(state, number)
    version, words, gauss = stored["python"]
    random.setstate((version, tuple(words), gauss))
    state = stored["numpy"]["state"]
    key = np.array(state["key"], dtype=np.uint32)
    np.random.set_state({**stored["numpy"], "state": {**state, "key": key}})


def _in_use() -> bool:
    return bool(torch.cuda.is_initialized())  # type: ignore[no-untyped-call]
