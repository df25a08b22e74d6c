"""Which entries of a pivot stand out: the best of those that they compare with, where the intervals
of the paired differences say so, as in a comparison of runs (ahead.py).

Owns what compares: the entries of a row, if they are of one task, model and score; else those of a
column; else none.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import product

from graftui.results.answers import Answers
from graftui.results.figures import LESS_IS_BETTER, NEITHER_IS_BETTER
from graftui.results.pair_statements import statement
from graftui.results.paired import Outcome, Pair, matching
from graftui.results.pivots import Entry, Pivot
from graftui.results.trials import Trial

Place = tuple[int, int]
"""Of an entry: row, column."""
Asked = Callable[[Trial], Answers | None]
"""What the weights of a trial answered where they were scored; None: it is not known."""
_WORLD = ("task.name", "model.name", "task.type", "split")


def best(made: Pivot, answers: Asked) -> frozenset[Place]:
    """Where the best of two or more stand that are clear of all others of their line."""
    known = {
        (row, col): entry
        for row, col in product(range(len(made.entries)), range(len(made.heads[1])))
        if (entry := made.entries[row][col]).spread
    }
    for axis in (0, 1):
        lines = [
            {where: entry for where, entry in known.items() if where[axis] == number}
            for number in sorted({where[axis] for where in known})
        ]
        one_world = all(len(set(map(_world, line.values()))) == 1 for line in lines)
        if one_world and any(len(line) > 1 for line in lines):
            first = (_first(line, answers) for line in lines)
            return frozenset(where for where in first if where is not None)
    return frozenset()


def _world(entry: Entry) -> tuple[str, ...]:
    assert entry.group
    return (entry.name, *(repr(entry.group.key.get(key)) for key in _WORLD))


def _first(line: dict[Place, Entry], answers: Asked) -> Place | None:
    """Where the best is, if it is clear of the others."""
    name = next(iter(line.values())).name
    if len(line) < 2 or name in NEITHER_IS_BETTER:
        return None
    sign = -1 if name in LESS_IS_BETTER else 1
    where = max(line, key=lambda at: sign * _mean(line[at]))
    others = (entry for at, entry in line.items() if at != where)
    return where if _clear(line[where], others, sign, answers) else None


def _mean(entry: Entry) -> float:
    assert entry.spread
    return entry.spread.mean


def _clear(top: Entry, others: Iterable[Entry], sign: int, answers: Asked) -> bool:
    for other in others:
        stated = statement(top.name, _pairs(top, other, answers), True)
        if stated is None or not stated.stands_out or sign * stated.mean <= 0:
            return False
    return True


def _pairs(top: Entry, other: Entry, answers: Asked) -> Sequence[Pair]:
    """Of the trials of the same seeds."""
    assert top.group
    assert other.group
    ours, theirs = top.group.of_seeds, other.group.of_seeds
    made = []
    at = matching([seeds for seeds, _ in ours], [seeds for seeds, _ in theirs])
    for number, (_, second) in zip(at, theirs, strict=True):
        first = None if number is None else ours[number][1]
        if first and top.name in first.scores and top.name in second.scores:
            both = (Outcome(each.scores[top.name], answers(each)) for each in (first, second))
            made.append(Pair(*both))
    return made
