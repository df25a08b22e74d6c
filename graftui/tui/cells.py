"""The cells of the table of runs: which columns there are at which width, and what stands in them.

Pure functions of a run, the time and the colours.
"""

from dataclasses import dataclass

from graftui.models import Run, RunStatus
from graftui.terminal import Text
from graftui.text import visible
from graftui.tui.text import Palette, age, bar, percent, standing, took

_PADDING = 2
_NAME_LEAST = 12
_NAME_MOST = 40


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table."""

    key: str
    title: str
    width: int
    """In cells; 0: what is left."""
    since: int = 0
    """Shown in terminals of this width and more."""
    right: bool = False


COLUMNS = (
    Column("status", "  status", 12),
    Column("id", "id", 6),
    Column("name", "name", 0),
    Column("kind", "kind", 8, since=100),
    Column("task", "task", 12),
    Column("model", "model", 16, since=136),
    Column("progress", "progress", 11),
    Column("tuned", "tuned", 5, right=True),
    Column("graft", "graft", 5, right=True),
    Column("recovery", "recov.", 6, since=100, right=True),
    Column("took", "took", 7, since=108, right=True),
    Column("age", "age", 4, since=116, right=True),
    Column("tags", "tags", 16, since=150),
)


def columns(width: int) -> tuple[Column, ...]:
    """Those that fit into `width`, with their widths."""
    shown = [c for c in COLUMNS if width >= c.since]
    scrollbar = 2
    taken = sum(c.width + _PADDING for c in shown) + scrollbar
    name = max(_NAME_LEAST, min(_NAME_MOST, width - taken))
    return tuple(Column(c.key, c.title, c.width or name, c.since, c.right) for c in shown)


def cell(column: Column, run: Run, now: float, marked: bool, colours: Palette) -> Text:
    """What stands in `column` for `run`."""
    dim = colours["text-muted"]
    if column.key == "status":
        return _status(run, marked, colours)
    if column.key == "progress":
        return _progress(run, column.width, colours)
    if column.key == "name":
        return _fit(Text(visible(run.name)), column.width)
    score = {"tuned": "finetuned", "graft": "learnt_graft", "recovery": "recovery"}.get(column.key)
    if score:
        style = colours["accent"] if score == "learnt_graft" else ""
        return Text(percent(_figure(run, score)), style, justify="right")
    words = visible(_words(column.key, run, now))
    text = Text(words, dim, justify="right" if column.right else "left")
    # The table is sorted by whole ids, however long.
    return text if column.key == "id" else _fit(text, column.width)


def _figure(run: Run, score: str) -> float | None:
    """Of a graft that was not to be learnt, the base patch is all there is."""
    instead = run.summary.get("base_patch") if score == "learnt_graft" else None
    return run.summary.get(score, instead)


def _words(key: str, run: Run, now: float) -> str:
    match key:
        case "id":
            return run.id
        case "kind":
            return run.kind
        case "task":
            return str(run.config.get("task", {}).get("name", ""))
        case "model":
            name = str(run.config.get("model", {}).get("name", ""))
            return name.rstrip("/").rpartition("/")[2]
        case "took":
            return took(seconds(run, now))
        case "age":
            return age(now - run.created_at)
        case _:
            return " ".join(run.tags)


def seconds(run: Run, now: float) -> float | None:
    """How long it has run at the time `now`, or ran."""
    if run.started_at is not None and run.status.active:
        return max(0.0, now - run.started_at)
    return run.seconds


def _status(run: Run, marked: bool, colours: Palette) -> Text:
    glyph, word, colour = standing(run)
    text = Text("▌" if marked else " ", colours["warning"])
    text.append(f"{glyph} {word}", colours[colour])
    return text


def _progress(run: Run, width: int, colours: Palette) -> Text:
    dim = colours["text-muted"]
    match run.status:
        case RunStatus.running if run.total:
            done, left = bar(run.progress, width - 5)
            text = Text(done, colours["accent"])
            text.append(left, colours["panel-lighten-2"])
            return text.append(f" {int(100 * run.progress):>3}%")
        case RunStatus.queued if run.sources:
            return _fit(Text(f"← {visible(' '.join(run.sources))}", dim), width)
        case RunStatus.failed if run.reason:
            return Text(str(run.reason), colours["error"])
        case RunStatus.finished:
            return _fit(Text(_extent(run), dim), width)
        case RunStatus.failed | RunStatus.cancelled | RunStatus.lost if run.total:
            return _fit(Text(f"{run.step}/{run.total}", dim), width)
        case _:
            return _fit(Text(visible(run.phase), dim), width)


def _extent(run: Run) -> str:
    """How much a finished run was: steps of a fine-tuning, weights of a graft."""
    if "weights" in run.summary:
        weights = run.summary["weights"]
        return f"{weights / 1e6:.3g}M wts" if weights >= 1e6 else f"{weights:,.0f} wts"
    steps = run.config.get("train", run.config).get("steps")
    return f"{steps} steps" if steps is not None else ""


def _fit(text: Text, width: int) -> Text:
    if text.cell_len > width:
        text.truncate(width, overflow="ellipsis")
    text.no_wrap = True
    return text
