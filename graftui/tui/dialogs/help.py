"""The keys of where one is: searched by what they do, and run when picked."""

from collections.abc import Sequence

from rich.cells import cell_len, set_cell_size
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option

from graftui.text import visible
from graftui.tui.keys import Key


class HelpScreen(ModalScreen[Key | None]):
    """Returns the key that was picked, or None."""

    BINDINGS = [
        Binding("escape", "dismiss(None)", "Back", id="dialog.back", tooltip="back"),
        Binding("down", "move(1)", show=False),
        Binding("up", "move(-1)", show=False),
        Binding("pagedown", "move(10)", show=False),
        Binding("pageup", "move(-10)", show=False),
    ]

    def __init__(self, keys: Sequence[Key]) -> None:
        super().__init__()
        self._keys = keys

    def compose(self) -> ComposeResult:
        """What is searched for, and the keys that answer it."""
        with Vertical(classes="dialog tall"):
            yield Label("Keys of this screen", classes="title")
            yield Input(placeholder="search by what a key does", compact=True)
            yield OptionList(compact=True)
            yield Label("type to search   enter does it   esc back", classes="keys")

    def on_mount(self) -> None:
        """All of them."""
        self._fill("")
        self.query_one(Input).focus()

    @on(Input.Changed)
    def _searched(self, event: Input.Changed) -> None:
        self._fill(event.value)

    def _fill(self, words: str) -> None:
        width = max((cell_len(visible(key.shown)) for key in self._keys), default=0)
        options: list[Option] = []
        section = ""
        for key in self._keys:
            if not all(word in _told(key).lower() for word in words.lower().split()):
                continue
            if key.section != section:
                section = key.section
                options.append(Option(Content.styled(section, "bold $primary"), disabled=True))
            shown = f"  {set_cell_size(visible(key.shown), width)}  "
            options.append(Option(Content.assemble((shown, "bold $accent"), _told(key)), key.id))
        lines = self.query_one(OptionList)
        lines.clear_options()
        lines.add_options(options or [Option("no key does that", disabled=True)])
        lines.action_first()

    def action_move(self, by: int) -> None:
        """The cursor of the list, while one types in the box."""
        lines = self.query_one(OptionList)
        step = lines.action_cursor_down if by > 0 else lines.action_cursor_up
        for _ in range(abs(by)):
            step()

    @on(Input.Submitted)
    def _entered(self) -> None:
        self.query_one(OptionList).action_select()

    @on(OptionList.OptionSelected)
    def _picked(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(next(key for key in self._keys if key.id == event.option_id))


def _told(key: Key) -> str:
    return visible(key.text or key.title)
