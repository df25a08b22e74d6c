"""Curves of runs as CSV, JSON, Markdown, LaTeX or Parquet: one row a point.

For notebooks and other programs: what `events.jsonl` says of them, in one table over all runs.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from engine.contract import finite
from graftui.measured import Series
from graftui.models import Run
from graftui.results.export import grid, parquet, sheet
from graftui.results.figures import rounded

Measured = Mapping[str, Sequence[Series]]
"""Curves by the id of their run."""
_FIRST, _LAST = ("id", "name", "curve"), ("step", "value")


def titles(runs: Sequence[Run], curves: Measured) -> list[str]:
    """The columns: a label, such as `sparsity`, has one where any curve has it."""
    labels = {name for run in runs for each in curves[run.id] for name, _ in each.key.labels}
    return [*_FIRST, *sorted(labels), *_LAST]


def rows(runs: Sequence[Run], curves: Measured) -> Iterator[dict[str, Any]]:
    """A point after the other: of a run curve by curve, its steps ascending."""
    for run in runs:
        for each in curves[run.id]:
            about = {"id": run.id, "name": run.name, "curve": each.name, **dict(each.key.labels)}
            for step, value in zip(each.steps, each.values, strict=True):
                yield {**about, "step": step, "value": value}


def _cells(runs: Sequence[Run], curves: Measured) -> Iterator[list[Any]]:
    columns = titles(runs, curves)
    return ([row.get(name) for name in columns] for row in rows(runs, curves))


def _texts(runs: Sequence[Run], curves: Measured) -> list[list[str]]:
    return [[_text(value) for value in row] for row in _cells(runs, curves)]


def _text(value: Any) -> str:
    if value is None:
        return ""
    return rounded(value) if isinstance(value, float) else str(value)


def to_csv(runs: Sequence[Run], curves: Measured, raw: bool = False) -> str:
    """`raw`: text that begins as a formula does is left so."""
    return sheet.text_of(titles(runs, curves), _cells(runs, curves), raw)


FORMATS: dict[str, Callable[[Sequence[Run], Measured], str | bytes]] = {
    "csv": to_csv,
    "raw csv": partial(to_csv, raw=True),
    "json": lambda runs, curves: finite.dumps(list(rows(runs, curves))) + "\n",
    "jsonl": lambda runs, curves: finite.lines(list(rows(runs, curves))),
    "md": lambda runs, curves: grid.markdown(titles(runs, curves), _texts(runs, curves)),
    "latex": lambda runs, curves: grid.latex(titles(runs, curves), _texts(runs, curves), left=3),
    "parquet": lambda runs, curves: parquet.bytes_of(titles(runs, curves), _cells(runs, curves)),
}
