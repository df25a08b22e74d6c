"""The line of keys below a screen, as one widget.

Textual's own has a widget a key, and makes all of them anew whenever the focus moves: in a form
that took longer than all else that a key does.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from rich.cells import cell_len
from textual import events
from textual.app import ComposeResult
from textual.content import Content
from textual.geometry import Size
from textual.screen import Screen
from textual.style import Style
from textual.widget import Widget
from textual.widgets import Footer

from graftui.tui.text import data


@dataclass(frozen=True, slots=True)
class KeyHint:
    """One key, and what it does."""

    key: str
    """What Textual calls it."""
    shown: str
    text: str
    enabled: bool
    tooltip: str

    @property
    def width(self) -> int:
        """In cells, with what stands around it."""
        return cell_len(f" {self.shown} {self.text} ")

    def drawn(self, key: Style, text: Style) -> Content:
        """The key and what it does; dim if it does nothing here."""
        line = Content.assemble((f" {self.shown} ", key), (f"{self.text} ", text))
        return line if self.enabled else line.stylize("dim")


class KeyLine(Widget):
    """Keys side by side; a click on one is as good as pressing it."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES = {"footer-key--key", "footer-key--description"}
    DEFAULT_CSS = """
    KeyLine {
        width: auto;
        height: 1;
        text-wrap: nowrap;
        pointer: pointer;
        .footer-key--key { text-style: bold; }
    }
    """

    def __init__(self) -> None:
        super().__init__()
        self.hints: tuple[KeyHint, ...] = ()

    def show(self, hints: Iterable[KeyHint]) -> None:
        """Show these; drawn anew only if they are others."""
        before, self.hints = self.hints, tuple(hints)
        if self.hints != before:
            self.refresh(layout=True)

    def get_content_width(self, container: Size, viewport: Size) -> int:
        """All of them, in cells."""
        return sum(hint.width for hint in self.hints)

    def render(self) -> Content:
        """All of them, in one line."""
        key = self.get_visual_style("footer-key--key")
        text = self.get_visual_style("footer-key--description")
        return Content("").join(hint.drawn(key, text) for hint in self.hints)

    def hint_at(self, x: int) -> KeyHint | None:
        """What stands so many cells from the left."""
        for hint in self.hints:
            x -= hint.width
            if x < 0:
                return hint
        return None

    def on_mouse_down(self, event: events.MouseDown) -> None:
        """Press it."""
        hint = self.hint_at(event.x)
        if hint is None or not hint.enabled:
            self.app.bell()
        else:
            self.app.simulate_key(hint.key)

    def on_mouse_move(self, event: events.MouseMove) -> None:
        """Say more of what is below the mouse."""
        hint = self.hint_at(event.x)
        self.tooltip = data(hint.tooltip) if hint and hint.tooltip else None


class KeyFooter(Footer):
    """The keys of where the user is; it is scrolled where it has not room for all."""

    def __init__(self) -> None:
        super().__init__(show_command_palette=False)

    def compose(self) -> ComposeResult:
        """One line, which is filled as soon as the keys are known."""
        yield KeyLine()

    def bindings_changed(self, screen: Screen[object]) -> None:
        """Others hold where the focus is now."""
        if screen.app.app_focus and self.is_attached and screen is self.screen:
            self.call_after_refresh(self._show)

    def _show(self) -> None:
        for line in self.query(KeyLine):
            line.show(self._hints())

    def _hints(self) -> Iterator[KeyHint]:
        """One an action; the first of its keys."""
        actions: set[str] = set()
        for _, binding, enabled, tooltip in self.screen.active_bindings.values():
            if binding.show and binding.action not in actions:
                actions.add(binding.action)
                shown = self.app.get_key_display(binding)
                yield KeyHint(binding.key, shown, binding.description, enabled, tooltip)
