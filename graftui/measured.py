"""What a run measured and made, as values: curves, scores, files. Builds on the contract alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from engine.contract.subjects import MODEL, sparsity_of, word


class CurveKey(NamedTuple):
    """Which of a run's curves."""

    name: str
    """`phase/what`, such as "train/loss"."""
    labels: tuple[tuple[str, str | float], ...] = ()
    """By name: what tells curves of one name apart."""


@dataclass(frozen=True, slots=True)
class Series:
    """One curve."""

    key: CurveKey
    steps: tuple[int, ...]
    """Ascending."""
    values: tuple[float, ...]
    """One a step; may hold nan and inf."""

    @property
    def name(self) -> str:
        """`phase/what`."""
        return self.key.name


@dataclass(frozen=True, slots=True)
class CurveExtent:
    """How far one curve goes, as seen without reading all of it."""

    key: CurveKey
    first: int
    """Its first step."""
    last: int
    constant: float | None = None
    """The value that all of its points have; None: of one that changes, or has one point."""


@dataclass(frozen=True, slots=True)
class Score:
    """Scores of one set of weights on one split."""

    stage: str
    """What became of the weights: "pretrained", "learnt_graft" (a Stage), or any other."""
    split: str
    labels: Mapping[str, str | float]
    """Of a graft its `sparsity`, as asked for in the config; empty for whole models."""
    scores: dict[str, float]
    localizer: str = "learnt"
    """How the weights of a learnt_graft were chosen: what it is called by."""
    subject: str = MODEL
    """Which of the models that the run scores."""

    @property
    def sparsity(self) -> float | None:
        """The label of that name; None for whole models."""
        return sparsity_of(self.labels)

    @property
    def what(self) -> str:
        """These weights in one word, but for their sparsity."""
        return word(self.subject, self.stage, self.labels)


@dataclass(frozen=True, slots=True)
class Artifact:
    """A file that a run made."""

    path: str
    """Relative to the run directory."""
    kind: str
    bytes: int
    gone: bool = False
    """Whether it lies there no more. Never stored: it is observed when it is shown."""
