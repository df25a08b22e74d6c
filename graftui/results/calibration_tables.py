"""Calibration of runs as a table and as reliability diagrams. Draws nothing itself.

Owns which answers of a run are looked at: those to test sets, or to one split that is asked for.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.contract.events import Stage
from engine.contract.subjects import sparsity_of
from graftui import kinds
from graftui.errors import UsageError
from graftui.models import Run
from graftui.results.answers import Answers, answers_of
from graftui.results.calibration import Bin, Calibration, calibration, plain
from graftui.results.cells import Cell, Row, Section, Table
from graftui.results.chart import Axis, Chart, Curve
from graftui.results.figures import asked, figure, is_test, percent, rounded, stage_title, title

_TITLES = {"ece_mass": "equal mass %", "mce": "MCE %", "brier": "Brier", "nll": "NLL"}
_IN_PERCENT = ("accuracy", "confidence", "ece", "ece_mass", "mce")


@dataclass(frozen=True, slots=True)
class Calibrated:
    """One set of weights on one split."""

    run: Run
    answers: Answers
    calibration: Calibration

    @property
    def title(self) -> str:
        """The weights in words."""
        at = sparsity_of(self.answers.labels)
        size = "" if at is None else f" at {asked(at)}"
        return stage_title(self.answers.what, str(self.run.config.get("localizer", ""))) + size


def calibrated(
    runs: Sequence[tuple[Run, Path]], bins: int, split: str = ""
) -> tuple[Calibrated, ...]:
    """Of each run, with its folder, all that answered classes; `split`: on that one, else on the
    test sets. Raises UsageError where there are no such answers.
    """
    rows = tuple(
        Calibrated(run, answers, calibration(answers, bins))
        for run, folder in runs
        for answers in answers_of(folder)
        if answers.rows and answers.classes
        and (answers.split == split if split else is_test(answers.split))
    )  # fmt: skip
    if not rows:
        where = f"to the split {split!r} " if split else ""
        raise UsageError(
            f"No answers {where}of these runs have probabilities of classes.",
            "Give runs that finished, of a task that is no regression; `graftui show` lists files.",
        )
    return rows


def table(rows: Sequence[Calibrated], bins: int) -> Table:
    """A row a set of weights and split, the runs one below the other."""
    names = tuple(rows[0].calibration.figures())
    heads = ("test set", "rows", *(_TITLES.get(name, title(name)) for name in names))
    heads = tuple("confidence %" if head == "confidence" else head for head in heads)
    sections = tuple(
        Section(f"{run.name} {run.id}", tuple(_row(each) for each in rows if each.run.id == run.id))
        for run in {each.run.id: each.run for each in rows}.values()
    )
    notes = (
        f"ECE, MCE: {bins} bins of equal width; equal mass: ECE over {bins} bins of as many rows",
        "Brier: sum over the classes, 0 to 2; NLL in nats",
    )
    return Table(heads, sections, "", notes)


def _row(each: Calibrated) -> Row:
    figures = (
        Cell(_written(name, value), value) for name, value in each.calibration.figures().items()
    )
    count = Cell(figure("examples", each.calibration.rows), each.calibration.rows)
    return Row(each.title, (Cell(each.answers.split, each.answers.split), count, *figures))


def _written(name: str, value: float) -> str:
    if math.isnan(value):
        return rounded(value)
    return percent(value) if name in _IN_PERCENT else f"{value:.3f}"


def diagrams(rows: Sequence[Calibrated], mass: bool = False) -> tuple[Chart, ...]:
    """A reliability diagram a task and split: accuracy over confidence, a point a bin, of whole
    models and of each run's result; where a model is right as often as it is sure, it lies on the
    diagonal. `mass`: over bins of equal mass.
    """
    drawn: dict[tuple[str, str], list[Calibrated]] = {}
    for each in rows:
        if _is_drawn(each):
            drawn.setdefault((each.answers.task, each.answers.split), []).append(each)
    several = len({each.run.id for each in rows}) > 1
    return tuple(
        Chart(
            f"{task if task == split else f'{task}, {split}'}: accuracy over confidence, %",
            (_diagonal(members), *_curves(members, mass, several)),
            Axis(score="accuracy", name="confidence %"),
            Axis(score="accuracy"),
            marked=True,
        )
        for (task, split), members in drawn.items()
    )


def _is_drawn(each: Calibrated) -> bool:
    result = kinds.shown(each.run.kind).result
    return each.answers.what in (Stage.pretrained, Stage.finetuned, *result)


def _curves(members: Sequence[Calibrated], mass: bool, several: bool) -> Iterator[Curve]:
    for each in members:
        bins: Sequence[Bin] = each.calibration.mass if mass else each.calibration.width
        if bins:
            label = f"{each.title} {each.run.id}" if several else each.title
            yield Curve(label, [each.confidence for each in bins], [each.accuracy for each in bins])


def _diagonal(members: Sequence[Calibrated]) -> Curve:
    """From the least confidence that there can be to 1."""
    least = min(1 / len(each.answers.classes) for each in members)
    return Curve("", [least, 1.0], [least, 1.0], faint=True)


def objects(rows: Sequence[Calibrated]) -> list[dict[str, Any]]:
    """For programs, bins and all."""
    return [
        {
            "run": each.run.id,
            "task": each.answers.task,
            "subject": each.answers.subject,
            "stage": each.answers.stage,
            "labels": dict(each.answers.labels),
            "split": each.answers.split,
            **plain(each.calibration),
        }
        for each in rows
    ]
