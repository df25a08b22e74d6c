"""The fields of a form by section, what matters first: what was changed stands at the top.

A section shows what the recipe gives of it and what is wrong, and the rest when it is opened. While
something is searched, all that has it is seen, and nothing else. Owns where a field stands, and
whether it is seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Static

from graftui.tui.form import Form
from graftui.tui.new.field import MOVES, Field
from graftui.tui.text import data


class Section(Static, can_focus=True):
    """The heading of some fields, which folds them."""

    BINDINGS = [
        *MOVES,
        Binding("enter,space", "unfold", "Unfold", show=False, id="form.fold",
                tooltip="of a section: all its settings, or those alone that matter"),
    ]  # fmt: skip

    @dataclass
    class Folded(Message):
        """It is to be opened, or closed."""

    def __init__(self, title: str, fields: Sequence[Field]) -> None:
        super().__init__(classes="section")
        self.title = title
        self.fields = fields
        self.opened = False

    def show(self, words: str) -> None:
        """Those of its fields that are to be seen, and how many are not; `words`: are searched."""
        seen = [f for f in self.fields if (f.has(words) if words else self.opened or f.matters)]
        for field in self.fields:
            field.see(field in seen)
        self.display = bool(seen) or not words
        more = len(self.fields) - len(seen)
        glyph = "▸" if more else "▾"
        told = f"   {more} more" if more and not words else ""
        text = Content.assemble(f"{glyph} ", data(self.title), (told, "$text-disabled"))
        if text != self.content:  # at no key is the form laid out again
            self.update(text, layout=False)

    def action_unfold(self) -> None:
        """Announce it."""
        self.opened = not self.opened
        self.post_message(self.Folded())

    def on_click(self) -> None:
        """The same."""
        self.action_unfold()


class FormBody(VerticalScroll, can_focus=False):
    """All fields."""

    DEFAULT_CSS = """
    FormBody .section { color: $primary; text-style: bold; margin-top: 1; }
    FormBody Section:focus { background: $block-cursor-background; }
    FormBody Section:ansi:focus { text-style: bold reverse; }
    FormBody #form-changed { display: none; color: $warning; }
    """

    def __init__(self, form: Form) -> None:
        super().__init__(id="form-body")
        # Kept, because looking for them among a thousand nodes takes longer than a key may.
        self.fields = {entry.path: Field(entry) for entry in form.entries}
        self._about = [self.fields[e.path] for e in form.entries if not e.part]
        self._sections = [
            Section(group.title, own)
            for group in form.groups
            if (own := [self.fields[e.path] for e in group.entries if e.part])
        ]
        self._moved: list[Field] = []
        """Those that stand at the top, in order."""
        self.words = ""
        """What is searched; empty: nothing."""

    def compose(self) -> ComposeResult:
        """The run, what is changed, and the sections."""
        yield Static("run", classes="section")
        yield from self._about
        yield Static("changed", classes="section", id="form-changed")
        for section in self._sections:
            yield section
            yield from section.fields

    def on_mount(self) -> None:
        """What matters."""
        self.refold()

    @on(Section.Folded)
    def refold(self) -> None:
        """Show what is to be seen."""
        for section in self._sections:
            section.show(self.words)
        self.query_one("#form-changed").display = bool(self._moved)

    def search(self, words: str) -> bool:
        """Show what has these words; none: what matters. Whether anything has them."""
        self.words = words.strip()
        self.refold()
        return not self.words or any(self._matching())

    def _matching(self) -> list[Field]:
        return [f for section in self._sections for f in section.fields if f.has(self.words)]

    def go_to_match(self) -> None:
        """To the first field that has what is searched."""
        for field in self._matching()[:1]:
            field.focus_box()

    @on(Field.Left)
    def _settle(self, event: Field.Left) -> None:
        """A field that was changed goes to the top, one that is as it was goes home."""
        event.stop()
        field = event.field
        if not field.entry.part or field.changed == (field in self._moved):
            return
        if field.changed:
            after: Widget = self._moved[-1] if self._moved else self.query_one("#form-changed")
            self._moved.append(field)
        else:
            self._moved.remove(field)
            after = self._home(field)
        self.move_child(field, after=after)
        field.call(in_full=field.changed)
        self.refold()

    def _home(self, field: Field) -> Widget:
        """What it stands below in its section."""
        section = next(each for each in self._sections if field in each.fields)
        before = section.fields[: section.fields.index(field)]
        return next((f for f in reversed(before) if f not in self._moved), section)
