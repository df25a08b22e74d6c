"""Peers side by side as a table: the settings that differ, or all, then the scores.

Owns what a cell says of several runs: mean and standard deviation over them. Reads no registry.
"""

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from graftui.models import Run
from graftui.planning.values import written
from graftui.results.cells import Cell, Role, Row, Section, Table
from graftui.results.figures import (
    LESS_IS_BETTER,
    NEITHER_IS_BETTER,
    NOT_KNOWN,
    SHARES,
    compared,
    counted,
    percent,
    rounded,
)
from graftui.results.over_seeds import spread
from graftui.results.peers import Peers
from graftui.results.side_by_side import Comparison
from graftui.results.trials import sources_of

_DIGEST = re.compile(r"[0-9a-f]{12,}")
_SHORT = 8
_SEVERAL = 4
"""Values of one setting that a cell names; of more it gives the number."""


Clear = Callable[[str, Peers, Peers], bool]
"""Of a row, the best column and another: whether the best is clearly ahead."""


def figures(
    comparison: Comparison,
    columns: Sequence[Peers],
    every: bool = False,
    clear: Clear | None = None,
) -> Table:
    """`comparison` of the runs of all `columns`. `every`: all settings, also those that they share.

    A cell of several runs has their mean and its spread. The best stands out; with `clear` only
    where it is ahead of each other so.
    """
    at = {run.id: number for number, run in enumerate(comparison.runs)}
    members = [[at[run.id] for run in column.runs] for column in columns]
    several = any(len(numbers) > 1 for numbers in members)
    settings = comparison.settings | (comparison.same if every else {})
    rows = [_setting(path, values, members) for path, values in settings.items()]
    shown = [row for row in rows if every or not several or _differ(row, columns)]
    scores = tuple(
        _score(
            name, comparison.titles[name], values, members, partial(_clear, clear, columns, name)
        )
        for name, values in comparison.scores.items()
    )
    return Table(
        tuple(column.label for column in columns),
        (
            Section("", (_about(columns, several), _states(columns))),
            Section(_heading(shown, every), tuple(shown)),
            *([Section("scores on the test sets", scores)] if scores else []),
        ),
        notes=("± is the standard deviation over the runs",) if several else (),
    )


def _heading(shown: Sequence[Row], every: bool) -> str:
    if every:
        return "all settings"
    return "settings that differ" if shown else "all settings are the same"


def _about(columns: Sequence[Peers], several: bool) -> Row:
    if not several:
        return Row("name", tuple(Cell(p.runs[0].name, p.runs[0].name) for p in columns))
    counts = (len(column.runs) for column in columns)
    return Row("runs", tuple(Cell(f"{count}", count) for count in counts))


def _states(columns: Sequence[Peers]) -> Row:
    return Row("status", tuple(_state(column.runs) for column in columns))


def _state(runs: Sequence[Run]) -> Cell:
    counts = Counter(str(run.status) for run in runs)
    alone = len(counts) == 1
    text = ", ".join(s if alone else f"{count} {s}" for s, count in counts.items())
    return Cell(text, text, Role.muted)


def _setting(path: str, values: Sequence[Any], members: Sequence[Sequence[int]]) -> Row:
    return Row(path, tuple(_values([values[n] for n in numbers]) for numbers in members))


def _values(values: Sequence[Any]) -> Cell:
    """One value, or those of several runs."""
    words = dict.fromkeys(_short(value) for value in values)
    text = ", ".join(words) if len(words) <= _SEVERAL else counted(len(words), "value")
    exact = values[0] if len(words) == 1 else list(values)
    return Cell(text or NOT_KNOWN, exact, Role.differs)


def _short(value: Any) -> str:
    """A digest in as many digits as tell two apart."""
    text = NOT_KNOWN if value is None else written(value)
    return text[:_SHORT] if _DIGEST.fullmatch(text) else text


def _differ(row: Row, columns: Sequence[Peers]) -> bool:
    """Whether it tells columns apart: which runs peers are made from differs by their seeds."""
    kinds = {run.kind for column in columns for run in column.runs}
    sources = {path for kind in kinds for path in sources_of(kind)}
    return row.name not in sources and len({cell.text for cell in row.cells}) > 1


def _score(
    name: str,
    title: str,
    values: Sequence[float | None],
    members: Sequence[Sequence[int]],
    clear: Callable[[int, Sequence[int]], bool],
) -> Row:
    known = [[v for n in numbers if (v := values[n]) is not None] for numbers in members]
    cells = [_spread(name, own, len(of)) for own, of in zip(known, members, strict=True)]
    best = best_of(name, [cell.value for cell in cells])
    ahead = [n for n, cell in enumerate(cells) if best is not None and cell.value == best]
    behind = [n for n, cell in enumerate(cells) if cell.value is not None and n not in ahead]
    if ahead and not all(clear(n, behind) for n in ahead):
        best = None
    return Row(
        title,
        tuple(
            Cell(cell.text, cell.value, Role.best)
            if best is not None and cell.value == best
            else cell
            for cell in cells
        ),
    )


def _clear(
    clear: Clear | None, columns: Sequence[Peers], name: str, best: int, others: Sequence[int]
) -> bool:
    return clear is None or all(clear(name, columns[best], columns[n]) for n in others)


def _spread(name: str, values: Sequence[float], runs: int) -> Cell:
    if not values:
        return Cell(NOT_KNOWN)
    over = spread(values)
    text = compared(name, over.mean)
    if over.std is not None and (over.std or name.rpartition(" ")[2] not in NEITHER_IS_BETTER):
        share = name.rpartition(" ")[2] in SHARES
        text += f" ± {percent(over.std) if share else rounded(over.std, '.2g')}"
    return Cell(text + (f" (n={over.n})" if over.n < runs else ""), over.mean)


def best_of(name: str, values: Sequence[float | None]) -> float | None:
    """The value that stands out; None where all are the same or none is better."""
    what = name.rpartition(" ")[2]
    known = [value for value in values if value is not None]
    if what in NEITHER_IS_BETTER or len(set(known)) < 2:
        return None
    return min(known) if what in LESS_IS_BETTER else max(known)
