"""Where a user writes what runs are called, and a note of several lines.

What is there already is shown with its unseen letters by their numbers; left as it is, it stays.
"""

from collections.abc import Sequence

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label, TextArea

from graftui.results.figures import counted
from graftui.text import visible, visible_lines
from graftui.tui.completed import PlainInput
from graftui.tui.text import cut, data

_WIDEST = 400


class NameScreen(ModalScreen[str | None]):
    """Returns the name that was typed, or None where it is to stay as it was."""

    BINDINGS = [Binding("escape", "dismiss(None)", "Back", id="dialog.leave_name", tooltip="back")]

    def __init__(self, title: str, there: Sequence[str]) -> None:
        """`there`: what stands there now; several, where runs differ in it."""
        super().__init__()
        self._title = title
        self._there = there

    def compose(self) -> ComposeResult:
        """What is to be typed, and the line."""
        same = len(self._there) == 1
        with Vertical(classes="dialog line"):
            yield Label(data(cut(self._title, _WIDEST)), classes="title")
            yield PlainInput(
                visible(self._there[0]) if same else "",
                placeholder=visible(", ".join(self._there))[:_WIDEST],
                compact=True,
            )
            yield Label("enter do it   esc back", classes="keys")

    def on_mount(self) -> None:
        """Type."""
        self.query_one(Input).focus()

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        text = event.value.strip()
        same = len(self._there) == 1 and text == visible(self._there[0]).strip()
        self.dismiss(text if text and not same else None)


class NoteScreen(ModalScreen[str | None]):
    """Returns the note that was written, or None where it is to stay as it was."""

    BINDINGS = [
        Binding("ctrl+s", "save", "Save", priority=True, id="dialog.save_note",
                tooltip="keep what is written"),
        Binding("escape", "dismiss(None)", "Back", priority=True, id="dialog.leave_note",
                tooltip="leave it as it was"),
    ]  # fmt: skip

    def __init__(self, of: str, notes: Sequence[str]) -> None:
        """`notes`: those that there are; several, where runs have different ones."""
        super().__init__()
        self._of = of
        self._notes = notes
        self._before = visible_lines(notes[0]) if len(notes) == 1 else ""

    def compose(self) -> ComposeResult:
        """Of which runs, the note, and what of others goes."""
        with Vertical(classes="dialog note"):
            yield Label(data(cut(f"Note of {self._of}", _WIDEST)), classes="title")
            yield TextArea(self._before, soft_wrap=True, compact=True)
            if len(self._notes) > 1:
                gone = f"{counted(len(self._notes), 'other note')} will be written over."
                yield Label(data(gone), classes="problem")
            yield Label("ctrl+s keep   esc leave it as it was", classes="keys")

    def on_mount(self) -> None:
        """Go on at the end of what is written."""
        note = self.query_one(TextArea)
        note.move_cursor(note.document.end)
        note.focus()

    def action_save(self) -> None:
        """Done."""
        text = self.query_one(TextArea).text.strip()
        self.dismiss(None if text == self._before.strip() else text)
