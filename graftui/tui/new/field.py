"""One field of a form: label, box, and beside it what it means or what is wrong with it.

Announces that it was changed or that the user came to it. Knows no schema beyond its entry.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from textual import events, on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.geometry import Size
from textual.message import Message
from textual.reactive import Reactive
from textual.suggester import SuggestionReady
from textual.widget import Widget
from textual.widgets import Checkbox, Input, Label, Select

from graftui.planning.values import written
from graftui.tui.form import Entry, Value, brief
from graftui.tui.new.offers import Known
from graftui.tui.text import data

MOVES = (
    Binding("down", "app.focus_next", "Next field", show=False, id="form.next",
            tooltip="the field below"),
    Binding("up", "app.focus_previous", "Field before", show=False, id="form.before",
            tooltip="the field above"),
)  # fmt: skip
"""Of what one comes to in a form; on the screen, what scrolls it would take the arrows first."""


class Field(Horizontal):
    """A line of a form, whose inside is made when it is first to be seen: of the hundred settings
    there are most stay folded, and to make them all would take as long as the rest of the form.
    """

    BINDINGS = [
        *MOVES,
        Binding("comma", "several", "Several values", show=False, id="form.several",
                tooltip="of a choice: type several of them, with commas, as an axis of a grid"),
    ]  # fmt: skip

    @dataclass
    class Changed(Message):
        """It holds something else."""

        path: str

    @dataclass
    class Entered(Message):
        """The user came to it."""

        field: Field

    @dataclass
    class Left(Message):
        """The user went on."""

        field: Field

    def __init__(self, entry: Entry) -> None:
        super().__init__()
        self.entry = entry
        self.problem = ""
        """What is wrong, in full."""
        self._values = 1
        """How many it has, if it is an axis."""
        self._known: Known | None = None
        self._made: Widget | None = None
        """The box, once somebody needs it."""
        self._told_of = entry.shown
        """The value of which it was announced last that it holds it."""
        self._filled = self.display = self.matters or not entry.part

    def compose(self) -> ComposeResult:
        """What is inside, if it is to be seen."""
        if self._filled:
            yield from self._inside()

    def _inside(self) -> Iterator[Widget]:
        """Label, box, note."""
        yield Label(data(self.entry.label), classes="label")
        yield self._box
        yield Label(self._told(), classes="note")

    def see(self, seen: bool) -> None:
        """Show it, or not."""
        self.display = seen
        if seen and not self._filled:
            self._filled = True
            self.mount(*self._inside())

    @property
    def _box(self) -> Widget:
        """What the value is typed or chosen in."""
        if self._made is None:
            self._made = _box(self.entry)
            if isinstance(self._made, Input):
                self._made.suggester = self._known
        return self._made

    @property
    def value(self) -> Value:
        """What it holds."""
        box = self._made
        if box is None:
            return self.entry.shown
        if isinstance(box, Checkbox):
            return box.value
        if isinstance(box, Select):  # which has no value before it is mounted
            return self.entry.shown if box.is_blank() else str(box.value)
        assert isinstance(box, Input)
        word = box.value.strip().lower()
        if isinstance(self.entry.shown, bool) and word in ("yes", "no"):
            return word == "yes"
        return box.value

    @property
    def changed(self) -> bool:
        """Whether it is not as it was prefilled."""
        return self.has_class("-changed")  # a list has no value before it is mounted

    @property
    def matters(self) -> bool:
        """Whether it is seen though its section is folded."""
        return self.entry.given or self.changed or bool(self.problem)

    def has(self, words: str) -> bool:
        """Whether all of the words are in its name or its help."""
        text = f"{self.entry.path} {self.entry.setting.help}".lower()
        return all(word in text for word in words.lower().split())

    def call(self, in_full: bool) -> None:
        """With the section that it is of, or without."""
        text = self.entry.path if in_full else self.entry.label
        self.query_one(".label", Label).update(data(text))

    @property
    def several(self) -> str:
        """How several values are typed here."""
        if not isinstance(self._box, Input):
            return ", types several: a grid"
        bracketed = {"list": "[...],[...]", "table": "{...},{...}"}
        return f"{bracketed.get(self.entry.setting.type, 'a,b,c')}: a grid"

    def focus_box(self) -> None:
        """Let the user type here."""
        self.see(True)
        self._box.focus()

    def know(self, known: Known) -> None:
        """What it could go on with, as it is typed."""
        self._known = known
        box = self._made
        if isinstance(box, Input):
            box.suggester = known
            if box.has_focus or self.value != self.entry.shown:
                self._tell()
                self.call_later(self._catch_up, known, box)

    async def _catch_up(self, known: Known, box: Input) -> None:
        """Nobody was asked about what was typed before this was known."""
        value = box.value
        if going_on := await known.get_suggestion(value):
            box.post_message(SuggestionReady(value, going_on))

    def show(self, problem: str, values: int = 1) -> None:
        """Say what is wrong, if anything is; or that it is an axis, of so many `values`."""
        if (problem, values) == (self.problem, self._values):
            return
        self.problem, self._values = problem, values
        self.set_class(bool(problem), "-wrong")
        self.set_class(values > 1, "-axis")
        self._tell()

    def _tell(self) -> None:
        if self._filled:
            # It has one line, whatever it says: the whole form need not be laid out again.
            self.query_one(".note", Label).update(self._told(), layout=False)

    def _told(self) -> Content:
        """Beside the box: what is wrong, what it could go on with while one types, what it is."""
        if self.problem:
            return data(f"✗ {brief(self.entry, self.value, self.problem)}")
        if offers := self._offers:
            return Content.assemble(("→ ", "$accent"), data(offers, "$text-muted"))
        if self._values > 1:
            return Content(f"{self._values:,} values: an axis of a grid")
        return self._meaning()

    @property
    def _offers(self) -> str:
        """Some of what it could go on with, while somebody types; empty: nothing."""
        box = self._box
        if self._known is None or not self.has_class("-here") or not isinstance(box, Input):
            return ""
        return self._known.named(box.value)

    async def action_several(self) -> None:
        """Type them, where a value was chosen from a list."""
        before = self._box
        if not self.entry.part or isinstance(before, Input):
            return
        text = f"{written(self.value)},"
        self._made = TextBox(text, compact=True, select_on_focus=False, suggester=self._known)
        await self.mount(self._box, after=before)
        await before.remove()
        self._box.focus()

    def _meaning(self) -> Content:
        setting = self.entry.setting
        unit = f"{setting.unit}  " if setting.unit else ""
        return Content.assemble((unit, "$secondary"), setting.help)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Announce it, and show it."""
        self.add_class("-here")
        self._tell()
        self.post_message(self.Entered(self))

    def on_descendant_blur(self, event: events.DescendantBlur) -> None:
        """Announce it."""
        self.remove_class("-here")
        self._tell()
        self.post_message(self.Left(self))

    @on(Input.Changed)
    @on(Select.Changed)
    @on(Checkbox.Changed)
    def _changed(self, event: Message) -> None:
        event.stop()
        value = self.value
        if (value, type(value)) == (self._told_of, type(self._told_of)):
            return  # each box says what it holds when it is made
        self._told_of = value
        self.set_class(value != self.entry.shown, "-changed")
        self._tell()
        self.post_message(self.Changed(self.entry.path))


class TextBox(Input):
    """An input whose text, however long, has the whole form laid out again at no key."""

    virtual_size = Reactive(Size(0, 0))

    def validate(self, value: str) -> None:
        """The form does, of all at once. To mark each box as right when it is made, as Textual
        does, applied the style sheet to it twice.
        """


class Choice(Select[str], inherit_bindings=False):
    """A list of choices that the arrows pass by: only enter and space open it."""

    BINDINGS = [Binding("enter,space", "show_overlay", "Choices", show=False)]


class YesNo(Checkbox):
    """A checkbox that says what it is set to, in words."""

    BUTTON_LEFT = ""
    BUTTON_RIGHT = ""

    def __init__(self, value: bool) -> None:
        self.BUTTON_INNER = _tick(value)
        super().__init__(_word(value), value, compact=True)

    def watch_value(self) -> None:
        """Say it, then announce it."""
        self.BUTTON_INNER = _tick(self.value)
        self.label = _word(self.value)
        super().watch_value()


def _tick(value: bool) -> str:
    return "✓" if value else " "


def _word(value: bool) -> str:
    return "yes" if value else "no"


def _box(entry: Entry) -> Widget:
    value, choices = entry.shown, entry.setting.choices
    if isinstance(value, bool):
        return YesNo(value)
    if choices:
        pairs = [(choice, choice) for choice in choices]
        return Choice(pairs, value=value, allow_blank=False, compact=True)
    return TextBox(value, compact=True, select_on_focus=False)
