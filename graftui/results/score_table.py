"""The scores of one run as a table of text that fits a width. Draws nothing itself."""

from collections.abc import Sequence
from dataclasses import dataclass

from graftui.measured import Score
from graftui.results.figures import (
    METRICS,
    NEITHER_IS_BETTER,
    asked,
    figure,
    is_test,
    stage_title,
    title,
)

GAP = 2
"""Cells between two columns."""
_ORDER = (
    "weights", *METRICS, "spearman", "loss", "ece", "brier", "agreement", "recovery",
    "gain_recovery",
)  # fmt: skip
# Left out in this order where there is no room, after those that no task has; the task's own
# metric always stays.
_LEAST = ("brier", "gain_recovery", "loss", "ece", "agreement", "spearman", "recovery", "weights")


@dataclass(frozen=True, slots=True)
class ScoreTable:
    """One row a set of weights and test set."""

    titles: tuple[str, ...]
    """The first is empty: it stands above the stages."""
    rows: tuple[tuple[str, ...], ...]
    stages: tuple[str, ...]
    """The stage of each row, as it is stored."""


def score_table(scores: Sequence[Score], width: int) -> ScoreTable:
    """Scores on the test sets, the columns that matter least left out until `width` will do."""
    tested = [score for score in scores if is_test(score.split)]
    columns = {"": ["", *(stage_title(score.what, score.localizer) for score in tested)]}
    if len({score.split for score in tested}) > 1:
        columns["split"] = ["test set", *(score.split for score in tested)]
    if any(score.sparsity is not None for score in tested):
        columns["sparsity"] = ["sparsity", *map(_sparsity, tested)]
    names = dict.fromkeys(name for score in tested for name in score.scores)
    others = [name for name in names if name not in (*_ORDER, *NEITHER_IS_BETTER)]
    for name in (*(name for name in _ORDER if name in names), *others):
        cells = (figure(name, score.scores.get(name)) for score in tested)
        columns[name] = [title(name), *cells]
    for name in _too_many(columns, (*others, *_LEAST), width):
        del columns[name]
    head, *rows = zip(*columns.values(), strict=True)
    return ScoreTable(head, tuple(rows), tuple(score.stage for score in tested))


def _sparsity(score: Score) -> str:
    return "" if score.sparsity is None else asked(score.sparsity)


def _too_many(columns: dict[str, list[str]], order: Sequence[str], width: int) -> list[str]:
    wide = {name: max(map(len, cells)) + GAP for name, cells in columns.items()}
    least = [name for name in order if name in columns]
    dropped: list[str] = []
    while least and sum(wide.values()) - GAP > width:
        dropped.append(least.pop(0))
        del wide[dropped[-1]]
    return dropped
