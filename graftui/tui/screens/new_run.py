"""The form of a new run, or of a run again. Each error stands at its field; what is changed shows.

Checks as the user types, queues only what has no error. Returns what was queued.
"""

from functools import partial

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, Input, Static

from graftui.settings import Settings
from graftui.tui import form, jobs
from graftui.tui.background import start
from graftui.tui.form import Form, Value
from graftui.tui.messages import Queued, Refused, Trouble
from graftui.tui.widgets.field import Field


class NewRunScreen(Screen[Queued | None]):
    """Settings by section, one a line."""

    BINDINGS = [
        Binding("ctrl+s", "submit", "Queue it", priority=True),
        Binding("escape", "dismiss(None)", "Back"),
    ]

    def __init__(self, settings: Settings, filled: Form) -> None:
        super().__init__()
        self._settings = settings
        self._form = filled
        self._problems: dict[str, str] = {}
        self._busy = False

    def compose(self) -> ComposeResult:
        """Title, sections, and a line about the field the user is in."""
        yield Static(id="form-title")
        with VerticalScroll(id="form-body", can_focus=False):
            for group in self._form.groups:
                yield Static(group.title, classes="section")
                for entry in group.entries:
                    yield Field(entry)
        yield Static("", id="form-changes")
        yield Static("", id="form-help")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Begin at the top."""
        self._check()
        fields = list(self.query(Field))
        fields[0].focus_box()

    def values(self) -> dict[str, Value]:
        """What the fields hold."""
        return {field.entry.path: field.value for field in self.query(Field)}

    @on(Field.Changed)
    def _check(self) -> None:
        values = self.values()
        self._problems = form.errors(self._form, values)
        for field in self.query(Field):
            field.show(self._problems.get(field.entry.path, ""))
            if field.has_class("-here"):
                self._explain(field)
        self._say_changes(values)
        self._say_title()

    def _say_title(self) -> None:
        count = len(self._problems)
        wrong = f"✗ {count} field{'s' * (count != 1)} to correct" if count else ""
        self.query_one("#form-title", Static).update(
            Content.assemble((f" {self._form.title}", "bold $accent"), "   ", (wrong, "$error"))
        )

    def _say_changes(self, values: dict[str, Value]) -> None:
        """What is not as it was prefilled, before it is queued."""
        changes = self._form.changes(values)
        parts = [
            Content.assemble((f"{path} ", "$text-muted"), (f"{_plain(old)} → ", "$text-muted"),
                             (_plain(new), "bold $warning"))
            for path, (old, new) in changes.items()
        ]  # fmt: skip
        none = Content.styled("nothing changed", "$text-disabled")
        text = Content("   ").join(parts) if parts else none
        general = self._problems.get("", "")
        if general:
            text = Content.styled(f"✗ {general}", "$error")
        self.query_one("#form-changes", Static).update(text)

    @on(Field.Entered)
    def _entered(self, event: Field.Entered) -> None:
        self._explain(event.field)

    def _explain(self, field: Field) -> None:
        """The line about the field the user is in."""
        entry, about = field.entry, field.entry.setting
        default = _plain(form.shown_as(about.default))
        text = Content.assemble(
            (entry.path, "bold"), (f"  {about.type}  ", "$secondary"), about.help,
            (f"   default {default}" if entry.part else "", "$text-muted"),
        )  # fmt: skip
        if field.problem:
            text = Content.styled(f"✗ {field.problem}", "$error")
        self.query_one("#form-help", Static).update(text)

    @on(Input.Submitted)
    def _next(self) -> None:
        self.focus_next()

    def action_submit(self) -> None:
        """Queue it, or go to the first error."""
        if self._problems:
            wrong = [f for f in self.query(Field) if f.entry.path in self._problems]
            if wrong:
                wrong[0].focus_box()
            self.notify("Correct what is marked first.", severity="warning")
        elif not self._busy:
            self._busy = True
            start(self, "queue", partial(jobs.queue, self._settings, self._form, self.values()))

    @on(Queued)
    def _queued(self, event: Queued) -> None:
        self.dismiss(event)

    @on(Refused)
    @on(Trouble)
    def _refused(self, event: Refused | Trouble) -> None:
        self._busy = False
        text = Content.styled(f"✗ {event.error.message} {event.error.hint}", "$error")
        self.query_one("#form-changes", Static).update(text)


def _plain(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value or "–"
