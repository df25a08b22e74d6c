"""What keys do with the runs that are chosen: a key a verb of tui/verbs/.

Functions of a screen and of what is chosen on it, which the screen knows: runs that are marked, or
the one under the cursor.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from textual.binding import Binding

from graftui.models import Run
from graftui.tui import jobs
from graftui.tui.background import start
from graftui.tui.compare.screen import CompareScreen
from graftui.tui.live import LiveScreen
from graftui.tui.runs.feed import RunsPage
from graftui.tui.verbs import ending, labelling, starting
from graftui.tui.verbs.opening import opening

BINDINGS = [
    Binding("n", "act('new')", "New", id="runs.new",
            tooltip="new run: choose a recipe, fill in its form, queue it"),
    Binding("r", "act('rerun')", "Re-run", id="runs.rerun",
            tooltip="run the one under the cursor again, with changes"),
    Binding("c", "act('cancel')", "Cancel", id="runs.cancel",
            tooltip="cancel it, or the marked ones (asks first; what is best so far is kept)"),
    Binding("l", "act('release')", "Release", show=False, id="runs.release",
            tooltip="let a held one, or the marked ones, go: it is queued"),
    Binding("H", "act('hold')", "Hold", show=False, id="runs.hold",
            tooltip="hold it back, or the marked ones, until you release it"),
    Binding("less_than_sign", "act('front')", "Front", key_display="<", show=False,
            id="runs.front", tooltip="move it, or the marked ones, to the front of the queue"),
    Binding("greater_than_sign", "act('back')", "Behind", key_display=">", show=False,
            id="runs.behind", tooltip="move it, or the marked ones, behind all that wait"),
    Binding("equals_sign,m", "act('compare')", "Compare", key_display="=", id="runs.compare",
            tooltip="compare the marked runs side by side"),
    Binding("d", "act('delete')", "Delete", show=False, id="runs.delete",
            tooltip="delete it, or the marked ones (asks first)"),
    Binding("e", "act('export')", "Export", show=False, id="runs.export",
            tooltip="export the marked runs, or all in view, as CSV"),
    *labelling.bindings("runs"),
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Chosen:
    """What the keys of a screen with runs are about."""

    ids: tuple[str, ...]
    """Those that are marked, on whatever page, or the run or the group's runs under the cursor."""
    marked: tuple[str, ...]
    run: Run | None
    """The one under the cursor; None: there is none, or it was not read yet."""
    page: RunsPage
    """What is in view: filter and order."""
    active: Collection[str] | None
    """Ids of the runs that still have something to do; None: not known yet."""


def _with_runs(
    verb: Callable[[LiveScreen[Any], list[Run]], None], screen: LiveScreen[Any], chosen: Chosen
) -> None:
    """As they are now, not as they were when they were marked."""
    if chosen.ids:
        job = partial(jobs.read, screen.settings, chosen.ids)
        opening(screen, "Reading the runs", job, lambda read: verb(screen, read.runs))


def _new(screen: LiveScreen[Any], chosen: Chosen) -> None:
    starting.new(screen)


def _rerun(screen: LiveScreen[Any], chosen: Chosen) -> None:
    if chosen.run:
        starting.rerun(screen, chosen.run)


def _hold(screen: LiveScreen[Any], runs: list[Run]) -> None:
    from graftui.tui.verbs import queueing  # imports what the first paint does not wait for

    queueing.hold(screen, runs)


def _move(where: str, screen: LiveScreen[Any], runs: list[Run]) -> None:
    from graftui.tui.queue.jobs import Where
    from graftui.tui.verbs import queueing

    queueing.move(screen, runs, where=Where(where))


def _delete(screen: LiveScreen[Any], chosen: Chosen) -> None:
    if chosen.ids and chosen.active is not None:
        ending.delete(screen, chosen.ids, chosen.active)


def _compare(screen: LiveScreen[Any], chosen: Chosen) -> None:
    if len(chosen.marked) < 2:
        screen.notify("Mark two runs or more with space, then compare them.", severity="warning")
        return
    screen.app.push_screen(CompareScreen(screen.settings, screen.reader, chosen.marked))


def _export(screen: LiveScreen[Any], chosen: Chosen) -> None:
    """The marked runs, or all that meet the filter."""
    start(screen, "export", partial(jobs.export, screen.settings, chosen.marked, chosen.page))


VERBS: Mapping[str, Callable[[LiveScreen[Any], Chosen], None]] = {
    "new": _new,
    "rerun": _rerun,
    "cancel": partial(_with_runs, ending.cancel),
    "release": partial(_with_runs, starting.release),
    "hold": partial(_with_runs, _hold),
    "front": partial(_with_runs, partial(_move, "front")),
    "back": partial(_with_runs, partial(_move, "back")),
    "compare": _compare,
    "delete": _delete,
    "export": _export,
}
"""By what stands in the actions of the keys."""
