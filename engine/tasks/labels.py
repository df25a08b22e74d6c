"""Labels: from what a file has in its label column to a label of the catalog, or a score.

Owns the ways in which one label may be written. Refuses, by row, what is none of the task's.
"""

import json
import re

from engine.contract.catalog import TaskSpec
from engine.errors import DataError

UNLABELLED = ("-", "-1", "-1.0", "")
"""Where annotators did not agree (SNLI), or labels are kept back."""


def read_label(value: object, spec: TaskSpec, where: str) -> str | None:
    """The label as the catalog writes it, or a score; None where there is none."""
    written = written_as(value).strip()
    label = written if spec.bounds else _named(written, spec)
    if written in UNLABELLED and label not in spec.labels:
        return None
    if label is None:
        raise DataError(
            f"{where} has the label {written[:80]!r}, but the labels of {spec.name} are "
            f"{', '.join(spec.labels)}",
            "check that the file is this task's, and the `label` and `header` of its block: with "
            "header = true the first line is titles",
        )
    if spec.bounds:
        _check_score(label, spec.bounds, f"{where} has the score {label[:80]!r}", spec.name)
    return label


def _named(written: str, spec: TaskSpec) -> str | None:
    """The task's label that is written so: `1.0` is 1, and `True` is true."""
    if written in spec.labels:
        return written
    same = [label for label in spec.labels if _plain(label) == _plain(written)]
    return same[0] if len(same) == 1 else None


def _plain(label: str) -> str:
    if label.lower() in ("true", "false"):
        return label.lower()
    whole = re.fullmatch(r"(-?\d+)\.0+", label)
    return whole[1] if whole else label


def _check_score(score: str, bounds: tuple[float, float], what: str, name: str) -> None:
    try:
        value = float(score)
    except ValueError:
        raise DataError(
            f"{what}, which is no number", "check that the file is this task's"
        ) from None
    if not bounds[0] <= value <= bounds[1]:
        raise DataError(
            f"{what}, but {name} goes from {bounds[0]:g} to {bounds[1]:g}",
            "check that the file is this task's",
        )


def written_as(value: object) -> str:
    """A value of JSON as JSON has it; a text without its quotes."""
    return value if isinstance(value, str) else json.dumps(value, default=str)
