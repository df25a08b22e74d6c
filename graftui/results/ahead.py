"""Whether the best column of a comparison is clearly ahead: intervals of differences say so."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graftui.measured import Score
from graftui.models import Run
from graftui.results.answered import Answered
from graftui.results.figures import LESS_IS_BETTER, is_test
from graftui.results.pair_statements import statement
from graftui.results.paired import Outcome, Pair, partners
from graftui.results.peers import Peers


@dataclass(frozen=True, slots=True)
class Ahead:
    """Says it of two columns, by pairs of runs of the same seeds."""

    scores: Mapping[str, Sequence[Score]]
    """By run id."""
    answered: Answered

    def __call__(self, name: str, best: Peers, other: Peers) -> bool:
        """Whether they differ in the row `name` by more than chance explains: the interval of the
        difference is clear of 0, on the side of the best, whose mean may be over other seeds. Never
        of two tasks or models, nor without two pairs or answers.
        """
        if best.world != other.world:
            return False
        where, _, metric = name.rpartition(" ")
        runs = zip(partners(best, other), other.runs, strict=True)
        pairs = [
            Pair(ours, theirs)
            for first, second in runs
            if first
            and (ours := self._outcome(first, where, metric))
            and (theirs := self._outcome(second, where, metric))
        ]
        stated = statement(metric, pairs, True)
        if stated is None or not stated.stands_out:
            return False
        return (stated.mean > 0) != (metric in LESS_IS_BETTER)

    def _outcome(self, run: Run, where: str, metric: str) -> Outcome | None:
        for score in self.scores.get(run.id, ()):
            if is_test(score.split) and metric in score.scores and where in _names(score):
                return Outcome(score.scores[metric], self.answered.of(run, score))
        return None


def _names(score: Score) -> tuple[str, ...]:
    """What a comparison calls it, with and without its size."""
    on = "" if score.split == "test" else f" {score.split}"
    at = () if score.sparsity is None else (f"{score.what}@{score.sparsity:g}{on}",)
    return (f"{score.what}{on}", *at)
