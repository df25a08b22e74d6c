"""Few-shot sampling, line for line as LM-BFF's generate_k_shot_data.py does it.

Seeded with numpy's legacy generator: the published splits were drawn with it.
"""

from collections.abc import Callable, Sequence
from typing import TypeVar

import numpy as np

from engine.errors import DataError

Record = TypeVar("Record")


def k_shot(
    records: Sequence[Record], label_of: Callable[[Record], str], k: int, seed: int
) -> tuple[list[Record], list[Record]]:
    """K training records a class and the next K for dev (LM-BFF's `k-shot` mode).

    Classes stand in order of first appearance in the shuffled records. Raises DataError if a
    class has fewer than 2 K records; LM-BFF would quietly take fewer.
    """
    shuffled = list(records)
    np.random.RandomState(seed).shuffle(shuffled)  # type: ignore[arg-type]
    groups: dict[str, list[Record]] = {}
    for record in shuffled:
        groups.setdefault(label_of(record), []).append(record)
    for label, members in groups.items():
        if len(members) < 2 * k:
            raise DataError(
                f"task.k = {k} needs {2 * k} examples a class (train and dev), but label "
                f"{label!r} has {len(members)}",
                f"set task.k to {len(members) // 2} or less",
            )
    train = [record for members in groups.values() for record in members[:k]]
    dev = [record for members in groups.values() for record in members[k : 2 * k]]
    return train, dev
