"""What `compare ID ID` prints: a column a run, or a row a run where there are too many for that."""

from collections.abc import Mapping

from graftui.planning.values import written
from graftui.results.figures import compared, subject
from graftui.results.side_by_side import Comparison
from graftui.terminal import Console, Table, Text
from graftui.text import visible

_ABOUT = ("run", "name", "kind")
_WIDEST = 24
"""Cells of a column, where runs are rows."""
_BORDER = 3
"""Cells between two columns."""


def show(comparison: Comparison, console: Console) -> None:
    """The settings that differ, then the scores."""
    columns = _columns(comparison)
    endless = console.options.update(max_width=10_000)
    if console.measure(columns, options=endless).minimum <= console.width:
        console.print(columns)
        return
    cells = _cells(comparison)
    kept = _fitting(cells, console.width)
    console.print(_rows({name: cells[name] for name in kept}))
    if left := len(cells) - len(kept):
        text = f"{left} more settings and scores have no room; --json and `graftui export` have all"
        console.print(text, style="dim")


def _columns(comparison: Comparison) -> Table:
    table = Table(header_style="bold")
    table.add_column("")
    for run in comparison.runs:
        table.add_column(f"{run.id}\n{visible(run.name)}\n{subject(run)}", justify="right")
    for path, row in comparison.settings.items():
        table.add_row(Text(path, "cyan"), *map(written, row))
    table.add_section()
    for name, values in comparison.scores.items():
        table.add_row(comparison.titles[name], *(compared(name, value) for value in values))
    return table


def _rows(cells: Mapping[str, list[str]]) -> Table:
    table = Table(header_style="bold")
    for name in cells:
        table.add_column(name, max_width=_WIDEST, overflow="fold",
                         justify="left" if name in _ABOUT else "right")  # fmt: skip
    for row in zip(*cells.values(), strict=True):
        table.add_row(*row)
    return table


def _cells(comparison: Comparison) -> dict[str, list[str]]:
    """Column -> a cell a run; the scores, which runs are compared by, before the settings."""
    about = zip(
        _ABOUT,
        zip(*((r.id, r.name, subject(r)) for r in comparison.runs), strict=True),
        strict=True,
    )
    scores = {
        comparison.titles[name]: [compared(name, v) for v in row]
        for name, row in comparison.scores.items()
    }
    settings = {path: list(map(written, row)) for path, row in comparison.settings.items()}
    shown = {**dict(about), **scores, **settings}
    return {name: list(map(visible, column)) for name, column in shown.items()}


def _fitting(cells: Mapping[str, list[str]], room: int) -> list[str]:
    """The columns that there is room for, in their order."""
    kept = []
    for name, column in cells.items():
        room -= _BORDER + min(_WIDEST, max(map(len, [*name.split(), *column])))
        if room < 1:
            break
        kept.append(name)
    return kept
