"""Rich tables of runs, results and settings. Prints nothing itself."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rich.console import ConsoleOptions, RenderResult

from graftui.models import Run, RunStatus, Score
from graftui.results.figures import figure, plain, rounded, sparsities, subject
from graftui.results.score_table import GAP, score_table
from graftui.show.lines import Column, Lines
from graftui.terminal import Console, Table, Text
from graftui.text import visible

STYLES: dict[RunStatus, tuple[str, str]] = {
    RunStatus.held: ("=", "yellow"),
    RunStatus.queued: ("○", "dim"),
    RunStatus.starting: ("◌", "cyan"),
    RunStatus.running: ("●", "cyan"),
    RunStatus.finished: ("✓", "green"),
    RunStatus.failed: ("✗", "red"),
    RunStatus.cancelled: ("⊘", "yellow"),
    RunStatus.lost: ("?", "magenta"),
}


def status(run: Run) -> Text:
    """Glyph and word of a run's status, and how far it is."""
    glyph, style = STYLES[run.status]
    text = Text(f"{glyph} {run.condition if run.status.active and run.condition else run.status}")
    text.stylize("yellow" if run.condition == "stalled" else style)
    if run.condition and not run.status.active:
        text.append(f" {run.condition}", "dim")
    if run.status is RunStatus.failed and run.reason:
        text.append(f" ({run.reason})")
    if run.status is RunStatus.running and run.total:
        whole = "" if run.done is None else f" {100 * run.done:.0f} %"
        text.append(f"{whole} {visible(run.phase)} {run.step}/{run.total}", "dim")
    return text


def duration(seconds: float | None) -> str:
    """12 s, 3:05 min, 2:10 h."""
    if seconds is None:
        return ""
    whole = max(0, int(seconds))  # less: another clock made that time
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d} min"
    return f"{whole // 3600}:{whole % 3600 // 60:02d} h"


def _percent(value: float | None) -> str:
    return "" if value is None else rounded(100 * value, ".1f")


_WIDE = 120
"""Cells of a terminal from which on there is room for the localizer of a graft."""


def runs(found: Sequence[Run], width: int) -> Lines:
    """One line a run; in a narrow terminal the columns that matter least are left out."""
    wide = {"kind": 70, "recov.": 75, "sparsity": 80, "weights": 80, "task": 95, "name": 110}
    wide |= {"zero-shot": 120, "time": 130, "model": 145, "age": 155}
    right = ("zero-shot", "tuned", "graft", "recov.", "sparsity", "weights", "time", "age")
    left = ("id", "name", "kind", "status", "task", "model")
    names = [name for name in (*left, *right) if width >= wide.get(name, 0)]
    least = {"id": 6}  # every verb asks for it
    columns = [Column(name, name in right, least.get(name, 1)) for name in names]
    rows = []
    for run in found:
        cells = _cells(run)
        if width < _WIDE:
            cells["kind"] = run.kind
        rows.append([cells[name] for name in names])
    return Lines(columns, rows)


def _cells(run: Run) -> dict[str, str | Text]:
    task, model, scores = run.config.get("task", {}), run.config.get("model", {}), run.summary
    # Of a graft that was not to be learnt, the base patch is all there is.
    graft = scores.get("learnt_graft", scores.get("base_patch"))
    return {
        "id": run.id, "name": run.name, "kind": subject(run), "status": status(run),
        "task": task.get("name", ""), "model": model.get("name", "").rstrip("/").split("/")[-1],
        "zero-shot": _percent(scores.get("pretrained")), "tuned": _percent(scores.get("finetuned")),
        "graft": _percent(graft), "recov.": _percent(scores.get("recovery")),
        "sparsity": sparsities(run.config), "weights": figure("weights", scores.get("weights")),
        "time": duration(run.seconds), "age": duration(time.time() - run.created_at),
    }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Results:
    """Scores on the test sets: pretrained, fine-tuned, and for each sparsity patch and graft.

    In a narrow terminal the columns that matter least are left out.
    """

    scores: Sequence[Score]
    title: str = ""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """The table at the console's width."""
        found = score_table(self.scores, options.max_width)
        table = Table(
            box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold",
            title=self.title or None, title_justify="left",
        )  # fmt: skip
        for place, title in enumerate(found.titles):
            table.add_column(title, justify="right" if place else "left", no_wrap=True)
        for stage, row in zip(found.stages, found.rows, strict=True):
            table.add_row(*row, style="bold" if stage == "learnt_graft" else "")
        yield table


def settings(values: dict[str, Any]) -> Table:
    """path = value, one a line."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="cyan", no_wrap=True)
    table.add_column()
    for path, value in values.items():
        table.add_row(path, plain(value))
    return table
