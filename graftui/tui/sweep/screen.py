"""A sweep as a matrix with live cells, or two of them side by side.

Owns which pane keys are about; what keys do with a sweep is in tui/verbs/. The cursors of two panes
go together, by the settings of their cells.
"""

from collections.abc import Callable, Sequence
from typing import Any

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.widgets import Static

from graftui.results.sweep_matrix import Layout
from graftui.settings import Settings
from graftui.tui.dialogs.choice import ChoiceScreen, Option
from graftui.tui.feed import Question
from graftui.tui.footer import KeyFooter
from graftui.tui.live import LiveScreen
from graftui.tui.reader import Reader
from graftui.tui.sweep import describe
from graftui.tui.sweep.axes import AxesScreen
from graftui.tui.sweep.feed import SweepPage, SweepSeen
from graftui.tui.sweep.grid import MatrixGrid
from graftui.tui.sweep.panel import SweepPanel
from graftui.tui.sweeps.feed import AllSweeps
from graftui.tui.verbs import showing, sweeping


class SweepScreen(LiveScreen[None]):
    """A pane a sweep, beside each other where the window is wide."""

    DEFAULT_CSS = """
    SweepScreen > #panels { height: 1fr; }
    SweepScreen.-narrow > #panels { layout: vertical; }
    SweepScreen.-zoomed SweepPanel { display: none; }
    SweepScreen.-zoomed SweepPanel.-active { display: block; }
    SweepScreen.-two SweepPanel.-active > .title { background: $primary 25%; }
    SweepScreen.-two SweepPanel { border-right: solid $border; }
    SweepScreen #difference { height: 1; background: $surface; display: none; }
    SweepScreen.-two #difference { display: block; }
    """
    BINDINGS = [
        Binding("escape,q", "back", "Back", key_display="esc", id="sweep.back",
                tooltip="back to the sweeps"),
        *sweeping.bindings("sweep", cancel_in_footer=False),
        Binding("x", "swap", "Swap", id="sweep.swap", tooltip="swap rows and columns"),
        Binding("o", "axes", "Axes", id="sweep.axes",
                tooltip="choose which axes are rows, columns, or folded into means"),
        Binding("f", "figure", "Figure", id="sweep.figure",
                tooltip="choose the figure that is shown of each result"),
        Binding("v", "view", "View", id="sweep.view",
                tooltip="cells with their figures, or glyphs alone: more of them fit"),
        Binding("equals_sign", "beside", "Beside", key_display="=", id="sweep.beside",
                tooltip="another sweep beside this one"),
        Binding("y", "copy", "Copy", show=False, id="sweep.copy",
                tooltip="copy the id of the cell's run, or the sweep's"),
        Binding("tab", "pane(0)", "Other", show=False, id="sweep.other",
                tooltip="the other sweep"),
        Binding("1", "pane(1)", "Left", show=False, id="sweep.first", tooltip="the first sweep"),
        Binding("2", "pane(2)", "Right", show=False, id="sweep.second",
                tooltip="the second sweep"),
        Binding("z", "zoom", "Zoom", show=False, id="sweep.zoom",
                tooltip="this sweep all over the screen, or both again"),
    ]  # fmt: skip

    def __init__(self, settings: Settings, reader: Reader, ids: Sequence[str]) -> None:
        super().__init__(settings, reader, classes="-two" if len(ids) > 1 else "")
        self._panels = [SweepPanel(SweepPage(id)) for id in ids]
        self._active = 0

    def compose(self) -> ComposeResult:
        """Panes, and below what two of them differ in."""
        with Horizontal(id="panels"):
            yield from self._panels
        yield Static(id="difference")
        yield KeyFooter()

    def on_mount(self) -> None:
        """The first has the keys."""
        self.action_pane(1)

    # What was seen

    def asks(self) -> Sequence[Question[Any]]:
        """What each pane does, and the other sweeps that there are."""
        return [*(question for panel in self._panels for question in panel.asks()), AllSweeps()]

    def advanced(self) -> None:
        """Hand it on."""
        for panel in self._panels if self.query("#difference") else ():
            panel.advanced(self.reader)
        self._tell_difference()

    @on(SweepPanel.Asking)
    def _asking(self) -> None:
        self.ask()

    @on(SweepPanel.Moved)
    def _moved(self, event: SweepPanel.Moved) -> None:
        """The others follow the one that has the keys."""
        if event.panel is self._panel:
            for other in self._panels:
                if other is not event.panel:
                    other.grid.look_for(event.panel.grid.point)
        self._tell_difference()

    def _tell_difference(self) -> None:
        panels = self.query(SweepPanel)
        if len(panels) == 2 and all(panel.seen for panel in panels):
            line = describe.difference(*(panel.told() for panel in panels))
            for below in self.query("#difference").results(Static):  # none while it is left
                below.update(line)

    @on(MatrixGrid.Entered)
    def _entered(self, event: MatrixGrid.Entered) -> None:
        event.stop()
        showing.show(self, self._panel.runs)

    def chosen(self) -> Sequence[str]:
        """Those of the cell under the cursor."""
        return [run.id for run in self._panel.runs]

    # Keys

    @property
    def _panel(self) -> SweepPanel:
        return self._panels[self._active]

    def action_back(self) -> None:
        """Both again, or back."""
        if self.has_class("-zoomed"):
            self.remove_class("-zoomed")
        else:
            self.dismiss()

    def action_pane(self, number: int) -> None:
        """That one has the keys from now on; 0: the next."""
        at = number - 1 if number else self._active + 1
        self._active = at % len(self._panels) if at < len(self._panels) or not number else 0
        for panel in self._panels:
            panel.set_class(panel is self._panel, "-active")
        self._panel.grid.focus()

    def action_zoom(self) -> None:
        """One of two all over the screen."""
        self.toggle_class("-zoomed")

    def action_swap(self) -> None:
        """Rows as columns."""
        if seen := self._panel.seen:
            layout = seen.matrix.layout
            self._panel.turn(Layout(layout.columns, layout.rows))

    def action_axes(self) -> None:
        """Choose where they stand."""
        if seen := self._panel.seen:
            self.app.push_screen(AxesScreen(seen.axes, seen.matrix.layout, self._panel.turn))

    def action_figure(self) -> None:
        """Choose what is shown."""
        panel, seen = self._panel, self._panel.seen
        if seen is None:
            return
        options = [Option("main", describe.MAIN, "on the test set"),
                   *(Option(f"figure {name}", name, "") for name in seen.figures)]  # fmt: skip

        def chosen(key: str | None) -> None:
            if key:
                panel.turn(figure="" if key == "main" else key.removeprefix("figure "))

        current = f"figure {panel.page.figure}" if panel.page.figure else "main"
        self.app.push_screen(ChoiceScreen("Which figure?", options, current), chosen)

    def action_view(self) -> None:
        """With figures, with glyphs alone."""
        self._panel.grid.turn_view()

    def action_beside(self) -> None:
        """Choose another one."""
        listed = self.reader.answer(AllSweeps())
        own = {panel.page.id for panel in self._panels}
        others = [sweep for sweep, _ in listed.sweeps if sweep.id not in own] if listed else []
        if not others:
            self.notify("There is no other sweep.", severity="warning")
            return
        options = [Option(each.id, each.id, f"{each.name}  {len(each.cells)} cells")
                   for each in others]  # fmt: skip

        def chosen(id: str | None) -> None:
            if id:
                ids = (self._panel.page.id, id)
                self.app.switch_screen(SweepScreen(self.settings, self.reader, ids))

        self.app.push_screen(ChoiceScreen("Beside which sweep?", options), chosen)

    def action_copy(self) -> None:
        """To the terminal's clipboard."""
        runs = self._panel.runs
        text = runs[-1].id if runs else self._panel.page.id
        self.app.copy_to_clipboard(text)
        self.notify(f"Copied {text}.")

    def _with(self, verb: Callable[[LiveScreen[Any], SweepSeen], None]) -> None:
        if seen := self._panel.seen:
            verb(self, seen)

    def action_go_on(self) -> None:
        """What failed and what is missing."""
        self._with(lambda screen, seen: sweeping.go_on(screen, seen.sweep))

    def action_extend(self) -> None:
        """More values."""
        self._with(lambda screen, seen: sweeping.extend(screen, seen.sweep))

    def action_cancel(self) -> None:
        """Stop it."""
        self._with(
            lambda screen, seen: sweeping.cancel(
                screen, seen.sweep, sweeping.under_way(seen.counts)
            )
        )

    def action_forget(self) -> None:
        """Delete it."""
        self._with(lambda screen, seen: sweeping.forget(screen, seen.sweep))
