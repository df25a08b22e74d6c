"""What a score is of, in one word. Standard library only.

Owns how subject, stage and labels, all open, become the word that tables, exports and comparisons
know a set of weights by.
"""

from collections.abc import Mapping

MODEL = "model"
"""The subject of a run that scores one model."""

Labels = Mapping[str, str | float]


def sparsity_of(labels: Labels) -> float | None:
    """What a graft was asked for; None for whole models."""
    value = labels.get("sparsity")
    return value if isinstance(value, float) else None


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
