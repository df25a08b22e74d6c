"""The line in which tags are added and taken away, with those that there are."""

from collections.abc import Mapping, Sequence

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Label, OptionList

from graftui.errors import UsageError
from graftui.models import Run
from graftui.registry.query.offers import Offer, Offers
from graftui.results.figures import counted
from graftui.scheduler.labels import TagChanges, typed_tags
from graftui.tui.completed import CompletedInput, OfferList
from graftui.tui.text import cut, data

_WIDEST = 400


class TagScreen(ModalScreen[TagChanges | None]):
    """Returns what is to be added and taken away, or None."""

    BINDINGS = [Binding("escape", "dismiss(None)", "Back", id="dialog.leave_tags", tooltip="back")]

    def __init__(self, runs: Sequence[Run], tags: Mapping[str, int]) -> None:
        """`tags`: all that there are, each with how many runs have it."""
        super().__init__()
        self._runs = runs
        self._tags = tags

    def compose(self) -> ComposeResult:
        """Which runs, the line, what could stand in it."""
        offers = OfferList()
        runs = self._runs
        who = f"{runs[0].id} ({runs[0].name})" if len(runs) == 1 else counted(len(runs))
        with Vertical(classes="dialog line"):
            yield Label(data(cut(f"Tags of {who}", _WIDEST)), classes="title")
            yield CompletedInput(offers, placeholder="+paper -draft")
            yield Label("", classes="problem")
            yield offers
            yield Label("tab take   enter do it   esc back", classes="keys")

    def on_mount(self) -> None:
        """Type."""
        self.query_one(Input).focus()

    @on(CompletedInput.Edited)
    def _edited(self) -> None:
        self._complain("")
        line = self.query_one(CompletedInput)
        line.offer(completed(line.value, line.cursor_position, self._runs, self._tags))

    @on(OptionList.OptionSelected)
    def _clicked(self, event: OptionList.OptionSelected) -> None:
        line = self.query_one(CompletedInput)
        line.take(self.query_one(OfferList).shown.offers[event.option_index])
        line.focus()

    @on(Input.Submitted)
    def _entered(self, event: Input.Submitted) -> None:
        if not event.value.strip():
            self.dismiss(None)
            return
        try:
            changes = typed_tags(event.value)
            changes.refuse_missing(self._runs)
        except UsageError as exc:
            self._complain(f"{exc.message} {exc.hint}")
            return
        self.dismiss(changes)

    def _complain(self, text: str) -> None:
        self.query_one(".problem", Label).update(data(cut(text, _WIDEST)))


def completed(line: str, cursor: int, runs: Sequence[Run], tags: Mapping[str, int]) -> Offers:
    """The tags that the word before the cursor may become; those of all `runs` are to go."""
    start = line.rfind(" ", 0, cursor) + 1
    word = line[start:cursor]
    begun = word.lstrip("+-").strip('"').lower()
    have = {tag: sum(tag in run.tags for run in runs) for tag in tags}
    offers = []
    for tag, number in tags.items():
        dropped = word[:1] == "-" or (not word and have[tag] == len(runs))
        if begun not in tag.lower() or (word[:1] == "-" and not have[tag]):
            continue
        if word[:1] != "-" and word and have[tag] == len(runs):
            continue
        text = f"{'-' if dropped else '+'}{_quoted(tag)} "
        offers.append(
            Offer(text, f"{'-' if dropped else '+'}{tag}", _about(have[tag], runs, number))
        )
    offers.sort(key=lambda offer: not offer.title[1:].lower().startswith(begun))
    return Offers(line, start, cursor, tuple(offers))


def _about(have: int, runs: Sequence[Run], everywhere: int) -> str:
    on = f"on {have} of these, " if 0 < have < len(runs) else ""
    return f"{on}{counted(everywhere)}"


def _quoted(tag: str) -> str:
    return f'"{tag}"' if " " in tag else tag
