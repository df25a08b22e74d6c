"""The cells of the table of runs: which columns there are at which width, and what stands in them.

Pure functions of a run, the time and the colours.
"""

from dataclasses import replace

from graftui.models import Run, RunStatus
from graftui.results.columns import Column, for_table
from graftui.show.states import state
from graftui.terminal import Text
from graftui.text import visible
from graftui.tui.text import TONES, Palette, bar

_PADDING = 2
_NAME_LEAST = 12
_NAME_MOST = 40

_COLOURS = {"graft": "accent", "name": "", "tuned": "", "recov.": ""}
"""What the eye is to find, in a colour of the theme or in the table's own; the rest is muted."""


def columns(width: int) -> tuple[Column, ...]:
    """Those that fit into `width`, with their widths."""
    shown = for_table(width)
    scrollbar = 2
    taken = sum(c.width + _PADDING for c in shown) + scrollbar
    name = max(_NAME_LEAST, min(_NAME_MOST, width - taken))
    return tuple(replace(c, width=c.width or name) for c in shown)


def heading(column: Column) -> str:
    """Its name, over its cells."""
    if column.name == "status":
        return f"  {column.name}"
    return column.name.rjust(column.width) if column.right else column.name


def cell(column: Column, run: Run, now: float, marked: bool, colours: Palette) -> Text:
    """What stands in `column` for `run`."""
    if column.name == "status":
        return _status(run, marked, colours)
    if column.name == "progress":
        return _progress(run, column.width, colours)
    words = visible((column.narrow or column.read)(run, now))
    colour = _COLOURS.get(column.name, "text-muted")
    style = colours[colour] if colour else ""
    text = Text(words, style, justify="right" if column.right else "left")
    # The table is sorted by whole ids, however long.
    return text if column.name == "id" else _fit(text, column.width)


def _status(run: Run, marked: bool, colours: Palette) -> Text:
    look = state(run)
    text = Text("▌" if marked else " ", colours["warning"])
    text.append(f"{look.glyph} {look.word}", colours[TONES[look.tone]])
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
        case RunStatus.cancelled if run.reason:
            return Text(str(run.reason), dim)
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
