"""What two sets of weights answered to the same rows: which rows the second loses, or gains.

Owns which answers of a run are paired, and how far two of them are apart: by how much less the
second is sure of the right answer. What the rows say is the engine's, which is asked (task.rows).
"""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from engine.contract.questions.catalog import AskTaskRows
from engine.contract.sections import TaskConfig
from graftui import kinds
from graftui.errors import UsageError
from graftui.models import Run
from graftui.results.answers import Answer, Answers, answers_of
from graftui.results.cells import Cell, Role, Row, Section, Table
from graftui.results.figures import counted, stage_title

MOST = 500
"""Rows of a table; a file has all."""


class Change(StrEnum):
    """What became of a row."""

    lost = "lost"
    """Right before, wrong after."""
    gained = "gained"
    """Wrong before, right after."""
    other = "other"
    """Wrong both times, and in another way."""
    same = "same"


_ROLES = {Change.lost: Role.worse, Change.gained: Role.better, Change.same: Role.muted}


@dataclass(frozen=True, slots=True)
class Pair:
    """A row, and both answers to it."""

    id: str
    gold: str
    before: str
    after: str
    change: Change
    drop: float
    """How much less sure of the right answer, a fraction; of a regression how much farther off."""


@dataclass(frozen=True, slots=True)
class Pairs:
    """All rows that both answered, those that are farthest apart first."""

    task: str
    split: str
    titles: tuple[str, str]
    """What answered before, and what after."""
    rows: tuple[Pair, ...]


def pairs_of(sides: Sequence[tuple[Run, Path]]) -> Pairs:
    """Of one run what it started from and its result, of two the results. `sides`: each with its
    folder. Raises UsageError where there is no such pair.
    """
    groups = [_tested(folder) for _, folder in sides]
    results = [_result(run, own) for (run, _), own in zip(sides, groups, strict=True)]
    if len(sides) == 1:
        sides, groups = [*sides, *sides], [*groups, *groups]
        results.insert(0, "finetuned" if results[0] != "finetuned" else "pretrained")
    both = []
    for (run, _), own, what in zip(sides, groups, results, strict=True):
        if what not in own:
            raise UsageError(
                f"{run.id} ({run.kind}, {run.status}) has no such answers.",
                "Give a graft that finished, or two runs that did.",
            )
        both.append((own[what], f"{run.id} {_title(run, what)}"))
    (before, first), (after, second) = both
    if before.task != after.task:
        raise UsageError(
            f"{before.task} and {after.task} have no rows in common.", "Give runs of one task."
        )
    return pair(before, after, (first, second))


def _tested(folder: Path) -> dict[str, Answers]:
    """Answers to the test set by what gave them; of a curve those of its last size."""
    return {group.what: group for group in answers_of(folder) if group.split == "test"}


def _result(run: Run, groups: Mapping[str, Answers]) -> str:
    return next((stage for stage in kinds.shown(run.kind).result if stage in groups), "")


def _title(run: Run, what: str) -> str:
    return stage_title(what, str(run.config.get("localizer", "")))


def question(run: Run, pairs: Pairs, ids: Sequence[str]) -> AskTaskRows:
    """What to ask the engine for the texts of rows. Raises UsageError where `run` has no task that
    this version knows.
    """
    try:
        task = TaskConfig.model_validate_json(json.dumps(run.config.get("task", {})))
    except ValueError as error:
        raise UsageError(
            f"The task of {run.id} is not one that this version reads: {error}.",
            "`graftui show` has its settings.",
        ) from None
    return AskTaskRows(task=task, split=pairs.split, ids=tuple(ids))


def pair(before: Answers, after: Answers, titles: tuple[str, str]) -> Pairs:
    """The rows that both answered."""
    others = {row.id: row for row in after.rows}
    both = [(row, others[row.id]) for row in before.rows if row.id in others]
    made = [_pair(a, b, before) for a, b in both]
    order = sorted(made, key=lambda row: (row.change is Change.same, -abs(row.drop), row.id))
    return Pairs(before.task, before.split, titles, tuple(order))


def _pair(a: Answer, b: Answer, of: Answers) -> Pair:
    if of.bounds is not None:
        off = abs(b.prediction - b.gold) - abs(a.prediction - a.gold)
        change = Change.lost if off > 0 else Change.gained if off < 0 else Change.same
        low, high = of.bounds
        gold, first, second = (
            f"{low + value * (high - low):.3g}" for value in (a.gold, a.prediction, b.prediction)
        )
        return Pair(a.id, gold, first, second, change, off)
    gold, first, second = (of.classes[int(n)] for n in (a.gold, a.prediction, b.prediction))
    drop = a.probabilities[int(a.gold)] - b.probabilities[int(a.gold)]
    return Pair(a.id, gold, first, second, _change(a, b), drop if math.isfinite(drop) else 0.0)


def _change(a: Answer, b: Answer) -> Change:
    if a.prediction == b.prediction:
        return Change.same
    if a.prediction == a.gold:
        return Change.lost
    return Change.gained if b.prediction == b.gold else Change.other


def table(
    pairs: Pairs, texts: Mapping[str, Sequence[str]], wanted: Change | None, most: int = 0
) -> Table:
    """The rows that changed so, or all; `texts`: what they say, of those where it is known.
    `most`: so many of them at most; 0: all.
    """
    rows = [row for row in pairs.rows if wanted in (None, row.change)]
    counts = {change: sum(row.change is change for row in pairs.rows) for change in Change}
    shown = rows[:most] if most else rows
    note = (
        f"{pairs.task}: of {counted(len(pairs.rows), 'row')} {counts[Change.lost]:,} lost, "
        f"{counts[Change.gained]:,} gained"
    )
    more = (f"{len(shown):,} of {len(rows):,} shown",) if len(shown) < len(rows) else ()
    return Table(
        ("gold", *pairs.titles, "change", "drop", "row"),
        (Section("", tuple(_row(row, texts) for row in shown)),),
        "text",
        (note, *more),
    )


def _row(row: Pair, texts: Mapping[str, Sequence[str]]) -> Row:
    role = _ROLES.get(row.change, Role.plain)
    text = " / ".join(texts.get(row.id, ())) or row.id
    return Row(
        text,
        (Cell(row.gold, row.gold), Cell(row.before, row.before), Cell(row.after, row.after, role),
         Cell(row.change, str(row.change), role), Cell(f"{row.drop:+.2f}", row.drop),
         Cell(row.id, row.id, Role.muted)),
    )  # fmt: skip
