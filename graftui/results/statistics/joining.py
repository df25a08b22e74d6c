"""Two sides' answers to the same rows, joined by row id. Refuses what is no pair.

Rows that one side has alone are left out of all that follows, and counted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from graftui.errors import UsageError
from graftui.results.answers import Answer, Answers
from graftui.results.statistics.bootstrap import Rows
from graftui.results.statistics.measures import SIDE


@dataclass(frozen=True, slots=True)
class Joined:
    """The rows that both sides answered, in the order of their ids."""

    ids: tuple[str, ...]
    rows: Rows
    """(n, 8): of each row ours, then theirs, as in measures.py."""
    classes: bool
    """Whether a row is right or wrong; a regression's is neither."""
    only_ours: int = 0
    """Rows that theirs lacks."""
    only_theirs: int = 0

    @property
    def ours(self) -> Rows:
        """(n, 4)."""
        return np.asarray(self.rows[:, :SIDE], dtype=np.float64)

    @property
    def theirs(self) -> Rows:
        """(n, 4)."""
        return np.asarray(self.rows[:, SIDE:], dtype=np.float64)

    @property
    def gains(self) -> npt.NDArray[np.float64]:
        """Of each row (n,): 1 where ours alone is right, -1 where theirs alone is, else 0. Of a
        regression by how much closer ours is, below 0 where it is farther off.
        """
        if self.classes:
            first, second = (side[:, 0] == side[:, 1] for side in (self.ours, self.theirs))
            return np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64)
        off = [np.abs(side[:, 1] - side[:, 0]) for side in (self.theirs, self.ours)]
        return np.asarray(off[0] - off[1], dtype=np.float64)

    @property
    def alike(self) -> npt.NDArray[np.float64]:
        """Of each row (n,): 1 where both answered the same class; of a regression, the same side
        of the middle. Its mean is their agreement (Panigrahi et al. 2023, section 2.2).
        """
        said = [side[:, 1] for side in (self.ours, self.theirs)]
        first, second = said if self.classes else [answer > 0.5 for answer in said]
        return np.asarray(first == second, dtype=np.float64)


def side(rows: Sequence[Answer], classes: bool) -> Rows:
    """Answers as numbers, (n, 4)."""
    table = np.full((len(rows), SIDE), np.nan)
    for row, line in zip(rows, table, strict=True):
        line[:2] = row.gold, row.prediction
        if classes:
            line[2:] = [row.probabilities[int(n)] for n in (row.gold, row.prediction)]
    return table


def join(ours: Answers, theirs: Answers) -> Joined:
    """What both answered. Raises UsageError where they are of two tasks, or have other labels, or
    where a row that they share has another right answer in each.
    """
    if (ours.task, ours.classes, ours.bounds) != (theirs.task, theirs.classes, theirs.bounds):
        raise UsageError(
            f"{ours.task} and {theirs.task} have no answers in common: their tasks or labels "
            "differ.",
            "Compare answers to one task.",
        )
    first, second = ({row.id: row for row in answers.rows} for answers in (ours, theirs))
    ids = tuple(sorted(first.keys() & second.keys()))
    sides = [side([of[id] for id in ids], bool(ours.classes)) for of in (first, second)]
    if not np.array_equal(sides[0][:, 0], sides[1][:, 0]):
        raise UsageError(
            f"Rows of {ours.task} with the same id have two right answers.",
            "One of the files was changed: run it again.",
        )
    both = len(ids)
    return Joined(ids, np.hstack(sides), bool(ours.classes), len(first) - both, len(second) - both)


def shared(pairs: Sequence[Joined]) -> bool:
    """Whether all seeds answered the same rows."""
    return len({pair.ids for pair in pairs}) <= 1


def same_rows(groups: Sequence[Answers | None]) -> list[Rows] | None:
    """The rows of each, (n, 4), in one order; None where one is missing, or not all are answers to
    the same rows of one task.
    """
    known = [group for group in groups if group is not None and group.rows]
    if len(known) < len(groups) or not known:
        return None
    first = known[0]
    ids = sorted(row.id for row in first.rows)
    asked = (first.task, first.classes, first.bounds)
    sides = []
    for group in known:
        rows = sorted(group.rows, key=lambda row: row.id)
        if (group.task, group.classes, group.bounds) != asked or [r.id for r in rows] != ids:
            return None
        sides.append(side(rows, bool(group.classes)))
    gold = sides[0][:, 0]
    return sides if all(np.array_equal(own[:, 0], gold) for own in sides) else None
