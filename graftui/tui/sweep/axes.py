"""Where the axes of a sweep stand: rows, columns, or folded. What is chosen shows at once."""

from collections.abc import Callable, Sequence

from rich.cells import cell_len, set_cell_size
from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Label, OptionList
from textual.widgets.option_list import Option

from graftui.results.sweep_matrix import Layout
from graftui.text import visible

_WHERE = ("row", "column", "folded")


class AxesScreen(ModalScreen[None]):
    """Tells `changed` of each layout that the user makes."""

    BINDINGS = [
        Binding("escape,q,o", "dismiss(None)", "Back", id="dialog.done",
                tooltip="back to the matrix"),
        Binding("j", "move(1)", show=False), Binding("k", "move(-1)", show=False),
        Binding("space", "turn", "Move", id="dialog.turn",
                tooltip="the axis under the cursor: row, column, folded in turn"),
    ]  # fmt: skip

    def __init__(
        self, axes: Sequence[str], layout: Layout, changed: Callable[[Layout], None]
    ) -> None:
        super().__init__()
        self._axes = list(axes)
        self._changed = changed
        self._where = {
            path: "row" if path in layout.rows else
            "column" if path in layout.columns else "folded" for path in axes
        }  # fmt: skip

    def compose(self) -> ComposeResult:
        """A line an axis."""
        with Vertical(classes="dialog tall"):
            yield Label("Where the axes stand", classes="title")
            yield OptionList(*map(self._line, self._axes), compact=True)
            yield Label("space row, column, folded   esc back", classes="keys")

    def _line(self, path: str) -> Option:
        width = max(cell_len(visible(each)) for each in self._axes)
        name = set_cell_size(visible(path), width)
        where = self._where[path]
        style = {"row": "$primary", "column": "$accent"}.get(where, "$text-muted")
        return Option(Content.assemble((name, "bold"), "  ", (f"{where:<7}", style)))

    def action_move(self, step: int) -> None:
        """Another axis."""
        lines = self.query_one(OptionList)
        (lines.action_cursor_down if step > 0 else lines.action_cursor_up)()

    @on(OptionList.OptionSelected)
    def action_turn(self) -> None:
        """The next of the three."""
        lines = self.query_one(OptionList)
        at = lines.highlighted
        if at is None:
            return
        path = self._axes[at]
        self._where[path] = _WHERE[(_WHERE.index(self._where[path]) + 1) % len(_WHERE)]
        lines.replace_option_prompt_at_index(at, self._line(path).prompt)
        by_place = {where: tuple(p for p in self._axes if self._where[p] == where)
                    for where in _WHERE}  # fmt: skip
        self._changed(Layout(by_place["row"], by_place["column"]))
