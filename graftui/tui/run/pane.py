"""What is inside a tab of a run's details: shows a snapshot, announces what else it needs read."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from graftui.tui.run.feed import Detail
from graftui.tui.text import say


class Pane(Vertical):
    """The inside of a tab."""

    @dataclass
    class Looked(Message):
        """Something else of the run is in view: fields of RunPage."""

        changes: Mapping[str, Any]

    def __init__(self, id: str) -> None:
        super().__init__(id=id)

    def show(self, detail: Detail) -> None:
        """Show a run, or what is new of it."""
        raise NotImplementedError

    def forget(self) -> None:
        """Another run comes."""

    def inside(self) -> Widget:
        """What has the keys."""
        raise NotImplementedError


class Body(VerticalScroll):
    """Text that is scrolled."""

    BINDINGS = [
        Binding("j", "scroll_down", show=False),
        Binding("k", "scroll_up", show=False),
        Binding("g", "scroll_home", show=False),
        Binding("G", "scroll_end", show=False),
    ]


class TextPane(Pane):
    """Words about a run, in a given width."""

    def __init__(self, id: str, words: Callable[[Detail, int], Content]) -> None:
        super().__init__(id)
        self._words = words
        self._detail: Detail | None = None

    def compose(self) -> ComposeResult:
        """A text that scrolls."""
        with Body(classes="body"):
            yield Static()

    def show(self, detail: Detail) -> None:
        """What there is to say of it now."""
        self._detail = detail
        text = self.query_one(Static)
        say(text, self._words(detail, self.size.width), layout=False)
        width, height = text.content_size
        if text.get_content_height(self.size, self.app.size, width) != height:
            text.refresh(layout=True)

    def on_resize(self) -> None:
        """It may be shown before it has a width, and a wider one has room for more."""
        if self._detail is not None:
            self.show(self._detail)

    def forget(self) -> None:
        """From the top."""
        self._detail = None
        self.inside().scroll_home(animate=False)

    def inside(self) -> Widget:
        """What scrolls."""
        return self.query_one(Body)
