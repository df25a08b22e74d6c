"""Numbered panes of a screen: a digit opens and closes one, `z` gives one the whole screen, `0`
brings the layout back that the screen came with.

Owns which panes there is room for: in a small terminal one at a time. Announces what is in view,
so that only that is read. Knows nothing of what the panes show.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from textual import events
from textual.containers import Container, Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

_ACROSS = 3
"""Panes from which on two stand beside each other."""
_LEAST = (100, 30)
"""Cells and lines of a terminal that has room for several."""


class Pane(Vertical):
    """One of them, under its number and title."""

    DEFAULT_CSS = """
    Pane { border-top: solid $border; border-title-color: $text-muted; padding: 0 1; }
    Pane:focus-within { border-top: solid $accent 60%; border-title-color: $accent; }
    """

    def __init__(self, name: str, title: str, number: int, *children: Widget) -> None:
        super().__init__(*children, id=f"pane-{name}")
        self.key = name
        self.title, self.number = title, number
        self.say("")

    def say(self, text: str) -> None:
        """Add `text`, which may be data, to its title."""
        more = f"  {text}" if text else ""
        self.border_title = Content(f"{self.number} {self.title}{more}").markup

    def focus_first(self) -> None:
        """Give the keys to what is in it."""
        first = next((w for w in self.walk_children(Widget) if w.focusable), None)
        if first is not None:
            first.focus()


class PaneNames(Horizontal):
    """The panes that there are, in a line: those in view stand out, and a click is a digit."""

    DEFAULT_CSS = """
    PaneNames { height: 1; width: 1fr; padding-left: 2; }
    PaneNames > PaneName { width: auto; padding: 0 0 0 1; color: $text-muted; }
    PaneNames > PaneName.-shown { color: $foreground; text-style: bold; }
    PaneNames > PaneName:hover { color: $accent; }
    """

    @dataclass
    class Chosen(Message):
        """A pane was clicked on."""

        name: str

    def __init__(self, titles: Mapping[str, str]) -> None:
        """`titles`: of each pane, in the order of their digits."""
        super().__init__(
            *(PaneName(name, f"{n} {text}") for n, (name, text) in enumerate(titles.items(), 1))
        )

    def show(self, names: Sequence[str]) -> None:
        """Those in view."""
        for each in self.query(PaneName):
            each.set_class(each.key in names, "-shown")


class PaneName(Static):
    """Digit and title of a pane."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(Content(text))
        self.key = name

    def on_click(self) -> None:
        """As its digit."""
        self.post_message(PaneNames.Chosen(self.key))


class Panes(Container):
    """All of them; those in view in a grid."""

    DEFAULT_CSS = """
    Panes { layout: grid; grid-size: 1; grid-rows: 1fr; height: 1fr; }
    """

    @dataclass
    class Arranged(Message):
        """Others are in view, or another has the keys."""

        shown: tuple[str, ...]
        open: tuple[str, ...]
        """Those that were chosen, also where there is room for one alone."""
        current: str

    def __init__(self, panes: Sequence[Pane], first: Sequence[str], open: Sequence[str]) -> None:
        """`first`: the layout that the screen comes with; `open`: the one to begin with."""
        super().__init__(*panes)
        self._panes = {pane.key: pane for pane in panes}
        self._first = tuple(first)
        self.open = tuple(name for name in open if name in self._panes) or self._first
        self.current = self.open[0]
        self.zoomed = False

    def on_mount(self) -> None:
        """The first of them has the keys."""
        self._arrange()
        self._panes[self.current].focus_first()

    def on_resize(self, event: events.Resize) -> None:
        """Another size has room for others."""
        self._arrange()

    def on_descendant_focus(self) -> None:
        """By mouse or tab: the digit of this one closes it now."""
        focused = next((name for name, pane in self._panes.items() if pane.has_focus_within), "")
        if focused and focused != self.current:
            self.current = focused
            self._announce()

    @property
    def shown(self) -> tuple[str, ...]:
        """Those that there is room for."""
        width, height = self.app.size
        if self.zoomed or width < _LEAST[0] or height < _LEAST[1]:
            return (self.current,)
        return tuple(name for name in self._panes if name in self.open)

    def toggle(self, name: str) -> None:
        """Open a pane and give it the keys; close the one that has them, unless it is the last."""
        alone = self.shown == (self.current,)
        if name != self.current or name not in self.open:
            self.open = (*self.open, name) if name not in self.open else self.open
            self.current = name
        elif not alone:
            self.open = tuple(each for each in self.open if each != name)
            self.current = self.open[0]
        self._arrange()
        self._panes[self.current].focus_first()

    def zoom(self) -> None:
        """The one that has the keys all over the screen, or all of them again."""
        self.zoomed = not self.zoomed
        self._arrange()

    def reset(self) -> None:
        """The layout that the screen comes with."""
        self.zoomed, self.open = False, self._first
        self.current = self._first[0]
        self._arrange()
        self._panes[self.current].focus_first()

    def _arrange(self) -> None:
        shown = self.shown
        across = 2 if len(shown) >= _ACROSS else 1
        self.styles.grid_size_columns = across
        for name, pane in self._panes.items():
            pane.display = name in shown
            wide = name == shown[0] and len(shown) % 2 == 1
            pane.styles.column_span = across if wide else 1
        self._announce()

    def _announce(self) -> None:
        self.post_message(self.Arranged(self.shown, self.open, self.current))
