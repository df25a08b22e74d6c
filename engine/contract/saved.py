"""What can be seen of a run's saved states without torch; engine.training.state writes them."""

import json
import os
from pathlib import Path

from engine.contract.layout import RunDir, read_whole


def saved_step(run_dir: RunDir) -> int | None:
    """The step of the state that a run goes on from: the newest that is there whole, as far as can
    be seen without reading its tensors; None where there is none.

    Whether those are undamaged is seen by who goes on from it.
    """
    try:
        stems = [name.removesuffix(".json") for name in os.listdir(run_dir.state)]
    except OSError:
        return None
    numbers = sorted((int(stem) for stem in stems if stem.isdecimal()), reverse=True)
    steps = (_step(run_dir.state, number) for number in numbers)
    return next((step for step in steps if step is not None), None)


def _step(folder: Path, number: int) -> int | None:
    """That of one state; None of one that is not whole."""
    try:
        raw = json.loads(read_whole(folder / f"{number}.json"))
        size = (folder / f"{number}.safetensors").stat().st_size
        return raw["step"] if type(raw["step"]) is int and raw["bytes"] == size else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
