"""What can be seen of a run's saved states without torch; engine.training.state writes them."""

import json
import os

from engine.contract.layout import RunDir, read_whole


def saved_step(run_dir: RunDir) -> int | None:
    """The step that the newest state says it is of; None where there is none that can be read.

    Whether it is whole is seen by who goes on from it.
    """
    try:
        stems = [name.removesuffix(".json") for name in os.listdir(run_dir.state)]
        newest = max(int(stem) for stem in stems if stem.isdecimal())
        step = json.loads(read_whole(run_dir.state / f"{newest}.json"))["step"]
        return step if type(step) is int else None
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
