"""The lines of a matrix in the colours of the theme. No widget: grid.py has the cursor.

Owns which colour says what: a glyph has its state's, the ground of a figure is the warmer the
better the figure is among those of the matrix.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.color import Color

from graftui.tui.sweep.drawing import GAP, MEAN, Drawn, Frame, Mark
from graftui.tui.text import TONES, Palette, cut

_COOLEST, _WARMEST = 0.03, 0.4
"""How much of the accent the ground of the worst and of the best figure has."""
_STEPS = 10


@dataclass(frozen=True, slots=True)
class View:
    """What of a matrix is looked at."""

    seen: Frame
    first: tuple[int, int]
    """The row and the column at the top left."""
    cursor: tuple[int, int]


@dataclass(slots=True)
class Brush:
    """Colours, and the styles that were mixed of them."""

    colours: Palette
    ground: Style
    behind: str
    """The theme's background."""
    _styles: dict[tuple[object, ...], Style] = field(default_factory=dict)

    def style(self, variable: str, bold: bool = False) -> Style:
        """In that colour of the theme."""
        return self.on(self.ground, variable, bold)

    def on(self, ground: Style, variable: str, bold: bool = False) -> Style:
        """The same on another ground."""
        key = (ground, variable, bold)
        if key not in self._styles:
            self._styles[key] = ground + Style(color=self.colours[variable], bold=bold or None)
        return self._styles[key]

    def warm(self, warmth: float | None) -> Style:
        """The ground of a figure; the plain one where the terminal's own colours are used."""
        accent = self.colours["accent"]
        if warmth is None or not 0 <= warmth <= 1 or not accent.startswith("#"):
            return self.ground
        step = round(warmth * _STEPS)
        if (step,) not in self._styles:
            share = _COOLEST + (_WARMEST - _COOLEST) * step / _STEPS
            tint = Color.parse(self.behind).blend(Color.parse(accent), share)
            self._styles[step,] = self.ground + Style(bgcolor=tint.hex6)
        return self._styles[step,]


def painted(words: Drawn, view: View, brush: Brush, cursor: Style, y: int) -> list[Segment]:
    """The line `y` of the widget; `cursor`: how the cell under it looks."""
    row = view.first[0] + y - view.seen.head
    if y < view.seen.head:
        return _head(words, view, brush, y)
    return _row(words, view, brush, cursor, row) if row < len(words.marks) else []


def _columns(words: Drawn, view: View) -> range:
    left = view.first[1]
    return range(left, min(left + view.seen.across, len(words.heads)))


def _head(words: Drawn, view: View, brush: Brush, y: int) -> list[Segment]:
    """An axis with its values, or the titles of the labels."""
    seen, dim = view.seen, brush.style("text-muted")
    if y >= len(words.axes):
        titles = _sized(_joined(words.titles, words.label_widths), seen.labels)
        space = " " * (seen.each * seen.across)
        mean = [Segment(space, dim), *_right(MEAN, words.mean_width, dim)] if words.means else []
        return [Segment(titles, dim), *mean]
    parts = [*_right(words.axes[y], seen.labels - GAP, dim), Segment(" " * GAP, dim)]
    if not seen.figures:
        return [*parts, *_value(words, view, brush, y)]
    for column in _columns(words, view):
        style = brush.style("primary", bold=True) if column == view.cursor[1] else dim
        parts += [*_right(words.heads[column][y], seen.each - 1, style), Segment(" ", style)]
    return parts


def _value(words: Drawn, view: View, brush: Brush, y: int) -> list[Segment]:
    """Of the column under the cursor, where there is no room for that of each."""
    text, room = words.heads[view.cursor[1]][y], view.seen.across * view.seen.each
    before = (view.cursor[1] - view.first[1]) * view.seen.each
    before = max(0, min(before, room - cell_len(text)))
    style = brush.style("primary", bold=True)
    return [Segment(" " * before, style), Segment(_sized(text, room - before), style)]


def _row(words: Drawn, view: View, brush: Brush, cursor: Style, row: int) -> list[Segment]:
    here = row == view.cursor[0]
    label = _sized(_joined(words.labels[row], words.label_widths), view.seen.labels)
    parts = [Segment(label, brush.style("primary", bold=True) if here else brush.ground)]
    for column in _columns(words, view):
        mark = words.marks[row][column]
        at_cursor = here and column == view.cursor[1]
        ground = cursor if at_cursor else brush.warm(mark.warmth if mark else None)
        parts += _cell(mark, view.seen, brush, ground)
    if words.means:
        parts += _right(words.means[row], words.mean_width, brush.style("accent", bold=True))
    return parts


def _cell(mark: Mark | None, seen: Frame, brush: Brush, ground: Style) -> list[Segment]:
    if mark is None:
        return [Segment(" " * seen.each, ground)]
    glyph = brush.on(ground, TONES[mark.look.tone])
    if not seen.figures:
        return [Segment(mark.look.glyph + " " * (seen.each - 1), glyph)]
    words = cut(mark.words, seen.each - 3)
    room = seen.each - 2 - (cell_len(words) + 1 if words else 0)
    figure = brush.on(ground, "foreground") if mark.warmth is not None else glyph
    return [
        Segment(" " * room, ground),  # by itself: a picture of the screen drops it before text
        Segment(mark.look.glyph, glyph),
        Segment(f" {words} " if words else " ", figure),
    ]


def _joined(texts: Sequence[str], widths: Sequence[int]) -> str:
    return "".join(
        _sized(text, width) + " " * GAP for text, width in zip(texts, widths, strict=True)
    )


def _sized(text: str, width: int) -> str:
    return set_cell_size(cut(text, width), width)


def _right(text: str, width: int, style: Style) -> list[Segment]:
    text = cut(text, max(1, width))
    return [Segment(" " * max(0, width - cell_len(text)), style), Segment(text, style)]
