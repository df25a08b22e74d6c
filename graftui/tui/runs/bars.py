"""The line above the table: how many runs there are, and which of them are shown."""

from textual.content import Content
from textual.widgets import Static

from graftui.models import RunStatus
from graftui.results.figures import counted
from graftui.show.states import STATES
from graftui.tui.runs.feed import PAGE, RunsSeen
from graftui.tui.text import TONES, data, say

_COUNTED = (
    RunStatus.running, RunStatus.starting, RunStatus.queued, RunStatus.held, RunStatus.failed,
    RunStatus.lost,
)  # fmt: skip

_WIDE = 100
"""Cells from which on there is room to say by what runs are grouped."""


class StatusLine(Static):
    """How many runs there are in which state, and what part of them is shown."""

    _shown: tuple[RunsSeen, str, int] | None = None

    def show(self, seen: RunsSeen, where: str, marked: int) -> None:
        """Show `seen`; `place`: the working directory."""
        self._shown = (seen, where, marked)
        self._draw(*self._shown)

    def on_resize(self) -> None:
        """What stands at the right end stays there."""
        if self._shown:
            self._draw(*self._shown)

    def _draw(self, seen: RunsSeen, where: str, marked: int) -> None:
        left = [Content.styled(" graftui ", "bold $accent"), data(where, "$text-muted")]
        if seen.view_only:
            left.append(Content.styled("a view in memory: nothing is noted", "$warning"))
        left += self._counts(seen)
        right = self._right(seen, marked)
        line = Content("  ").join(left)
        room = self.size.width - line.cell_length - right.cell_length - 1
        say(self, Content.assemble(line, " " * max(1, room), right), layout=False)

    def _counts(self, seen: RunsSeen) -> list[Content]:
        counts = []
        for status in _COUNTED:
            look = STATES[status]
            if count := seen.counts.get(status, 0):
                text = f"{look.glyph} {count:,} {look.word}"
                counts.append(Content.styled(text, f"${TONES[look.tone]}"))
        return counts

    def _right(self, seen: RunsSeen, marked: int) -> Content:
        pieces = [counted(seen.every)]  # how many meet the filter stands beside that
        if seen.question.by:
            by = f" by {', '.join(seen.question.by)}" if self.size.width >= _WIDE else ""
            pieces.append(counted(seen.groups, "group") + by)
        if seen.rows > PAGE:
            first = seen.question.page * PAGE
            pieces.append(f"page {first + 1:,}–{first + len(seen.lines):,}")
        key = seen.question.sort
        if key != "-created":
            pieces.append(f"by {key.removeprefix('-')} {'↓' if key.startswith('-') else '↑'}")
        text = Content.styled(" · ".join(pieces), "$text-muted")
        if marked:
            return Content.assemble((f"▌{marked} marked", "$warning"), "  ", text)
        return text
