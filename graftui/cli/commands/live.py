"""Watching runs: progress, live loss and sparsity while they go, and how they ended.

On a terminal a live line a run; elsewhere (a file, CI) a line a phase and a line a score.
"""

import time
from collections.abc import Iterator, Sequence

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from engine.contract import events as ev
from graftui.errors import NotFinished, RunCancelled, RunFailed
from graftui.models import Run, RunStatus
from graftui.registry.store import Store
from graftui.registry.tail import Tail
from graftui.results.figures import asked, is_test, metric_of, stage_title
from graftui.results.times import time_left
from graftui.scheduler.look import look
from graftui.scheduler.queue.requeue import comes_back
from graftui.scheduler.queue.work import nothing_to_do
from graftui.scheduler.reconcile import AT_WORK
from graftui.scheduler.settle import directory
from graftui.settings import Settings
from graftui.show.events import sentence
from graftui.terminal import Console, Text
from graftui.text import visible

# What is worth a place beside the bar, in this order.
_SHOWN = (
    "train/loss", "dev/accuracy", "dev/f1", "dev/matthews", "dev/pearson",
    "graft/loss", "graft/train_dev", "graft/weights",
)  # fmt: skip


class Follower:
    """What is new of one run, and where its curves stand."""

    def __init__(self, settings: Settings, run: Run) -> None:
        self.run = run
        self.values: dict[str, float] = {}
        self._tail = Tail(directory(settings, run).events)

    def news(self) -> Iterator[ev.Event]:
        """Events since the last call, one by one; `values` has the latest point of each curve."""
        for event in self._tail.news():
            self._remember(event)
            yield event

    def _remember(self, event: ev.Event) -> None:
        if isinstance(event, ev.Metric):
            self.values |= event.values

    def line(self) -> str:
        """The latest values, such as "loss 0.31  dev accuracy 0.91"."""
        return "  ".join(
            f"{name.removeprefix('train/').replace('/', ' ')} {self.values[name]:.4g}"
            for name in _SHOWN
            if name in self.values
        )


_REST = 9
"""Times the CPU of a look that are waited after it: of many runs it is long, and the cores are for
the engines."""


class Watch:
    """Shows runs until all of them have ended."""

    def __init__(self, settings: Settings, runs: Sequence[Run], console: Console) -> None:
        self._settings = settings
        self._console = console
        self._followers = {run.id: Follower(settings, run) for run in runs}
        self._bars: dict[str, TaskID] = {}
        self._phases: dict[str, str] = {}
        self._over = False
        self._progress = Progress(
            TextColumn("{task.description}", markup=False), BarColumn(bar_width=24),
            TextColumn("{task.percentage:>3.0f} %", markup=False), TimeElapsedColumn(),
            TextColumn("{task.fields[left]}", markup=False),
            TextColumn("{task.fields[values]}", "dim", markup=False),
            console=console, transient=True, disable=not console.is_terminal,
        )  # fmt: skip

    def until_over(self) -> list[Run]:
        """The runs as they ended. Ctrl-C ends the watching, not the runs."""
        with self._progress:
            while True:
                before_s = time.process_time()
                runs = self._look()
                for run in runs:
                    self._show(run)
                if self._over:
                    return runs
                spent_s = time.process_time() - before_s
                time.sleep(max(self._settings.poll_s, _REST * spent_s))

    def _look(self) -> list[Run]:
        with Store.open(self._settings.db) as store:
            look(self._settings, store)
            idle = self._all_wait(store) and nothing_to_do(self._settings, store)
            # Read after that: else one that began and ended meanwhile would seem to wait for ever.
            runs = [store.get(run_id) for run_id in self._followers]
            left = self._left(store, runs)
            self._over = not left or idle and all(r.status is RunStatus.queued for r in left)
            return runs

    def _all_wait(self, store: Store) -> bool:
        states = {*store.statuses(self._followers).values()}
        return RunStatus.queued in states and states.isdisjoint(AT_WORK)

    def _left(self, store: Store, runs: Sequence[Run]) -> list[Run]:
        """Those to wait for. What waits for a lost or held run may have to wait for ever."""
        return [r for r in runs if not (self._has_ended(r) or store.waits_in_vain(r))]

    def _has_ended(self, run: Run) -> bool:
        return not run.status.active and not comes_back(self._settings, run)

    def _show(self, run: Run) -> None:
        follower = self._followers[run.id]
        for event in follower.news():
            self._tell(run, event)
        if run.status in (RunStatus.starting, RunStatus.running):
            bar = self._bars.get(run.id)
            if bar is None:
                bar = self._progress.add_task("", total=None, left="", values="")
                self._bars[run.id] = bar
            self._progress.update(
                bar, description=f"{run.id} {run.kind}", completed=run.progress,
                # Loading says nothing of the whole: a bar that only moves.
                total=None if run.done is None else 1.0, left=time_left(run.left_s),
                values=visible(f"{_phase(run)}  {follower.line()}"),
            )  # fmt: skip
        elif run.id in self._bars:
            self._progress.remove_task(self._bars.pop(run.id))

    def _tell(self, run: Run, event: ev.Event) -> None:
        if isinstance(event, ev.Evaluated) and is_test(event.split):
            at = "" if event.sparsity is None else f" at {asked(event.sparsity)}"
            on = "" if event.split == "test" else f" on {event.split}"
            stage = stage_title(event.what, run.config.get("localizer", "learnt"))
            name = metric_of(event.scores)
            if name in event.scores:  # not of a kind of run that is judged otherwise
                self._say(run, f"{stage}{at}{on}: {name} {event.scores[name]:.4f}")
        elif isinstance(event, ev.Log | ev.Resumed):
            self._say(run, sentence(event))
        elif isinstance(event, ev.Progress) and self._phases.get(run.id) != event.phase:
            self._phases[run.id] = event.phase
            if not self._console.is_terminal:  # there the bar says so
                self._say(run, f"{event.phase} ...")

    def _say(self, run: Run, text: str) -> None:
        self._console.print(Text.assemble((f"{run.id} {run.kind} ", "dim"), text))


def _phase(run: Run) -> str:
    """ "train 171/400"."""
    steps = f" {run.step}/{run.total}" if run.total else ""
    return f"{run.phase or run.status.value}{steps}"


def verdict(runs: Sequence[Run]) -> NotFinished | None:
    """What to end with: the first run that did not finish, in words; None if all did."""
    if error := _unfinished(runs):
        error.runs = tuple(runs)
    return error


def _unfinished(runs: Sequence[Run]) -> NotFinished | None:
    for run in runs:
        what = f"Run {run.id} ({run.kind})"
        if run.status in (RunStatus.failed, RunStatus.lost):
            reason = f" ({run.reason})" if run.reason else ""
            hint = run.hint or f"`graftui logs {run.id}` shows its output."
            return RunFailed(f"{what} {run.status}{reason}: {run.message}", hint)
    for run in runs:
        if run.status is RunStatus.cancelled:
            return RunCancelled(
                f"Run {run.id} ({run.kind}) was cancelled: {run.message}",
                f"`graftui resume {run.id}` goes on with it.",
            )
    for run in runs:
        if run.status is RunStatus.held:
            return RunFailed(f"Run {run.id} ({run.kind}) is held: {run.message}", run.hint)
        if run.status is RunStatus.queued and not run.sources:
            return RunFailed(
                f"Run {run.id} ({run.kind}) does not start: this machine has no room for it.",
                "`graftui queue` says what it waits for.",
            )
        if run.status is RunStatus.queued:
            sources = ", ".join(run.sources)
            return RunFailed(
                f"Run {run.id} ({run.kind}) waits for run {sources}, which nobody is at.",
                f"`graftui show {sources}` says why. It goes on when that one does.",
            )
    return None
