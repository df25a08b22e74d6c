"""All keys, on one page."""

from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Label, Static

KEYS: dict[str, dict[str, str]] = {
    "Runs": {
        "n": "new run: choose a recipe, fill in its form, queue it",
        "r": "run the one under the cursor again, with changes",
        "c": "cancel it (asks first; it keeps what is best so far)",
        "l": "let a held one go (release): it is queued",
        "d": "delete it, or the marked ones (asks first)",
        "space": "mark it, or take the mark away",
        "=  m": "compare the marked runs side by side",
        "e": "export the marked runs, or all in view, as CSV",
    },
    "Looking": {
        "↑ ↓  j k": "another run",
        "enter": "its details all over the screen; esc goes back",
        "1 2 3 4": "summary, config, curves, log",
        "tab": "to the details and back: arrows scroll there",
        "/": "filter: words, status=failed, train.lr>=1e-3, tag=lr",
        "s": "sort; a click on a column's head does so too",
        "[  ]": "page before, next page (of 1,000 runs)",
        "esc": "close the details; drop the marks; drop the filter",
    },
    "Form": {
        "tab  ↓ ↑": "next field, field before",
        "ctrl+s": "queue it",
        "esc": "leave without queueing",
    },
    "Window": {
        "ctrl+p": "commands and colours",
        "?": "this page",
        "q": "quit; runs go on (graftui watch ID follows one)",
    },
}


class HelpScreen(ModalScreen[None]):
    """Closes with any of the keys that leave."""

    BINDINGS = [Binding("escape,q,question_mark,enter", "dismiss", "Close")]

    def compose(self) -> ComposeResult:
        """The page."""
        with VerticalScroll(classes="dialog tall"):
            yield Label("Keys", classes="title")
            yield Static(_page())
            yield Label("esc back", classes="keys")


def _page() -> Content:
    lines: list[Content] = []
    for title, keys in KEYS.items():
        lines.append(Content.styled(title, "bold $primary"))
        for key, text in keys.items():
            lines.append(Content.assemble((f"  {key:<10}", "bold $accent"), text))
        lines.append(Content(""))
    return Content("\n").join(lines)
