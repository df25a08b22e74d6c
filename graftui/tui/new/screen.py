"""The form of a new run, or of a run again. Each error stands at its field; what is changed shows.

Checks in a thread when the user pauses, and says what would come of it; queues only what has no
error. Returns what was queued.
"""

from collections.abc import Mapping
from functools import partial

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Footer, Input, Static

from graftui.planning.values import written
from graftui.results.figures import NOT_KNOWN
from graftui.settings import Settings
from graftui.text import visible
from graftui.tui.background import leave, start
from graftui.tui.form import Form, Value
from graftui.tui.messages import Checked, Foreseen, Queued, Refused, SweepMade, Trouble
from graftui.tui.new import coming, jobs
from graftui.tui.new.field import Field
from graftui.tui.text import cut, data

_PAUSE_S = 0.1
"""Since the last key, before the form is checked: a check costs as much as ten keys."""


class NewRunScreen(Screen[Queued | SweepMade | None]):
    """Settings by section, one a line."""

    BINDINGS = [
        Binding("ctrl+s", "submit", "Queue it", priority=True, id="form.queue",
                tooltip="queue what the form comes to, or go to the first error"),
        Binding("escape", "dismiss(None)", "Back", id="form.back",
                tooltip="leave without queueing"),
    ]  # fmt: skip

    def __init__(self, settings: Settings, filled: Form) -> None:
        super().__init__()
        self._settings = settings
        self._form = filled
        self._problems: dict[str, str] = {}
        # Kept, because looking for them among a thousand nodes takes longer than a key may.
        self._fields = {entry.path: Field(entry) for entry in filled.entries}
        self._busy = False
        self._pause: Timer | None = None

    def compose(self) -> ComposeResult:
        """Title, sections, and a line about the field the user is in."""
        yield Static(id="form-title")
        with VerticalScroll(id="form-body", can_focus=False):
            for group in self._form.groups:
                yield Static(data(group.title), classes="section")
                for entry in group.entries:
                    yield self._fields[entry.path]
        yield Static("", id="form-changes")
        yield Static("", id="form-coming")
        yield Static("", id="form-help")
        yield Footer(show_command_palette=False)

    def on_mount(self) -> None:
        """Begin at the top."""
        self._check()
        next(iter(self._fields.values())).focus_box()

    def values(self) -> dict[str, Value]:
        """What the fields hold."""
        return {path: field.value for path, field in self._fields.items()}

    @on(Field.Changed)
    def _changed(self) -> None:
        if self._pause is not None:
            self._pause.stop()
        self._pause = self.set_timer(_PAUSE_S, self._check)

    def _check(self) -> None:
        start(self, "check", partial(jobs.check, self._form, self.values()), looks=True)

    @on(Checked)
    def _checked(self, event: Checked) -> None:
        if event.refused:
            self._busy = False
        if event.values != self.values():  # more was typed since: another answer is on its way
            return
        self._problems = event.problems
        for path, field in self._fields.items():
            field.show(self._problems.get(path, ""), event.axes.get(path, 1))
            if field.has_class("-here"):
                self._explain(field)
        self._say_changes(event.values)
        self._say_title()
        if event.refused:
            self._go_to_first()
        elif not self._problems:
            job = partial(jobs.foresee, self._settings, self._form, event.values)
            start(self, "foresee", job, looks=True)
        else:
            self._say_coming(Content())

    @on(Foreseen)
    def _foreseen(self, event: Foreseen) -> None:
        if event.values != self.values():
            return
        parts = [Content.assemble((f"{word} ", "$text-muted"), data(said))
                 for word, said in event.told]  # fmt: skip
        text = Content("   ").join(parts)
        if event.refused:
            text = data(f"✗ {event.refused.message} {event.refused.hint}", "$error")
        self._say_coming(text)

    def _say_coming(self, text: Content) -> None:
        box = self.query_one("#form-coming", Static)
        if box.content != text:
            box.update(text)
            box.display = bool(text)

    def _go_to_first(self) -> None:
        """The first field that is wrong."""
        wrong = [field for field in self._fields.values() if field.problem]
        if wrong:
            wrong[0].focus_box()

    def _say_title(self) -> None:
        count = len(self._problems)
        wrong = f"✗ {count} field{'s' * (count != 1)} to correct" if count else ""
        name = cut(visible(self._form.title), max(20, self.size.width - 30))
        title = Content.assemble((f" {name}", "bold $accent"), "   ", (wrong, "$error"))
        self.query_one("#form-title", Static).update(title, layout=False)

    def _say_changes(self, values: Mapping[str, Value]) -> None:
        """What is not as it was prefilled, before it is queued."""
        changes = {**self._form.changes(values), **coming.consequences(self._form, values)}
        parts = [
            Content.assemble(data(f"{path} {_plain(old)} → ", "$text-muted"),
                             data(_plain(new), "bold $warning"))
            for path, (old, new) in changes.items()
        ]  # fmt: skip
        none = Content.styled("nothing changed", "$text-disabled")
        text = Content("   ").join(parts) if parts else none
        general = self._problems.get("", "")
        if general:
            text = data(f"✗ {general}", "$error")
        self.query_one("#form-changes", Static).update(text, layout=False)

    @on(Field.Entered)
    def _entered(self, event: Field.Entered) -> None:
        self._explain(event.field)

    def _explain(self, field: Field) -> None:
        """The line about the field the user is in."""
        entry, about = field.entry, field.entry.setting
        default = written(about.default) or "–"
        text = Content.assemble(
            data(entry.path, "bold"), (f"  {about.type}  ", "$secondary"), about.help,
            data(f"   default {default}" if entry.part else "", "$text-muted"),
            (f"   {field.several}" if entry.part else "", "$text-muted"),
        )  # fmt: skip
        if field.problem:
            text = data(f"✗ {field.problem}", "$error")
        self.query_one("#form-help", Static).update(text, layout=False)

    @on(Input.Submitted)
    def _next(self) -> None:
        self.focus_next()

    def action_submit(self) -> None:
        """Queue it, or go to the first error."""
        if not self._busy:
            self._busy = True
            start(self, "queue", partial(jobs.queue, self._settings, self._form, self.values()))

    @on(Queued)
    @on(SweepMade)
    def _queued(self, event: Queued | SweepMade) -> None:
        leave(self, event)

    @on(Refused)
    @on(Trouble)
    def _refused(self, event: Refused | Trouble) -> None:
        event.stop()
        self._busy = False
        text = data(f"✗ {event.error.message} {event.error.hint}", "$error")
        self.query_one("#form-changes", Static).update(text, layout=False)


def _plain(value: Value) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value or NOT_KNOWN
