"""What the differences of some pairs come to: mean, deviation, interval, test, and of how many.

The one place where pairs become a statement. The interval is that of the answers, where both runs
of every pair left them and the score can be had from them again: a bootstrap over seeds and rows;
else the t interval of the seeds' differences. What an interval does not say has no colour: of
several seeds both, as a bootstrap of two or three is too narrow (statistics/bootstrap.py).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from graftui.errors import UsageError
from graftui.results.answers import Answers
from graftui.results.cells import Cell, Role, Row
from graftui.results.figures import LESS_IS_BETTER, NOT_KNOWN, SHARES, probability
from graftui.results.over_seeds import spread

if TYPE_CHECKING:  # it imports numpy
    from graftui.results.statistics.differences import Difference
    from graftui.results.statistics.intervals import Interval

RIGHT_OR_WRONG = "accuracy"
"""The score whose rows McNemar's test counts."""


class Figure(Protocol):
    """A figure, and the answers that it was measured on."""

    @property
    def value(self) -> float: ...
    @property
    def answers(self) -> Answers | None: ...


class Both(Protocol):
    """The same score of two runs."""

    @property
    def ours(self) -> Figure: ...
    @property
    def theirs(self) -> Figure: ...


@dataclass(frozen=True, slots=True)
class Paired:
    """What the differences of some pairs come to."""

    mean: float
    std: float | None
    """Sample standard deviation of the differences; None of one pair."""
    n: int
    interval: "Interval | None" = None
    """None: it is not known, or nobody asked."""
    answered: "Difference | None" = None
    """What the answers say of it; None: not all pairs have left them."""

    @property
    def stands_out(self) -> bool:
        """Whether its interval is clear of 0, and of several seeds their t interval too."""
        if self.interval is None or 0 in self.interval:
            return False
        over_seeds = self.answered.over_seeds if self.answered else None
        return over_seeds is None or 0 not in over_seeds

    @property
    def bootstrapped(self) -> bool:
        """Whether its interval is that of the answers."""
        return self.answered is not None and self.answered.interval is not None


def paired(ours: Sequence[float], theirs: Sequence[float], intervals: bool = False) -> Paired:
    """Of pairs of values, in the same order, ours less theirs; with `intervals` the t interval."""
    differences = [a - b for a, b in zip(ours, theirs, strict=True)]
    over = spread(differences)
    if not intervals:
        return Paired(over.mean, over.std, over.n)
    from graftui.results.statistics.intervals import mean_interval

    return Paired(over.mean, over.std, over.n, mean_interval(differences))


def statement(name: str, pairs: Sequence[Both | None], intervals: bool) -> Paired | None:
    """What these pairs of a score come to; None where there is none. `intervals`: also those."""
    both = [pair for pair in pairs if pair is not None]
    if not both:
        return None
    plain = paired(
        [pair.ours.value for pair in both], [pair.theirs.value for pair in both], intervals
    )
    answered = _answered(what(name), both) if intervals else None
    if answered is None:
        return plain
    return Paired(plain.mean, plain.std, plain.n, answered.interval or plain.interval, answered)


def what(name: str) -> str:
    """The score in the name of a section: "accuracy of film/alone on food at 0.1" has accuracy."""
    return name.partition(" ")[0]


def _answered(metric: str, pairs: Sequence[Both]) -> "Difference | None":
    from graftui.results.statistics import differences, joining
    from graftui.results.statistics.measures import METRICS

    sides = [(pair.ours.answers, pair.theirs.answers) for pair in pairs]
    if metric not in METRICS:
        return None
    try:
        joined = [joining.join(ours, theirs) for ours, theirs in sides if ours and theirs]
        return differences.difference(joined, metric) if len(joined) == len(sides) else None
    except UsageError:  # answers to other rows: no pair
        return None


def difference_cell(name: str, pair: Both | None) -> Cell:
    """Of one seed."""
    if pair is None:
        return Cell(NOT_KNOWN)
    apart = pair.ours.value - pair.theirs.value
    return Cell(signed(name, apart), apart)


def cells(name: str, stated: Sequence[Paired | None]) -> list[Row]:
    """The rows below the seeds, a cell a column."""
    most = max((pair.n for pair in stated if pair), default=0)
    rows = [Row("mean ± deviation", tuple(_mean(name, pair) for pair in stated))]
    if any(pair and pair.interval for pair in stated):
        rows.append(Row("95 % interval", tuple(_interval(name, pair) for pair in stated)))
    if what(name) == RIGHT_OR_WRONG and any(pair and pair.answered for pair in stated):
        rows.append(Row("McNemar p", tuple(map(_test, stated))))
        rows.append(Row("rows", tuple(map(_rows, stated))))
    rows.append(Row("pairs", tuple(_count(pair.n if pair else 0, most) for pair in stated)))
    return rows


def notes(stated: Mapping[str, Sequence[Paired | None]]) -> list[str]:
    """What is to be known of the rows below the seeds."""
    every = [pair for pairs in stated.values() for pair in pairs if pair]
    said = []
    if any(pair.answered for pair in every):
        said.append(
            "interval: bootstrap over seeds, and rows within them (percentile, 9,999 resamples); "
            "coloured or bold: the t interval over seeds is clear of 0 too"
        )
        if any(pair.answered and pair.n == 1 for pair in every):
            said.append("of one pair the interval is over its rows alone: another seed may differ")
        said.append(
            "McNemar's exact test of rows that one side alone gets right; over seeds that share "
            "their rows each row counts once"
        )
    if any(pair.interval and not pair.bootstrapped for pair in every):
        said.append("t: interval of the mean over seeds, as no answers say more")
    if any(len({pair.n if pair else 0 for pair in pairs}) > 1 for pairs in stated.values()):
        said.append("!: fewer pairs, or other rows, than beside: their means do not compare")
    return said


def _mean(name: str, pair: Paired | None) -> Cell:
    if pair is None:
        return Cell(NOT_KNOWN)
    text = signed(name, pair.mean)
    if pair.std is not None:
        text += f" ± {signed(name, pair.std).lstrip('+')}"
    good = (pair.mean > 0) != (what(name) in LESS_IS_BETTER)
    role = Role.better if good else Role.worse
    return Cell(text, pair.mean, role if pair.stands_out else Role.plain)


def _interval(name: str, pair: Paired | None) -> Cell:
    if pair is None or pair.interval is None:
        return Cell(NOT_KNOWN)
    ends = [pair.interval.low, pair.interval.high]
    text = f"[{signed(name, ends[0])}, {signed(name, ends[1])}]"
    return Cell(text if pair.bootstrapped else f"{text} t", ends)


def _test(pair: Paired | None) -> Cell:
    tested = pair.answered.discordant if pair and pair.answered else None
    return Cell(probability(tested.p), tested.p) if tested else Cell(NOT_KNOWN)


def _rows(pair: Paired | None) -> Cell:
    """How many were joined of each seed, and how many one side has alone."""
    if pair is None or pair.answered is None:
        return Cell(NOT_KNOWN)
    counts = pair.answered.rows
    alike = len(set(counts)) == 1
    text = f"{counts[0]:,}" if alike else f"{min(counts):,} to {max(counts):,} !"
    if pair.answered.left_out:
        text += f", {pair.answered.left_out:,} of one side alone"
    return Cell(text, list(counts), Role.plain if alike else Role.differs)


def _count(n: int, most: int) -> Cell:
    return Cell(f"{n}" if n == most else f"{n} !", n, Role.plain if n == most else Role.differs)


def signed(name: str, value: float) -> str:
    """A difference of that score as a person reads it."""
    return f"{100 * value:+.1f}" if what(name) in SHARES else f"{value:+.3g}"
