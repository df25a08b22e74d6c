"""The filter: a line that is there for as long as there is one, and how many runs meet it.

While one types, what could come next stands below, or what is wrong, at the place. It announces
what is typed; it knows no registry.
"""

from dataclasses import dataclass

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Label, OptionList, Static

from graftui.errors import GraftuiError
from graftui.registry.query.at_cursor import settled
from graftui.registry.query.offers import Offers
from graftui.results.figures import counted
from graftui.tui.completed import CompletedInput, OfferList
from graftui.tui.remembered import Remembered
from graftui.tui.runs import filter_history
from graftui.tui.runs.feed import RunsSeen
from graftui.tui.runs.filter_feed import FilterTyped
from graftui.tui.text import cut, data, say

_INDENT = 3
"""Cells before the line's first letter, under which the list begins."""
_REMEDY = 110
"""Cells of a remedy, at most: all the keys that there are come last in it, and in the list."""


class FilterBar(Vertical):
    """Where conditions and words are typed."""

    BINDINGS = [Binding("escape", "leave", "As before")]
    DEFAULT_CSS = f"""
    FilterBar {{ display: none; height: 1; background: $surface; }}
    FilterBar.-there, FilterBar:focus-within {{ display: block; }}
    FilterBar #filter-line {{ height: 1; padding: 0 1; background: $surface; }}
    FilterBar Label {{ width: auto; color: $accent; text-style: bold; }}
    FilterBar Input {{ width: 1fr; margin: 0 1; background: $surface; }}
    FilterBar #filter-count {{ text-style: none; color: $text-muted; }}
    FilterBar #filter-below {{ display: none; overlay: screen; width: 100%; height: auto;
                              padding: 0 {_INDENT};
                              background: $surface; border-bottom: solid $border; }}
    FilterBar:focus-within #filter-below.-there {{ display: block; }}
    FilterBar #filter-problem {{ display: none; height: auto; color: $error; }}
    FilterBar #filter-problem.-there {{ display: block; }}
    """

    @dataclass
    class Changed(Message):
        """Another filter was typed."""

        text: str

    class Asked(Message):
        """What could come next where the cursor is now?"""

    class Left(Message):
        """The user is done here."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._typing = False
        """Somebody types: a word may be on its way to be a key."""
        self._leaving = False
        """The user is done here, if only the filter is right."""
        self._kept = ""
        """The filter as it was before the user came here."""
        self._answer: tuple[str, GraftuiError | None] = ("", None)
        """The last filter of which it is known whether it is right."""
        self._count = ""

    def compose(self) -> ComposeResult:
        """The line, and over what is below it what could come next."""
        offers = OfferList()
        with Horizontal(id="filter-line"):
            yield Label("/")
            yield CompletedInput(
                offers, placeholder="words, or conditions: status=failed train.lr>=1e-3",
                id="filter-text",
            )  # fmt: skip
            yield Label("", id="filter-count")
        with Vertical(id="filter-below"):
            yield Static("", id="filter-problem")
            yield offers

    @property
    def _line(self) -> CompletedInput:
        return self.query_one(CompletedInput)

    # What the screen says

    def question(self) -> FilterTyped | None:
        """What could come next; None: nobody types here."""
        line = self._line
        return FilterTyped(line.value, line.cursor_position) if line.has_focus else None

    def offer(self, offers: Offers) -> None:
        """That could come next."""
        self._line.offer(offers)
        self._show_below()

    def answered(self, seen: RunsSeen) -> None:
        """How many meet it, or what is wrong with it; who is done leaves, as soon as nothing is."""
        self._answer = (seen.question.text, seen.problem)
        self._count = f"{seen.total:,} of {counted(seen.every)}"
        self._show_count()
        self._show_below()
        self._leave_if_right()

    def _show_count(self) -> None:
        text = Content("not a filter yet" if self._answer[1] else self._count)
        if not self._line.has_focus:
            text = Content.assemble(text, ("   ctrl+/ clears", "$text-disabled"))
        say(self.query_one("#filter-count", Label), text)

    def on_descendant_focus(self) -> None:
        """Somebody types."""
        self._typing = True
        self._show_count()
        self.post_message(self.Asked())

    def on_descendant_blur(self) -> None:
        """How to be rid of it is said to who is elsewhere."""
        self._show_count()
        self.post_message(self.Asked())

    @property
    def _remembered(self) -> Remembered:
        return self.app.remembered  # type: ignore[attr-defined,no-any-return]

    def edit(self) -> None:
        """Let the user type."""
        line = self._line
        self._kept, line.history = line.value, filter_history.history(self._remembered)
        self.add_class("-there")
        line.focus()
        line.cursor_position = len(line.value)

    def put(self, text: str) -> None:
        """Another filter, by other means than typing; empty: none."""
        self._typing = False
        self._line.value = self._kept = text
        self.set_class(bool(text), "-there")

    # What is wrong, at its place

    def _show_below(self) -> None:
        text, problem = self._answer
        offers = self.query_one(OfferList)
        wanted = text == self._line.value and (self._leaving or not offers.options)
        told = problem if wanted else None
        box = self.query_one("#filter-problem", Static)
        box.set_class(told is not None, "-there")
        offers.display = told is None and bool(offers.options)
        if told is not None:
            box.update(self._pointed(text, told))
        self.query_one("#filter-below").set_class(
            told is not None or bool(offers.options), "-there"
        )

    def _pointed(self, text: str, problem: GraftuiError) -> Content:
        """Below the place: what is wrong, and what to do about it."""
        pieces = [data(problem.message), data(cut(f"→ {problem.hint}", _REMEDY), "$text-muted")]
        if problem.within:
            start, end = problem.within
            room = self.size.width - 2 * _INDENT
            at = min(max(0, cell_len(text[:start]) - self._line.scroll_offset.x), room)
            pointer = "^" * max(1, min(cell_len(text[start:end]), room - at))
            pieces.insert(0, Content(" " * at + pointer))
        return Content("\n").join(pieces)

    # What the user does

    @on(CompletedInput.Edited)
    def _edited(self, event: CompletedInput.Edited) -> None:
        event.stop()
        self.post_message(self.Asked())

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self._leaving = False
        text = event.value
        if self._typing:
            text = settled(text, self._line.cursor_position)
        self.post_message(self.Changed(text))

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        self._line.take(self.query_one(OfferList).shown.offers[event.option_index])
        self._line.focus()

    @on(Input.Submitted)
    @on(CompletedInput.Below)
    def _enter(self, event: Message) -> None:
        """Back to the table; the filter stays, if it is right: who typed a wrong one stays."""
        event.stop()
        self._leaving = True
        self.post_message(self.Changed(self._line.value))
        self._leave_if_right()
        self._show_below()

    def _leave_if_right(self) -> None:
        text, problem = self._answer
        if self._leaving and problem is None and text == self._line.value:
            if text.strip():
                filter_history.keep(self._remembered, text.strip())
            self._leave()

    def action_leave(self) -> None:
        """Back to the table, with the filter as it was before."""
        self._typing = False
        self._line.value = self._kept
        self._leave()

    def _leave(self) -> None:
        self._leaving = False
        self.set_class(bool(self._line.value.strip()), "-there")
        self.post_message(self.Left())
