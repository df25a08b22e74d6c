"""Which answers of a run a score of it stands for: what pairs of runs are joined by.

Reads each run's file once, when the first of its answers are asked for, and keeps the groups of
test sets. What cannot be read is said in `problems`, and counts as no answers.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from engine.contract.subjects import sparsity_of
from graftui.errors import UsageError
from graftui.measured import Score
from graftui.models import Run
from graftui.results.answers import Answers, answers_of
from graftui.results.figures import is_test

Folder = Callable[[Run], Path]
"""The directory of a run."""
_Key = tuple[str, str, float | None]


class Answered:
    """The answers of some runs."""

    def __init__(self, folder: Folder) -> None:
        self._folder = folder
        self._known: dict[str, Mapping[_Key, Answers]] = {}
        self.problems: list[str] = []
        """What could not be read, a sentence each."""

    def of(self, run: Run, score: Score) -> Answers | None:
        """What was answered where `run` got `score`; None where it left no answers."""
        return self.at(run, score.what, score.split, score.sparsity)

    def at(self, run: Run, what: str, split: str, sparsity: float | None) -> Answers | None:
        """The same, of weights in one word (Score.what)."""
        if run.id not in self._known:
            self._known[run.id] = self._read(run)
        return self._known[run.id].get((what, split, sparsity))

    def _read(self, run: Run) -> dict[_Key, Answers]:
        groups: dict[_Key, Answers] = {}
        try:
            for group in answers_of(self._folder(run)):
                if is_test(group.split):
                    groups[group.what, group.split, sparsity_of(group.labels)] = group
        except UsageError as error:
            self.problems.append(error.message)
            return {}
        return groups
