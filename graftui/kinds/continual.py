"""How continual learning is shown: what is known of each task after each, and what is forgotten."""

from collections.abc import Mapping, Sequence
from typing import Any

from graftui.kinds import Grid, GridCell, Pace, Result, Shown, Stage, register

_ARMS = (("sequential", "fine-tuned on"), ("grafts", "grafts combined"))
_MEASURES = ("average", "forgetting", "backward", "forward")


def _grids(result: Result) -> Sequence[Grid]:
    """The matrix of each way to learn, and the measures of both."""
    try:
        tasks = [str(task) for task in result["tasks"]]
        before = [("accuracy", float(result["pretrained"][task])) for task in tasks]
        grids = [
            _matrix(title, tasks, before, result[arm]["matrix"])
            for arm, title in _ARMS
            if arm in result
        ]
        rows = [_measured(title, result[arm]["measures"]) for arm, title in _ARMS if arm in result]
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return ()
    heads = ("in the end", *(f"{name} %" for name in _MEASURES))
    return (*grids, Grid("forgetting and transfer", heads, tuple(rows)))


def _matrix(
    title: str, tasks: Sequence[str], before: Sequence[GridCell], matrix: Sequence[Sequence[Any]]
) -> Grid:
    rows: list[tuple[GridCell, ...]] = [("pretrained", *before)]
    for task, scores in zip(tasks, matrix, strict=True):
        rows.append((f"after {task}", *(("accuracy", float(score)) for score in scores)))
    return Grid(title, (f"{title}: score on", *tasks), tuple(rows))


def _measured(title: str, measures: Mapping[str, Any]) -> tuple[GridCell, ...]:
    values = (measures.get(name) for name in _MEASURES)
    return (title, *(("drop", None if value is None else float(value)) for value in values))


register(
    Shown(
        kind="continual",
        stages=(
            Stage("pretrained", "pretrained"),
            Stage("finetuned", "fine-tuned"),
            Stage("sequential", "fine-tuned on"),
            Stage("grafts", "grafts combined", stands_out=True),
        ),
        result=("grafts", "sequential", "pretrained"),
        grids=_grids,
        paces=(Pace(("train", "dev"), "train.steps", "train.batch_size"),),
    )
)
