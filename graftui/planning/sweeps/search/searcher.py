"""A search as it goes: asks for trials, has their cells made, and tells what came of them.

Whoever calls `Searcher.step` again and again drives it; it may be left or killed at any instant,
and gone on with by another. Nothing of it is in memory alone: that a point was asked for is noted
first (study.py), then its cells are queued as those of any sweep, by identity, so that they are
there once; and what came of a trial is read from its runs. That a trial is given up is noted before
its runs are stopped, and who goes on stops what was not. One process at a time drives a search.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from graftui.errors import NotFound, UsageError
from graftui.models import LOCAL, RunStatus
from graftui.planning.reuse import alike
from graftui.planning.sweeps import making
from graftui.planning.sweeps.search.asked import aim_of, search_of
from graftui.planning.sweeps.search.study import Study, Trial, TrialState
from graftui.planning.sweeps.search.trial_runs import cells_at, foretold, own_runs
from graftui.planning.sweeps.states import CellState, Standing, standings
from graftui.planning.sweeps.sweep import Cell, Sweep, identities, resolve, search_lock, study_path
from graftui.registry.store import Store
from graftui.scheduler.admission.inventory import inventory_of
from graftui.scheduler.lock import taking
from graftui.scheduler.look import set_going
from graftui.scheduler.pruned import prune
from graftui.scheduler.queue import queue_file
from graftui.settings import Settings

_ELSEWHERE = 8
"""Trials at once on an executor with a queue of its own."""


@dataclass(frozen=True, slots=True)
class Step:
    """How a search stands after a look at it."""

    told: tuple[Trial, ...]
    """What came of trials since the last one."""
    why: Mapping[int, str]
    """Number of a trial -> why it failed."""
    open: int
    """Trials that nothing has come of yet."""
    asked: int
    total: int
    best: Trial | None
    stopped: bool
    """Whether its user cancelled it, or took it away."""

    @property
    def over(self) -> bool:
        """Whether there is nothing left to do."""
        return self.stopped or (not self.open and self.asked >= self.total)


@contextmanager
def driving(sweep: Sweep, settings: Settings, on: str = LOCAL) -> Iterator["Searcher"]:
    """The search, to be driven by this process alone. Raises UsageError if another does, or if
    there is no Optuna.
    """
    with taking(search_lock(settings, sweep.id)) as file:
        if file is None:
            raise UsageError(
                f"Sweep {sweep.id} is being searched by another process already.",
                f"`graftui sweep show {sweep.id}` shows how it stands.",
            )
        yield Searcher(sweep, settings, on)


class Searcher:
    """One search, driven."""

    def __init__(self, sweep: Sweep, settings: Settings, on: str) -> None:
        self.aim = aim_of(search_of(sweep), settings)
        self._sweep = sweep
        self._search = search_of(sweep)
        self._settings = settings
        self._on = on
        self._cells: dict[int, tuple[Cell, ...]] = {}
        """By number, of the trials that nothing has come of."""
        self._failing: set[int] = set()
        """Trials that looked failed the last time."""
        self._why: dict[int, str] = {}
        self._study = Study(study_path(settings, sweep.id), self._search)
        self._go_on()

    def step(self) -> Step:
        """Look once at all that is under way, and ask for more where there is room."""
        set_going(self._settings)
        seen = {number: self._seen(cells) for number, cells in self._cells.items()}
        if not self._wanted():  # asked after the look: what is cancelled with it did not fail
            return self._stands([], stopped=True)
        ended = [number for number, results in seen.items() if self._told(number, results)]
        ended += self._ask()
        return self._stands(ended)

    def _seen(self, cells: Sequence[Cell]) -> list[Standing]:
        by_cell = standings(self._sweep, self._settings, cells)
        return [result for own in by_cell for result in own]

    def _wanted(self) -> bool:
        """Whether its user still wants it; of how many trials, may have changed too."""
        try:
            self._sweep = resolve(self._settings, self._sweep.id)
        except NotFound:
            return False
        self._search = search_of(self._sweep)
        return not self._search.stopped

    def _stands(self, ended: Sequence[int], stopped: bool = False) -> Step:
        trials = self._study.trials()
        values = [trial.value for trial in trials if trial.value is not None]
        best = self.aim.best(values) if values else None
        return Step(
            told=tuple(trials[number] for number in ended),
            why=self._why,
            open=len(self._cells),
            asked=len(trials),
            total=max(self._search.trials, len(trials)),
            best=next((each for each in trials if values and each.value == best), None),
            stopped=stopped,
        )

    # What came of a trial

    def _told(self, number: int, results: Sequence[Standing]) -> bool:
        """Whether something has come of it."""
        done = all(result.state is CellState.done for result in results)
        cells, behind = self._cells[number], False
        if self._search.prune:
            curve = foretold(self._settings, self._search, cells)
            behind = self._study.report(number, curve)
        if done:
            value = self._value(number, results)
            self._end(number, TrialState.failed if value is None else TrialState.done, value)
        elif any(result.state.under_way for result in results):
            self._failing.discard(number)
            if behind:
                self._end(number, TrialState.pruned)
                self._stop(number, cells)
        elif number in self._failing:
            self._why[number] = self._failed(cells)
            self._end(number, TrialState.failed)
        else:
            self._failing.add(number)  # a run that was killed may just be put back in the queue
        return number not in self._cells

    def _value(self, number: int, results: Sequence[Standing]) -> float | None:
        runs = [result.run for result in results if result.run]
        with Store.open(self._settings.db) as store:
            scores = store.scores([run.id for run in runs])
        value = self.aim.mean([self.aim.of(run, scores[run.id]) for run in runs])
        if value is None:
            self._why[number] = f"A run of it has no {self.aim.name}."
        return value

    def _failed(self, cells: Sequence[Cell]) -> str:
        """What went wrong: with one that failed, rather than with what waited for it."""
        alike_now = alike(self._settings, identities(cells)).values()
        newest = [runs[0] for runs in alike_now if runs[0].status is not RunStatus.finished]
        newest.sort(key=lambda run: run.status is not RunStatus.failed)
        if not newest:
            return "A run of it is gone."
        return f"Run {newest[0].id} {newest[0].status}: {newest[0].message}"

    def _end(self, number: int, state: TrialState, value: float | None = None) -> None:
        self._study.tell(number, state, value)
        self._cells.pop(number, None)
        self._failing.discard(number)

    def _stop(self, number: int, cells: Sequence[Cell]) -> None:
        why = f"Trial {number} of sweep {self._sweep.id} was behind the median of the others."
        runs = own_runs(self._settings, cells, self._cells.values())
        prune(self._settings, runs, why)
        self._study.note_stopped(number)

    # Asking

    def _ask(self) -> Iterator[int]:
        """As many as there is room for; the numbers of those that cannot run."""
        asked = len(self._study.trials())
        while asked < self._search.trials and len(self._cells) < self._width():
            trial = self._study.ask()
            asked += 1
            if not self._make(trial):
                yield trial.number

    def _make(self, trial: Trial) -> bool:
        """Have the cells of a trial queued; False, and it has failed, where they cannot run."""
        try:
            outcome = making.at(self._sweep.id, trial.point, self._settings, self._on)
        except NotFound:
            raise  # the sweep is gone
        except UsageError as error:
            self._why[trial.number] = error.message
            self._end(trial.number, TrialState.failed)
            return False
        self._sweep = outcome.sweep
        self._cells[trial.number] = outcome.cells
        if outcome.queued:
            set_going(self._settings)
        return True

    def _width(self) -> int:
        """Trials at once: as many as the queue takes runs; where that is left to what has room, one
        a GPU, and one where there is none.
        """
        if self._on != LOCAL:
            return _ELSEWHERE
        with Store.open(self._settings.db) as store:
            jobs = queue_file.in_force(self._settings, store).jobs
        jobs = jobs or len(inventory_of(self._settings.inventory).look().gpus)
        return max(1, jobs // len(making.of_trial(self._sweep, {})))

    # Going on

    def _go_on(self) -> None:
        """Take up what was asked for and not told. What is missing of it, was cancelled or lost, is
        made anew; what should have been stopped, is.
        """
        for trial in self._study.trials():
            if trial.state is TrialState.asked:
                cells = self._cells_of(trial)
                if cells and not self._lacking(cells):
                    self._cells[trial.number] = cells
                else:
                    self._make(trial)
        for trial in self._study.to_stop():
            self._stop(trial.number, self._cells_of(trial))

    def _cells_of(self, trial: Trial) -> tuple[Cell, ...]:
        return cells_at(self._sweep, making.of_trial(self._sweep, trial.point))

    def _lacking(self, cells: Sequence[Cell]) -> bool:
        return any(result.state is CellState.missing for result in self._seen(cells))
