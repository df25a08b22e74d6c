"""The form of a new run, or of a run again. Each error stands at its field; what is changed shows.

Checks in a thread when the user pauses, and says what would come of it; queues only what has no
error. Returns what was queued.
"""

from collections.abc import Mapping
from functools import partial

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.content import Content
from textual.screen import Screen
from textual.timer import Timer
from textual.widgets import Input, Static

from graftui.planning.values import written
from graftui.results.figures import NOT_KNOWN
from graftui.settings import Settings
from graftui.show import plans
from graftui.text import visible
from graftui.tui.background import leave, start
from graftui.tui.completed import PlainInput
from graftui.tui.dialogs.confirm import ConfirmScreen
from graftui.tui.dialogs.line import LineScreen
from graftui.tui.footer import KeyFooter
from graftui.tui.form import Form, Value
from graftui.tui.messages import (
    Checked,
    Foreseen,
    Offered,
    Queued,
    Refused,
    Repeats,
    SweepMade,
    Told,
    Trouble,
)
from graftui.tui.new import coming, jobs
from graftui.tui.new.body import FormBody
from graftui.tui.new.field import Field
from graftui.tui.new.offers import Known
from graftui.tui.text import cut, data

_PAUSE_S = 0.1
"""Since the last key, before the form is checked: a check costs as much as ten keys."""


class NewRunScreen(Screen[Queued | SweepMade | None]):
    """Settings by section, one a line."""

    BINDINGS = [
        Binding("ctrl+r", "submit", "Queue it", priority=True, id="form.queue",
                tooltip="queue what the form comes to, or go to the first error"),
        Binding("ctrl+s", "save", "Save", priority=True, id="form.save",
                tooltip="keep what the form comes to as a recipe, axes too; queues nothing"),
        Binding("escape", "back", "Back", id="form.back",
                tooltip="leave without queueing; out of a search first"),
        Binding("slash", "search", "Search", key_display="/", id="form.search",
                tooltip="search the names and helps of all settings"),
        Binding("ctrl+f", "search", "Search", show=False, priority=True, id="form.find",
                tooltip="the same, from within a text too"),
        Binding("ctrl+underscore,ctrl+slash", "clear", "No search", key_display="ctrl+/",
                show=False, id="form.clear", tooltip="search nothing: what matters again"),
    ]  # fmt: skip

    def __init__(self, settings: Settings, filled: Form) -> None:
        super().__init__()
        self._settings = settings
        self._form = filled
        self._problems: dict[str, str] = {}
        self._body = FormBody(filled)
        self._fields = self._body.fields
        self._busy = False
        self._pause: Timer | None = None

    def compose(self) -> ComposeResult:
        """Title, sections, and a line about the field the user is in."""
        yield Static(id="form-title")
        yield PlainInput(placeholder="a word of a setting's name or help", compact=True,
                         id="form-search")  # fmt: skip
        yield self._body
        yield Static("", id="form-changes")
        yield Static("", id="form-coming")
        yield Static("", id="form-help")
        yield KeyFooter()

    def on_mount(self) -> None:
        """Begin at the top."""
        self._check()
        start(self, "offer", partial(jobs.offer, self._settings, self._form), looks=True)
        next(iter(self._fields.values())).focus_box()

    def values(self) -> dict[str, Value]:
        """What the fields hold."""
        return {path: field.value for path, field in self._fields.items()}

    @on(Offered)
    def _offered(self, event: Offered) -> None:
        for path, field in self._fields.items():
            between = " " if path == "tags" else ","
            field.know(Known(event.by_path.get(path, ()), self._settings.root, between))

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
        self._body.refold()
        self._say_changes(event.values)
        self._say_title()
        if event.refused:
            self._go_to_first()
        elif not self._problems and not getattr(self.app, "read_only", False):
            # Planning brings the registry up to date first: who only looks does not.
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
        if wrong and not wrong[0].display:
            self._stop_searching()
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
    def _next(self, event: Input.Submitted) -> None:
        if event.input.id == "form-search":
            self._body.go_to_match()
        else:
            self.focus_next()

    # Searching

    def action_search(self) -> None:
        """Type what is searched."""
        line = self.query_one("#form-search", PlainInput)
        line.display = True
        line.focus()

    @on(Input.Changed, "#form-search")
    def _searched(self, event: Input.Changed) -> None:
        event.stop()
        words = event.value
        if not self._body.search(words):
            text = data(f"No setting has {words!r} in its name or help: esc shows all", "$warning")
            self.query_one("#form-help", Static).update(text, layout=False)

    def _stop_searching(self) -> None:
        line = self.query_one("#form-search", PlainInput)
        line.value = ""
        line.display = False
        self._body.search("")

    def action_clear(self) -> None:
        """Search nothing."""
        here = self.focused
        self._stop_searching()
        if here is None or not here.display or here.id == "form-search":
            next(iter(self._fields.values())).focus_box()

    def action_back(self) -> None:
        """Out of a search, or of the form."""
        if self.query_one("#form-search").display:
            self.action_clear()
        else:
            self.dismiss(None)

    def action_submit(self) -> None:
        """Queue it, or go to the first error."""
        if not self._busy:
            self._busy = True
            start(self, "queue", partial(jobs.queue, self._settings, self._form, self.values()))

    @on(Repeats)
    def _repeats(self, event: Repeats) -> None:
        """Ask first: most who queue it again did not mean to."""
        told = "\n".join(plans.standing(run) for run in event.runs)
        question = ConfirmScreen("Run it again, as it is?", told, "Queue it")
        self.app.push_screen(question, self._answered)

    def _answered(self, sure: bool | None) -> None:
        self._busy = bool(sure)
        if sure:
            values = self.values()
            start(self, "queue", partial(jobs.queue, self._settings, self._form, values, sure=True))

    def action_save(self) -> None:
        """Type a name."""
        name = self._form.recipe.name
        note = "A file of that name in recipes/, which n and graftui run know."
        job = jobs.Saving(self._settings, self._form, self.values())
        self.app.push_screen(
            LineScreen[Told]("Save as which recipe?", note, job, name), self._saved
        )

    def _saved(self, told: Told | None) -> None:
        if told is not None:
            self.post_message(told)

    @on(Queued)
    @on(SweepMade)
    def _queued(self, event: Queued | SweepMade) -> None:
        event.stop()  # the screen that this one is left for tells of it
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
