"""Few-shot sampling, line for line as LM-BFF's generate_k_shot_data.py does it.

Seeded with numpy's legacy generator: the published splits were drawn with it. Takes what there
is: whether a class is too small is for the caller to judge.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np

Record = TypeVar("Record")


@dataclass(frozen=True, slots=True)
class Sample(Generic[Record]):
    """Training and dev records, class by class in order of first appearance once shuffled."""

    train: list[Record]
    dev: list[Record]
    short: dict[str, int]
    """Label -> how many records it had, where that was fewer than asked."""


def k_shot(
    records: Sequence[Record],
    label_of: Callable[[Record], str | None],
    k: int,
    seed: int,
    dev_ratio: int = 1,
) -> Sample[Record]:
    """The first `k` shuffled records of each class for train, the next `dev_ratio` k for dev.

    A record whose label is None is shuffled with the others and belongs to no class.
    """
    shuffled = list(records)
    np.random.RandomState(seed).shuffle(shuffled)  # type: ignore[arg-type]
    groups: dict[str, list[Record]] = {}
    for record in shuffled:
        label = label_of(record)
        if label is not None:
            groups.setdefault(label, []).append(record)
    last = k + dev_ratio * k
    return Sample(
        train=[record for members in groups.values() for record in members[:k]],
        dev=[record for members in groups.values() for record in members[k:last]],
        short={label: len(members) for label, members in groups.items() if len(members) < last},
    )
