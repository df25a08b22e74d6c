"""How things read: glyphs, colours, numbers and times. The same words as on the command line."""

import math
from collections.abc import Mapping

from rich.cells import cell_len, set_cell_size
from textual.color import Color
from textual.content import Content

from graftui.models import Run, RunStatus
from graftui.text import visible

Palette = Mapping[str, str]
"""Name of a theme's variable -> colour as Rich knows it."""

_NAMES = (
    "foreground", "text-muted", "text-disabled", "accent", "primary", "secondary", "success",
    "warning", "error", "panel-lighten-2",
)  # fmt: skip
# In many themes these are a share of whatever is behind: "auto 60%".
_FADED = {"text-muted": 0.4, "text-disabled": 0.6}


def palette(variables: Mapping[str, str]) -> Palette:
    """Colours for what Rich draws, which knows no themes."""
    return {name: _colour(name, variables[name], variables) for name in _NAMES}


def _colour(name: str, value: str, variables: Mapping[str, str]) -> str:
    if value.startswith("ansi_") or variables["foreground"].startswith("ansi_"):
        plain = value.split()[0].removeprefix("ansi_")
        if name in _FADED:
            return "bright_black"  # no telling what is behind
        return "default" if plain == "transparent" else plain
    if not value.startswith("auto"):
        return Color.parse(value).hex6
    ink, ground = Color.parse(variables["foreground"]), Color.parse(variables["background"])
    return ink.blend(ground, _FADED.get(name, 0.0)).hex6


GLYPHS: dict[RunStatus, tuple[str, str]] = {
    RunStatus.held: ("=", "warning"),
    RunStatus.queued: ("○", "text-muted"),
    RunStatus.starting: ("◌", "accent"),
    RunStatus.running: ("●", "accent"),
    RunStatus.finished: ("✓", "success"),
    RunStatus.failed: ("✗", "error"),
    RunStatus.cancelled: ("⊘", "warning"),
    RunStatus.lost: ("?", "secondary"),
}
"""Glyph, and the theme's variable for its colour."""
_CONDITIONS = {"stalled": ("!", "warning"), "elsewhere": ("→", "secondary")}


def standing(run: Run) -> tuple[str, str, str]:
    """Glyph, word and colour: of the run's condition, if there is one to be told, or its status."""
    if run.status.active and run.condition in _CONDITIONS:
        glyph, colour = _CONDITIONS[run.condition]
        return glyph, run.condition, colour
    glyph, colour = GLYPHS[run.status]
    return glyph, run.status, colour


def data(text: str, style: str = "") -> Content:
    """What a user or a run wrote, in one line: nothing in it is read as markup."""
    return Content.styled(visible(text), style)


def cut(text: str, width: int) -> str:
    """`text` in at most so many cells, with a sign where there was more."""
    return text if cell_len(text) <= width else f"{set_cell_size(text, width - 1)}…"


def percent(value: float | None, digits: int = 1) -> str:
    """0.934 as 93.4; nan as undef., which is as wide as a cell."""
    if value is None:
        return ""
    return "undef." if math.isnan(value) else f"{100 * value:.{digits}f}"


def age(seconds: float) -> str:
    """The one unit that says it: 5s, 12m, 3h, 9d."""
    whole = max(0, int(seconds))
    for unit, size in (("d", 86400), ("h", 3600), ("m", 60)):
        if whole >= size:
            return f"{whole // size}{unit}"
    return f"{whole}s"


def took(seconds: float | None) -> str:
    """How long: 42s, 3:05, 2:10:00."""
    if seconds is None:
        return ""
    whole = int(seconds)
    if whole < 60:
        return f"{whole}s"
    hours, rest = divmod(whole, 3600)
    if hours:
        return f"{hours}:{rest // 60:02d}:{rest % 60:02d}"
    return f"{rest // 60}:{rest % 60:02d}"


def size(count: int) -> str:
    """Bytes, to three digits."""
    value = float(count)
    for unit in ("B", "kB", "MB", "GB"):
        if value < 1000 or unit == "GB":
            return f"{value:.0f} {unit}" if unit == "B" else f"{value:.3g} {unit}"
        value /= 1000
    return ""


def bar(done: float, width: int) -> tuple[str, str]:
    """A line of `width` cells: what is done, a share, and what is left."""
    full = round(width * min(1.0, done))
    return "━" * full, "─" * (width - full)
