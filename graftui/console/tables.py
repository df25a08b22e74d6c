"""Rich tables of runs, results, comparisons and settings. Prints nothing itself."""

import time
from collections.abc import Sequence
from typing import Any

from rich.table import Table
from rich.text import Text

from graftui.compare import Comparison
from graftui.models import Run, RunStatus, Score

STYLES: dict[RunStatus, tuple[str, str]] = {
    RunStatus.queued: ("○", "dim"),
    RunStatus.starting: ("◌", "cyan"),
    RunStatus.running: ("●", "cyan"),
    RunStatus.finished: ("✓", "green"),
    RunStatus.failed: ("✗", "red"),
    RunStatus.cancelled: ("⊘", "yellow"),
    RunStatus.lost: ("?", "magenta"),
}
STAGES = {
    "pretrained": "pretrained",
    "finetuned": "fine-tuned",
    "base_patch": "base patch",
    "learnt_graft": "learnt graft",
}


def status(run: Run) -> Text:
    """Glyph and word of a run's status, and how far it is."""
    glyph, style = STYLES[run.status]
    text = Text(f"{glyph} {run.status}", style)
    if run.status is RunStatus.failed and run.reason:
        text.append(f" ({run.reason})")
    if run.status is RunStatus.running and run.total:
        text.append(f" {run.phase} {run.step}/{run.total}", "dim")
    return text


def duration(seconds: float | None) -> str:
    """12 s, 3:05 min, 2:10 h."""
    if seconds is None:
        return ""
    whole = int(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02d} min"
    return f"{whole // 3600}:{whole % 3600 // 60:02d} h"


def plain(value: Any) -> str:
    """A setting's value as a person writes it."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return ", ".join(map(plain, value))
    if isinstance(value, dict):
        return ", ".join(f"{key}: {plain(one)}" for key, one in value.items())
    return "" if value is None else str(value)


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.1f}"


def runs(found: Sequence[Run], width: int) -> Table:
    """One line a run; in a narrow terminal the columns that matter least are left out."""
    wide = {"kind": 70, "task": 90, "recov.": 75, "zero-shot": 85, "time": 100}
    wide |= {"name": 110, "weights": 120, "model": 130, "age": 140}
    right = ("zero-shot", "tuned", "graft", "recov.", "weights", "time", "age")
    left = ("id", "name", "kind", "status", "task", "model")
    columns = [name for name in (*left, *right) if width >= wide.get(name, 0)]
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in columns:
        table.add_column(
            name,
            no_wrap=True,
            overflow="ellipsis",
            justify="right" if name in right else "left",
            min_width=6 if name == "id" else None,  # every verb asks for it
        )
    for run in found:
        cells = _cells(run)
        table.add_row(*(cells[name] for name in columns))
    return table


def _cells(run: Run) -> dict[str, str | Text]:
    task, model, scores = run.config.get("task", {}), run.config.get("model", {}), run.summary
    return {
        "id": run.id, "name": run.name, "kind": run.kind, "status": status(run),
        "task": task.get("name", ""), "model": model.get("name", "").rstrip("/").split("/")[-1],
        "zero-shot": _percent(scores.get("pretrained")), "tuned": _percent(scores.get("finetuned")),
        "graft": _percent(scores.get("learnt_graft")), "recov.": _percent(scores.get("recovery")),
        "weights": f"{scores['weights']:,.0f}" if "weights" in scores else "",
        "time": duration(run.seconds), "age": duration(time.time() - run.created_at),
    }  # fmt: skip


def results(scores: Sequence[Score], title: str = "") -> Table:
    """Scores on the test rows: pretrained, fine-tuned, and for each sparsity patch and graft."""
    table = Table(title=title or None, title_justify="left", header_style="bold")
    table.add_column("")
    names = (
        "sparsity",
        "weights",
        "accuracy %",
        "loss",
        "ECE %",
        "agreement %",
        "recovery %",
        "of gain %",
    )
    for name in names:
        table.add_column(name, justify="right")
    for score in scores:
        if score.split != "test":
            continue
        s = score.scores
        table.add_row(
            STAGES[score.stage],
            "" if score.sparsity is None else f"{score.sparsity:g}",
            f"{s['weights']:,.0f}" if "weights" in s else "",
            _percent(s.get("accuracy")), f"{s['loss']:.3f}" if "loss" in s else "",
            *(_percent(s.get(n)) for n in ("ece", "agreement", "recovery", "gain_recovery")),
            style="bold" if score.stage == "learnt_graft" else "",
        )  # fmt: skip
    return table


def comparison(found: Comparison) -> Table:
    """A column a run: the settings that differ, then the scores."""
    table = Table(header_style="bold")
    table.add_column("")
    for run in found.runs:
        table.add_column(f"{run.id}\n{run.name}", justify="right")
    for path, row in found.settings.items():
        table.add_row(Text(path, "cyan"), *map(plain, row))
    table.add_section()
    for name, values in found.scores.items():
        table.add_row(name, *("" if v is None else f"{v:.4g}" for v in values))
    return table


def settings(values: dict[str, Any]) -> Table:
    """path = value, one a line."""
    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_column(style="cyan", no_wrap=True)
    table.add_column()
    for path, value in values.items():
        table.add_row(path, plain(value))
    return table
