"""The terminal, and what is printed on it: the one way by which text gets there.

Data is shown as it is. No markup, emoji or link is parsed in any string, styles are given beside
it, and what would not be seen is made visible before the layout. Rich's own Console, Table and
Text are for nobody else.
"""

from collections.abc import Iterable
from typing import Any

from rich import console as rich_console
from rich import status as rich_status
from rich import table as rich_table
from rich import text as rich_text
from rich.console import RenderableType
from rich.protocol import is_renderable

from graftui.text import spelt, visible, visible_lines


class Text(rich_text.Text):
    """Text with styles. Lines stay lines."""

    def __init__(self, text: str = "", *arguments: Any, **options: Any) -> None:
        super().__init__(visible_lines(text), *arguments, **options)

    def append(self, text: rich_text.Text | str, style: Any = None) -> "Text":
        """Add `text` at the end."""
        super().append(visible_lines(text) if isinstance(text, str) else text, style)
        return self


class Table(rich_table.Table):
    """A table whose cells keep to their row."""

    def add_row(self, *cells: RenderableType | None, **options: Any) -> None:
        """Add a row; a string becomes one line."""
        lines = (visible(cell) if isinstance(cell, str) else cell for cell in cells)
        super().add_row(*lines, **options)


class Console(rich_console.Console):
    """A console for which a string is data."""

    def render_str(self, text: str, **options: Any) -> rich_text.Text:
        """Every string that is printed comes by here."""
        kept = {name: options.get(name) for name in ("justify", "overflow")}
        whole = Text(text, options.get("style", ""), **kept)
        if not self.encoding.startswith("utf"):
            whole.plain = spelt(whole.plain, self.encoding)  # now: the layout counts cells
        return whole

    def print(self, *objects: Any, **options: Any) -> None:
        """Print strings, and what Rich can draw; all else as its `str`."""
        drawn = (o if is_renderable(o) else str(o) for o in objects)
        super().print(*drawn, **options)

    def lines(self, texts: Iterable[str]) -> None:
        """Print lines as they come, without a layout: there may be millions."""
        write = self.file.write
        for text in texts:
            write(f"{visible_lines(text)}\n")

    def status(self, status: RenderableType, **options: Any) -> rich_status.Status:
        """What is waited for, while it is."""
        spinner = "line" if self.options.ascii_only else "dots"
        text = Text(status) if isinstance(status, str) else status
        return super().status(text, **{"spinner": spinner, **options})
