"""Runs as CSV, JSON, Markdown or LaTeX: one row a run, or one a sparsity.

Pure functions over rows.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from engine.contract import finite
from graftui import kinds
from graftui.measured import Score
from graftui.models import Run
from graftui.results.columns import exported
from graftui.results.export import grid, parquet, sheet
from graftui.results.figures import exact, is_test, localizer, rounded, stage_title
from graftui.results.side_by_side import compare, flat

Row = dict[str, Any]
_WORDS = ("id", "name", "kind", "status")


def rows(runs: Sequence[Run], scores: Mapping[str, Sequence[Score]]) -> list[Row]:
    """All that is known of each run, flat; a run with several grafts has a row for each."""
    return [row for run in runs for row in _rows_of(run, scores.get(run.id, ()))]


def _rows_of(run: Run, scores: Sequence[Score]) -> list[Row]:
    about: Row = {**exported(run), **flat(run.config, run.kind)}
    whole: Row = {}
    grafts: dict[float, Row] = {}
    for score in scores:
        target = whole if score.sparsity is None else grafts.setdefault(score.sparsity, {})
        target |= {f"{_place(score)}.{n}": exact(n, value) for n, value in score.scores.items()}
    each = [
        {"sparsity": sparsity, **_size_first(graft)} for sparsity, graft in sorted(grafts.items())
    ]
    return [{**about, **whole, **graft} for graft in each or [{}]]


def _size_first(graft: Row) -> Row:
    """The weights that a graft has stand beside the sparsity that was asked for."""
    return dict(sorted(graft.items(), key=lambda item: not item[0].endswith(".weights")))


def _place(score: Score) -> str:
    """`stage`, and the split unless it is plain "test"."""
    return score.what if score.split == "test" else f"{score.what}.{score.split}"


def _columns(table: Sequence[Row]) -> list[str]:
    return list(dict.fromkeys(column for row in table for column in row))


def to_csv(runs: Sequence[Run], scores: Mapping[str, Sequence[Score]], raw: bool = False) -> str:
    """Every column of every run; `raw`: text that begins as a formula does is left so."""
    table = rows(runs, scores)
    columns = _columns(table)
    return sheet.text_of(columns, ([row.get(name) for name in columns] for row in table), raw)


def to_parquet(runs: Sequence[Run], scores: Mapping[str, Sequence[Score]]) -> bytes:
    """The same columns."""
    table = rows(runs, scores)
    columns = _columns(table)
    return parquet.bytes_of(columns, [[row.get(name) for name in columns] for row in table])


def to_json(runs: Sequence[Run], scores: Mapping[str, Sequence[Score]]) -> str:
    """The same rows as a JSON array of objects."""
    return finite.dumps(rows(runs, scores)) + "\n"


def to_json_lines(runs: Sequence[Run], scores: Mapping[str, Sequence[Score]]) -> str:
    """The same rows, a JSON object a line."""
    return finite.lines(rows(runs, scores))


def to_markdown(runs: Sequence[Run], scores: Mapping[str, Sequence[Score]]) -> str:
    """A table for a paper's notebook: what the runs differ in, then their scores on test sets."""
    return grid.markdown(*_readable(runs, scores))


def to_latex(runs: Sequence[Run], scores: Mapping[str, Sequence[Score]]) -> str:
    """The same table as a tabular for booktabs."""
    titles, table = _readable(runs, scores)
    return grid.latex(titles, table, left=len(_WORDS))


def _readable(
    runs: Sequence[Run], scores: Mapping[str, Sequence[Score]]
) -> tuple[list[str], list[list[str]]]:
    """Titles and rows."""
    table = rows(runs, scores)
    wanted = {*_WORDS, "sparsity", *compare(runs, scores).settings}
    tested = [s for run in runs for s in scores.get(run.id, ()) if is_test(s.split)]
    wanted |= {f"{_place(score)}.{name}" for score in tested for name in score.scores}
    columns = [name for name in _columns(table) if name in wanted]
    chosen_by = localizer(tested)
    titles = [_title(name, chosen_by) for name in columns]
    return titles, [[_text(row.get(name)) for name in columns] for row in table]


def _title(column: str, chosen_by: str) -> str:
    """The heading of a column; a graft is called by its localizer."""
    end = column.find(".", column.find("]") + 1)  # a label may have a point: [alpha=0.5]
    stage, rest = column[:end], column[end + 1 :]
    known = stage.partition("[")[0] in kinds.stages()
    return f"{stage_title(stage, chosen_by)} {rest}" if known else column


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return rounded(value)
    return str(sheet.cell(value))


FORMATS: dict[str, Callable[[Sequence[Run], Mapping[str, Sequence[Score]]], str | bytes]] = {
    "csv": to_csv,
    "raw csv": partial(to_csv, raw=True),
    "json": to_json,
    "jsonl": to_json_lines,
    "md": to_markdown,
    "latex": to_latex,
    "parquet": to_parquet,
}
