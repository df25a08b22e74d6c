"""Views of the runs: columns, order, filter and groups under a name, to come back to.

Owns what a view is, and the list in which views are kept, switched and deleted.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from rich.cells import set_cell_size
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Input, Label, OptionList
from textual.widgets.option_list import Option

from graftui.text import visible
from graftui.tui.cells import Columns
from graftui.tui.runs.choosing import FIXED
from graftui.tui.text import cut, data

_NAME = 24
_ABOUT = 60


@dataclass(frozen=True, slots=True)
class View:
    """One way to look at the runs."""

    text: str = ""
    """The filter."""
    sort: str = "-created"
    by: tuple[str, ...] = ()
    columns: Columns = ()
    """None: those that there is room for."""
    nested: bool = False
    """Whether runs stand below those that they are made from."""

    @property
    def about(self) -> str:
        """What it is, in a few words."""
        ways = [
            self.text,
            f"by {', '.join(self.by)}" if self.by else "",
            f"sorted by {self.sort}" if self.sort != "-created" else "",
            "inputs as a tree" if self.nested else "",
            " ".join(name for name, _ in self.columns if name != FIXED),
        ]
        return " · ".join(way for way in ways if way) or "all runs, newest first"


Views = Mapping[str, View]
_BEST = ("id", "name", "dev", "graft", "recov.", "sparsity", "weights", "task", "age")
FIRST_VIEWS: Views = {
    "best on dev": View(
        "kind=graft status=finished",
        "-dev",
        ("graft.localizer",),
        ((FIXED, 0), *((name, 0) for name in _BEST)),
    ),
    "failed": View("status in (failed, lost)"),
    "inputs": View(nested=True),
}
"""Those that there are until somebody keeps one, or has deleted all."""


def checked_columns(raw: Any) -> Columns:
    """Columns as a file has them: names and widths."""
    columns = [(str(name), max(0, min(int(width), 200))) for name, width in raw]
    rest = [(name, width) for name, width in columns if name != FIXED]
    return ((FIXED, 0), *rest) if rest else ()


def checked_views(raw: Any) -> Views:
    """Views as a file has them."""
    return {str(name): _checked(view) for name, view in raw.items()}


def _checked(raw: Any) -> View:
    return View(
        str(raw["text"]),
        str(raw["sort"]),
        tuple(map(str, raw["by"])),
        checked_columns(raw["columns"]),
        bool(raw["nested"]),
    )


def written_views(views: Views) -> dict[str, Any] | None:
    """The same for the file; None: there are none."""
    return {name: asdict(view) for name, view in views.items()} or None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of the list."""

    views: Views
    """Those that there are now."""
    chosen: str = ""
    """Name of the one to switch to; empty: none."""


class ViewsScreen(ModalScreen[Outcome]):
    """Returns the views that there are then, and which was chosen."""

    BINDINGS = [
        Binding("escape", "leave", "Back", id="dialog.leave_views",
                tooltip="back, without another view"),
        Binding("w", "keep", "Keep", id="dialog.keep_view",
                tooltip="keep what is shown as a view, under a name"),
        Binding("d", "drop", "Delete", id="dialog.drop_view", tooltip="delete the view"),
        Binding("j", "step(1)", show=False),
        Binding("k", "step(-1)", show=False),
    ]  # fmt: skip

    def __init__(self, views: Views, shown: View) -> None:
        super().__init__()
        self._views = dict(views)
        self._shown = shown
        """What is on the screen below."""

    def compose(self) -> ComposeResult:
        """A line a view, and where the name of a new one is typed."""
        with Vertical(classes="dialog"):
            yield Label("Views", classes="title")
            yield OptionList(compact=True)
            yield Input(placeholder="name of the view", compact=True, max_length=80)
            yield Label("enter switch   w keep this one   d delete   esc back", classes="keys")

    def on_mount(self) -> None:
        """The list; the box comes when it is asked for."""
        self.query_one(Input).display = False
        self._fill()
        lines = self.query_one(OptionList)
        lines.styles.max_height = "50vh"  # the keys below it stay in view
        lines.focus()

    def _fill(self) -> None:
        lines = self.query_one(OptionList)
        lines.clear_options()
        lines.add_options(
            [Option(self._line(name, view), name) for name, view in self._views.items()]
            or [Option("no view yet: w keeps what is shown as one", disabled=True)]
        )
        lines.action_first()

    def _line(self, name: str, view: View) -> Content:
        mark = "✓" if view == self._shown else " "
        title = set_cell_size(cut(visible(name), _NAME), _NAME)
        about = data(cut(visible(view.about), _ABOUT), "$text-muted")
        return Content.assemble((f"{mark} ", "$success"), (title, "bold"), "  ", about)

    @on(OptionList.OptionSelected)
    def _switched(self, event: OptionList.OptionSelected) -> None:
        self.dismiss(Outcome(self._views, event.option_id or ""))

    @on(Input.Submitted)
    def _named(self, event: Input.Submitted) -> None:
        if name := event.value.strip():
            self.dismiss(Outcome({**self._views, name: self._shown}))

    def action_keep(self) -> None:
        """Ask for its name: of one that there is, it takes the place."""
        box = self.query_one(Input)
        box.display = True
        box.focus()

    def action_drop(self) -> None:
        """Forget the view under the cursor."""
        option = self.query_one(OptionList).highlighted_option
        if option and option.id:
            del self._views[option.id]
            self._fill()

    def action_step(self, by: int) -> None:
        """The line below or above."""
        lines = self.query_one(OptionList)
        (lines.action_cursor_down if by > 0 else lines.action_cursor_up)()

    def action_leave(self) -> None:
        """With what was deleted deleted."""
        self.dismiss(Outcome(self._views))
