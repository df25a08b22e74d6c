"""Colours of a theme, and text that fits its cells. What is said is in graftui.show and results."""

from collections.abc import Mapping

from rich.cells import cell_len, set_cell_size
from textual.color import Color
from textual.content import Content
from textual.widgets import DataTable, Static

from graftui.show.states import Tone
from graftui.terminal import Text
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


TONES = {
    Tone.dim: "text-muted", Tone.active: "accent", Tone.good: "success", Tone.bad: "error",
    Tone.warning: "warning", Tone.unsure: "secondary",
}  # fmt: skip
"""Tone -> the theme's variable for its colour."""


def keep_cursor_readable(table: DataTable[Text]) -> None:
    """In the terminal's own colours, of which any may be the cursor's ground, the cells under it
    have the cursor's ink; else their own.
    """
    table.cursor_foreground_priority = "css" if table.app.native_ansi_color else "renderable"


def say(static: Static, content: Content, layout: bool = True) -> None:
    """Have it show `content`. Where it does already, nothing is done: Textual would lay out the
    screen anew at every look, and send all of it to the terminal.
    """
    now = static.content
    if not (isinstance(now, Content) and now.is_same(content)):
        static.update(content, layout=layout)


def data(text: str, style: str = "") -> Content:
    """What a user or a run wrote, in one line: nothing in it is read as markup."""
    return Content.styled(visible(text), style)


def cut(text: str, width: int) -> str:
    """`text` in at most so many cells, with a sign where there was more."""
    return text if cell_len(text) <= width else f"{set_cell_size(text, width - 1)}…"


def bar(done: float, width: int) -> tuple[str, str]:
    """A line of `width` cells: what is done, a share, and what is left."""
    full = round(width * min(1.0, done))
    return "━" * full, "─" * (width - full)
