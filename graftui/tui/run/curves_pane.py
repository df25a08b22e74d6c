"""The tab of curves: a grid of charts, and a line that says how they are looked at."""

from dataclasses import asdict

from textual import on
from textual.app import ComposeResult
from textual.widgets import Static

from graftui.results.curve_view import View
from graftui.tui import describe
from graftui.tui.remembered import Remembered
from graftui.tui.run.curves import Curves
from graftui.tui.run.feed import Detail
from graftui.tui.run.pane import Pane

_VIEW = "run.curves"
"""Name of how somebody looks at curves, as it is remembered."""


class CurvesPane(Pane):
    """Charts above, words below."""

    def compose(self) -> ComposeResult:
        """As somebody looked last."""
        view = self._remembered.get(_VIEW, lambda raw: View(**raw).checked(), View())
        yield Curves("curves-body", view)
        yield Static(classes="note")

    @property
    def _remembered(self) -> Remembered:
        return self.app.remembered  # type: ignore[attr-defined,no-any-return]

    def show(self, detail: Detail) -> None:
        """What was read of them."""
        if detail.curves is not None:
            self.inside().show(detail)

    def forget(self) -> None:
        """All of another run's curves."""
        self.inside().action_reset()

    def inside(self) -> Curves:
        """The grid."""
        return self.query_one(Curves)

    @on(Curves.Wanted)
    def _wanted(self, event: Curves.Wanted) -> None:
        event.stop()
        self.post_message(self.Looked({"curves": event.keys, "along": event.along}))

    @on(Curves.Described)
    def _described(self, event: Curves.Described) -> None:
        event.stop()
        self.query_one(Static).update(describe.looked_at(event))

    @on(Curves.Chosen)
    def _chosen(self, event: Curves.Chosen) -> None:
        event.stop()
        self._remembered.put(_VIEW, asdict(event.view))
