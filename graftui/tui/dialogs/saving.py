"""Where a file is to be written: a path that completes itself. A file that is there is asked about.

Owns what no file can be; writes nothing itself.
"""

import os
from collections.abc import Sequence
from pathlib import Path

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.suggester import Suggester
from textual.widgets import Input, Label

from graftui.scheduler.own_files import is_ours
from graftui.settings import Settings
from graftui.text import visible
from graftui.tui.completed import PlainInput
from graftui.tui.text import cut, data

_WIDEST = 400


class Paths(Suggester):
    """The first file or folder that goes on as what is typed does."""

    def __init__(self, root: Path) -> None:
        super().__init__(use_cache=False, case_sensitive=True)
        self._root = root

    async def get_suggestion(self, value: str) -> str | None:
        """The whole path; None: there is none, or it could not be typed as it is."""
        folder, _, begun = value.rpartition("/")
        if not value or (begun == "" and not folder):
            return None
        try:
            there = sorted(os.scandir(self._place(folder, value)), key=lambda each: each.name)
            names = [f"{each.name}/" if each.is_dir() else each.name for each in there]
        except (OSError, ValueError):
            return None
        name = next((n for n in names if n.startswith(begun) and n != begun), None)
        whole = None if name is None else value[: len(value) - len(begun)] + name
        return whole if whole is None or visible(whole) == whole else None

    def _place(self, folder: str, value: str) -> Path:
        return self._root / os.path.expanduser(folder or ("/" if value.startswith("/") else "."))


class SavingScreen(ModalScreen[Path | None]):
    """Returns the file to write, or None if the user left."""

    BINDINGS = [Binding("escape", "dismiss(None)", "Back", id="dialog.leave_path",
                        tooltip="write nothing")]  # fmt: skip
    DEFAULT_CSS = """
    SavingScreen Input { width: 60; max-width: 100%; background: $panel; margin-bottom: 1; }
    SavingScreen .note { color: $text-muted; width: 60; max-width: 100%; }
    SavingScreen .note.-wrong { color: $error; }
    """

    def __init__(
        self, settings: Settings, what: str, name: str, endings: Sequence[str], note: str = ""
    ) -> None:
        """`name`: what to begin with; `endings`: those that a file may have; `note`: what else to
        know.
        """
        super().__init__()
        self._settings, self._what, self._name = settings, what, name
        self._endings = tuple(endings)
        self._note = " ".join(filter(None, (f"It may end in {', '.join(endings)}.", note)))
        self._confirmed: Path | None = None
        """The file that is there and may be written over."""

    def compose(self) -> ComposeResult:
        """The question, the line, and what there is to say of it."""
        with Vertical(classes="dialog"):
            yield Label(data(cut(f"Write {self._what} to", _WIDEST)), classes="title")
            yield PlainInput(
                self._name, compact=True, suggester=Paths(self._settings.root),
                select_on_focus=False,
            )  # fmt: skip
            yield Label(data(self._note), classes="note")
            yield Label("enter write   → complete   esc back", classes="keys")

    def on_mount(self) -> None:
        """Type."""
        self.query_one(Input).focus()

    @on(Input.Changed)
    def _typed(self) -> None:
        self._confirmed = None
        self._say(self._note, wrong=False)

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        text = event.value.strip()
        if not text:
            return
        path = self._settings.root / os.path.expanduser(text)
        if problem := self._wrong(path):
            self._say(problem, wrong=True)
        elif path.exists() and path != self._confirmed:
            self._confirmed = path
            self._say("It is there already: enter again writes over it.", wrong=True)
        else:
            self.dismiss(path)

    def _wrong(self, path: Path) -> str:
        """Why there can be no such file; empty: it can be."""
        if path.suffix.lower() not in self._endings:
            return f"Nothing is written as {path.suffix or 'that'}. {self._note}"
        if path.is_dir():
            return "That is a folder: go on with the name of a file."
        if not path.parent.is_dir():
            return f"There is no folder {path.parent}: make it, or write elsewhere."
        if is_ours(path, self._settings):
            return "That is graftui's own: what is there would be lost."
        return ""

    def _say(self, text: str, wrong: bool) -> None:
        note = self.query_one(".note", Label)
        note.update(data(cut(text, _WIDEST)))
        note.set_class(wrong, "-wrong")
