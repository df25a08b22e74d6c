"""The line above the table, and the filter box. They show and announce; they know no registry."""

from dataclasses import dataclass

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Label, Static

from graftui.errors import GraftuiError
from graftui.models import RunStatus
from graftui.results.figures import counted
from graftui.show.states import STATES
from graftui.tui.runs.feed import PAGE, RunsSeen
from graftui.tui.text import TONES, data

_COUNTED = (
    RunStatus.running, RunStatus.starting, RunStatus.queued, RunStatus.held, RunStatus.failed,
    RunStatus.lost,
)  # fmt: skip


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
        self.update(Content.assemble(line, " " * max(1, room), right), layout=False)

    def _counts(self, seen: RunsSeen) -> list[Content]:
        counts = []
        for status in _COUNTED:
            look = STATES[status]
            if count := seen.counts.get(status, 0):
                text = f"{look.glyph} {count:,} {look.word}"
                counts.append(Content.styled(text, f"${TONES[look.tone]}"))
        return counts

    def _right(self, seen: RunsSeen, marked: int) -> Content:
        pieces = [counted(seen.every)]
        if seen.total != seen.every:
            pieces[0] = f"{seen.total:,} of {pieces[0]}"
        if seen.total > PAGE:
            first = seen.question.page * PAGE
            pieces.append(f"page {first + 1:,}–{first + len(seen.runs):,}")
        key = seen.question.sort
        if key != "-created":
            pieces.append(f"by {key.removeprefix('-')} {'↓' if key.startswith('-') else '↑'}")
        text = Content.styled(" · ".join(pieces), "$text-muted")
        if marked:
            return Content.assemble((f"▌{marked} marked", "$warning"), "  ", text)
        return text


class FilterBar(Horizontal):
    """Where conditions and words are typed, and what is wrong with them."""

    BINDINGS = [Binding("escape", "drop", "Clear"), Binding("down", "keep", "Table", show=False)]

    @dataclass
    class Changed(Message):
        """Another filter was typed."""

        text: str

    class Left(Message):
        """The user is done here."""

    def __init__(self, id: str) -> None:
        super().__init__(id=id)
        self._leaving = False
        """The user is done here, if only the filter is right."""
        self._answer: tuple[str, GraftuiError | None] = ("", None)
        """The last filter of which it is known whether it is right."""

    def compose(self) -> ComposeResult:
        """The box, and beside it what is wrong."""
        yield Label("/")
        yield Input(
            placeholder="words, or conditions as in `graftui ls`: status=failed train.lr>=1e-3",
            compact=True,
            id="filter-text",
        )
        yield Label("", id="filter-problem")

    def answered(self, text: str, problem: GraftuiError | None) -> None:
        """Say what is wrong with the filter `text`; who is done leaves, as soon as nothing is."""
        self._complain(problem.message if problem else "")
        self._answer = (text, problem)
        self._leave()

    def _leave(self) -> None:
        text, problem = self._answer
        if not self._leaving or text != self.query_one(Input).value:
            return
        self._leaving = False
        if problem is None:
            self.post_message(self.Left())
        elif problem.excerpt:  # beside the box there is room for a sentence alone
            self.notify(f"{problem.excerpt}\n{problem.hint}", severity="error")

    def _complain(self, text: str) -> None:
        self.query_one("#filter-problem", Label).update(data(text))

    def edit(self) -> None:
        """Let the user type."""
        self.styles.display = "block"
        self.query_one(Input).focus()

    def drop(self) -> None:
        """No filter any more, and the box away."""
        self.query_one(Input).value = ""
        self._complain("")
        self.styles.display = "none"

    @on(Input.Changed)
    def _changed(self, event: Input.Changed) -> None:
        event.stop()
        self._leaving = False
        self.post_message(self.Changed(event.value))

    @on(Input.Submitted)
    def action_keep(self) -> None:
        """Back to the table; the filter stays, if it is right: who typed a wrong one stays."""
        if not self.query_one(Input).value.strip():
            self.action_drop()
            return
        self._leaving = True
        self._leave()

    def action_drop(self) -> None:
        """Back to the table without a filter."""
        self.drop()
        self.post_message(self.Left())
