"""What a score is of, in one word. Standard library only.

Owns how subject, stage and labels, all open, become the word that tables, exports and comparisons
know a set of weights by.
"""

import math
from collections.abc import Mapping
from typing import Any

MODEL = "model"
"""The subject of a run that scores one model."""

Labels = Mapping[str, str | float]


def sparsity_of(labels: Labels) -> float | None:
    """What a graft was asked for; None for whole models."""
    value = labels.get("sparsity")
    return value if isinstance(value, float) else None


def labels_of(raw: Any) -> dict[str, str | float]:
    """The labels in what was read from a file. Raises ValueError for what is none."""
    if not isinstance(raw, dict):
        raise ValueError("labels are no object")
    labels: dict[str, str | float] = {}
    for name, value in raw.items():
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise ValueError(f"the label {name!r:.40} is neither text nor number")
        labels[name] = value if isinstance(value, str) else float(value)
    return labels


def split_name(name: str) -> tuple[str, dict[str, str | float]]:
    """The name of a curve and its labels, of what version 1 wrote: "graft/loss@0.001"."""
    before, _, sparsity = name.rpartition("@")
    try:
        value = float(sparsity)
    except ValueError:
        return name, {}
    return (before, {"sparsity": value}) if before and math.isfinite(value) else (name, {})


def word(subject: str, stage: str, labels: Labels) -> str:
    """The stage, such as "learnt_graft"; after the subject where a run has several,
    "union/merged"; and before labels of its own, "merged[rank=4]".

    The sparsity is no part of it: tables have a column for that.
    """
    rest = dict(labels)
    if sparsity_of(labels) is not None:
        del rest["sparsity"]
    own = ",".join(
        f"{name}={value:g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in sorted(rest.items())
    )
    before = "" if subject == MODEL else f"{subject}/"
    return f"{before}{stage}[{own}]" if own else f"{before}{stage}"
