"""A line that says how far a long job is. The job tells it from its own thread; it draws itself."""

from textual.content import Content
from textual.widgets import Static

from graftui.tui.text import bar, data

_EVERY_S = 0.1
_WIDE = 24


class ProgressLine(Static):
    """Above the footer, for as long as the job goes on."""

    DEFAULT_CSS = """
    ProgressLine { height: 1; background: $panel; padding: 0 1; }
    """

    def __init__(self, what: str, total: int) -> None:
        super().__init__()
        self._what, self._total = what, total
        self._done = 0
        self._over = False

    def on_mount(self) -> None:
        """Look at what the job has said."""
        self.set_interval(_EVERY_S, self._look)
        self._look()

    def reached(self, done: int) -> None:
        """So many are done."""
        self._done = done

    def over(self) -> None:
        """The job has come to its end."""
        self._over = True

    def _look(self) -> None:
        if self._over:
            self.remove()
            return
        done, left = bar(self._done / self._total, _WIDE)
        count = f"  {self._done:,} of {self._total:,}"
        self.update(Content.assemble(
            data(f"{self._what}  "), (done, "$accent"), (left, "$panel-lighten-2"),
            (count, "$text-muted"),
        ))  # fmt: skip
