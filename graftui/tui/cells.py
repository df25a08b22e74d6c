"""The cells of the table of runs: which columns there are at which width, and what stands in them.

Pure functions of a run, the time and the colours.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from graftui.models import Run, RunStatus
from graftui.registry.queue import is_stranded
from graftui.results import columns as known
from graftui.results.columns import Column, for_table
from graftui.results.times import STAMP, reading
from graftui.show.sparks import spark
from graftui.show.states import counted_states, state
from graftui.terminal import Text
from graftui.text import visible
from graftui.tui.text import TONES, Palette, bar

if TYPE_CHECKING:  # it imports pydantic, which the first paint does not wait for
    from graftui.results.run_groups import RunGroup

Columns = tuple[tuple[str, int], ...]
"""Columns that the user chose: name and width, 0 as it comes. The first is always the state."""

_PADDING = 2
_SCROLLBAR = 2
_WIDE = 140
_MEAN = len("93.4±12.3")
_NO_GROUPS = ("kind", "age")
"""What a group is called says its kind."""
_NAME_LEAST = 12
_NAME_MOST = 40

_COLOURS = {"graft": "accent", "name": "", "tuned": "", "recov.": ""}
"""What the eye is to find, in a colour of the theme or in the table's own; the rest is muted."""


def columns(width: int, chosen: Columns = (), grouped: bool = False) -> tuple[Column, ...]:
    """Those that were chosen, or those that fit into `width`; with their widths. Of `grouped` runs
    there is room for a mean with its deviation.
    """
    shown = list(map(_with_room, _of(chosen) or for_table(width)))
    if grouped:
        left_out = () if chosen else _NO_GROUPS if width >= _WIDE else (*_NO_GROUPS, "progress")
        kept = (c for c in shown if c.name not in left_out)
        shown = [replace(each, width=max(each.width, _MEAN if each.number else 0)) for each in kept]
    taken = sum(c.width + _PADDING for c in shown) + _SCROLLBAR
    name = max(_NAME_LEAST, min(_NAME_MOST, width - taken))
    return tuple(replace(c, width=c.width or name) for c in shown)


def _with_room(column: Column) -> Column:
    """As wide as a moment, where that is what it says."""
    dated = column.dated and reading().absolute
    return replace(column, width=max(column.width, STAMP)) if dated else column


def _of(chosen: Columns) -> list[Column]:
    every = [(known.column(name), width) for name, width in chosen]
    return [replace(column, width=width or column.width) for column, width in every]


def heading(column: Column) -> str:
    """Its name, over its cells."""
    if column.name == "status":
        return f"  {column.name}"
    return visible(column.name).rjust(column.width) if column.right else visible(column.name)


def cell(
    column: Column,
    run: Run,
    now: float,
    colours: Palette,
    loss: Sequence[float] = (),
    depth: int = 0,
) -> Text:
    """What stands in `column` for `run`, the state aside; `loss`: of one at work, its curve;
    `depth`: how many rows it stands below.
    """
    if column.name == "progress":
        return _progress(run, column.width, colours, loss)
    words = visible((column.narrow or column.read)(run, now))
    if column.name == "name" and depth:
        words = f"{'  ' * (depth - 1)}└ {words}"
    colour = _COLOURS.get(column.name, "text-muted")
    style = colours[colour] if colour else ""
    return fit(Text(words, style, justify="right" if column.right else "left"), column.width)


def of_group(column: Column, group: "RunGroup", now: float, colours: Palette) -> Text:
    """What stands in `column` for a group, the first aside."""
    if column.name == "name":
        return fit(Text(visible(group.label), "bold"), column.width)
    if column.name in ("id", "progress", "age"):
        return Text("")
    colour = _COLOURS.get(column.name, "text-muted")
    style = colours[colour] if colour else ""
    words = visible(group.cell(column, now, narrow=True))
    return fit(Text(words, style, justify="right" if column.right else "left"), column.width)


def head_of_group(
    group: "RunGroup", opened: bool, marked: bool, width: int, colours: Palette
) -> Text:
    """Whether it is opened, and how many of its runs are in which state."""
    text = Text("▌" if marked else " ", colours["warning"])
    text.append("▾ " if opened else "▸ ", colours["accent"])
    text.append(counted_states(group.states), colours["text-muted"])
    return fit(text, width)


def head(run: Run, marked: bool, colours: Palette) -> Text:
    """Its state, and whether it is marked."""
    look = state(run)
    text = Text("▌" if marked else " ", colours["warning"])
    return text.append(f"{look.glyph} {look.word}", colours[TONES[look.tone]])


def _progress(run: Run, width: int, colours: Palette, loss: Sequence[float]) -> Text:
    dim = colours["text-muted"]
    match run.status:
        case RunStatus.running if run.total:
            done, left = _way(run.progress, width - 5, loss)
            text = Text(done, colours["accent"])
            text.append(left, colours["panel-lighten-2"])
            return text.append(f" {int(100 * run.progress):>3}%")
        case RunStatus.queued if run.sources:
            return fit(Text(f"← {visible(' '.join(run.sources))}", dim), width)
        case RunStatus.cancelled if is_stranded(run):
            return fit(Text(f"← {visible(' '.join(run.sources))}", colours["error"]), width)
        case RunStatus.failed if run.reason:
            return fit(Text(visible(run.reason), colours["error"]), width)
        case RunStatus.cancelled if run.reason:
            return fit(Text(visible(run.reason), dim), width)
        case RunStatus.finished:
            return fit(Text(_extent(run), dim), width)
        case RunStatus.failed | RunStatus.cancelled | RunStatus.lost if run.total:
            return fit(Text(f"{run.step}/{run.total}", dim), width)
        case _:
            return fit(Text(visible(run.phase), dim), width)


def _way(done: float, width: int, loss: Sequence[float]) -> tuple[str, str]:
    """A bar whose part that is done is the curve of the loss."""
    full, left = bar(done, width)
    if len(loss) < 2:
        return full, left
    return spark(loss, max(1, len(full))), left[: width - max(1, len(full))]


def _extent(run: Run) -> str:
    """How much a finished run was: steps of a fine-tuning, weights of a graft."""
    if "weights" in run.summary:
        weights = run.summary["weights"]
        return f"{weights / 1e6:.3g}M wts" if weights >= 1e6 else f"{weights:,.0f} wts"
    steps = run.config.get("train", run.config).get("steps")
    return f"{steps} steps" if steps is not None else ""


def fit(text: Text, width: int) -> Text:
    """`text` in one line of so many cells at most."""
    if text.cell_len > width:
        text.truncate(width, overflow="ellipsis")
    text.no_wrap = True
    return text
