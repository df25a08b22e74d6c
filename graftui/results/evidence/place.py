"""Place: whether the task is learnt better inside the region than inside random ones.

Each region is re-trained at several learning rates with the same steps; of each the rate counts
that is best on dev (the lower dev loss on a tie, then the lower rate).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from graftui.errors import UsageError
from graftui.planning.evidence.controls import EVERYTHING, MOVEMENT, RANDOM, REGION, ControlRun
from graftui.results.answers import Answers
from graftui.results.evidence.card import CardLine, Figure, Verdict
from graftui.results.evidence.reading import DEV, Tested, ids, score, scored
from graftui.results.evidence.rule import against_random
from graftui.results.figures import LESS_IS_BETTER
from graftui.results.statistics.joining import join

PLACE = (
    "place",
    "is the task learnt better inside the region than inside random ones?",
    "re-training inside random regions with its counts in each tensor does as well",
)
_NAMES = {
    REGION: "inside the region", RANDOM: "inside random regions, the best",
    MOVEMENT: "inside the top movement", EVERYTHING: "of everything",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Retrained:
    """What came of training in one region, at the rate that is best on dev."""

    control: ControlRun
    tested: Tested
    answers: Answers
    on_dev: tuple[float, float, float]
    """The lower the better."""


def place(runs: Iterable[tuple[ControlRun, Tested]], metric: str) -> CardLine:
    """`runs`: those of the line that are done, of regions that were trained in at all rates."""
    title, asks, refuted_by = PLACE
    best = chosen(runs, metric)
    region = best.get((REGION, 0))
    others = [own for (name, _), own in sorted(best.items()) if name == RANDOM]
    if region is None or len(others) < 2:
        which = "the region" if region is None else "two random regions or more"
        why = f"the re-training inside {which} is not done at all rates"
        return CardLine(title, asks, Verdict.missing, refuted_by, _scores(best, metric), why)
    beside = against_random([join(region.answers, own.answers) for own in others], metric)
    figures = (*_scores(best, metric), beside.figure("above random regions"))
    used = ids([own.tested for own in best.values()])
    return CardLine(title, asks, beside.verdict, refuted_by, figures, beside.because, used)


def chosen(
    runs: Iterable[tuple[ControlRun, Tested]], metric: str
) -> dict[tuple[str, int], Retrained]:
    """By region, and number of a random one, the run at its best rate. Raises UsageError where one
    inside the region or a random one left no answers.
    """
    best: dict[tuple[str, int], Retrained] = {}
    for control, run in runs:
        answers, dev = run.result(), run.result(DEV)
        if answers is None or dev is None:
            if control.region in (REGION, RANDOM):  # passed over, another rate would count
                raise UsageError(
                    f"Run {run.run.id} has left no answers on dev and test rows.",
                    f"`graftui rerun {run.run.id}` makes them anew.",
                )
            continue
        sign = 1 if metric in LESS_IS_BETTER else -1
        loss = score(dev, "loss") if dev.classes else 0.0
        own = Retrained(control, run, answers, (sign * score(dev, metric), loss, control.lr))
        key = control.region, control.number
        if key not in best or own.on_dev < best[key].on_dev:
            best[key] = own
    return best


def _scores(best: dict[tuple[str, int], Retrained], metric: str) -> tuple[Figure, ...]:
    """Of each region; of the random ones the best."""
    made = []
    for name, title in _NAMES.items():
        own = [retrained for (region, _), retrained in best.items() if region == name]
        if own:
            top = _top(own, metric)
            made.append(scored(top.answers, metric, f"{title} (lr {top.control.lr:g})"))
    return tuple(made)


def _top(own: Sequence[Retrained], metric: str) -> Retrained:
    return max(own, key=lambda each: score(each.answers, metric))
