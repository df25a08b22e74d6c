"""What a search remembers: which points were asked for, and what came of them. It is Optuna's.

Kept by Optuna in a database of its own beside the sweep's file, so that a search can be left, or
killed, and gone on with: a point that was asked for is there before anything is made of it. The
guesses for the nth trial depend on what was told before and on the seed and n alone, not on who
asks; so one that is gone on with guesses as one that was never left. Owns every call of Optuna,
which is imported only here and when a search is made. Refuses to work without it.
"""

import json
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from graftui.errors import UsageError
from graftui.planning.sweeps.axes import Point
from graftui.planning.sweeps.search.space import Choices, Range, Search

if TYPE_CHECKING:
    import optuna
    from optuna.distributions import BaseDistribution

_NAME = "search"
_STOPPED = "stopped"
_SEEDS = 2**32
"""So many seeds there are."""
_BUSY_S = 30.0


class TrialState(StrEnum):
    """What came of a trial."""

    asked = "asked"
    """Nothing yet."""
    done = "done"
    pruned = "pruned"
    failed = "failed"


@dataclass(frozen=True, slots=True)
class Trial:
    """A point that was asked for."""

    number: int
    """From 0 on."""
    point: Point
    state: TrialState
    value: float | None = None
    """Of one that is done."""


class Study:
    """The memory of one search. Only one process may have it open to ask."""

    def __init__(self, path: Path, search: Search) -> None:
        """In the file `path`, made if need be. Raises UsageError where there is no Optuna."""
        self._optuna = _imported()
        self._search = search
        self._spans = {path: _span(span) for path, span in search.space.items()}
        storage = self._optuna.storages.RDBStorage(
            "sqlite://",  # no path in it: one with a question mark would be read as options
            engine_kwargs={
                "creator": lambda: sqlite3.connect(path, _BUSY_S, check_same_thread=False)
            },
        )
        self._study = self._optuna.create_study(
            storage=storage,
            study_name=_NAME,
            direction="maximize" if search.maximize else "minimize",
            pruner=self._optuna.pruners.MedianPruner(),
            load_if_exists=True,
        )
        self._open: dict[int, optuna.Trial] = {}
        for frozen in self._study.get_trials(deepcopy=False):
            if not frozen.state.is_finished():
                self._complete(frozen.number, frozen._trial_id)

    def trials(self) -> list[Trial]:
        """All that were asked for, the first one first."""
        return [self._trial(frozen) for frozen in self._study.get_trials(deepcopy=False)]

    def ask(self) -> Trial:
        """One more, which is noted before this returns."""
        number = len(self._study.get_trials(deepcopy=False))
        self._study.sampler = self._guesses(number)
        asked = self._study.ask(self._spans)
        self._open[asked.number] = asked
        return Trial(asked.number, self._point(asked.params), TrialState.asked)

    def report(self, number: int, curve: Mapping[int, float]) -> bool:
        """How a trial does, step -> value; whether it is to be stopped. What was said of a step
        before stays.
        """
        trial, behind = self._open[number], False
        told = self._study.get_trials(deepcopy=False)[number].intermediate_values
        for step, value in sorted(curve.items()):
            if step not in told:
                trial.report(value, step)
                behind = behind or trial.should_prune()
        return behind

    def tell(self, number: int, state: TrialState, value: float | None = None) -> None:
        """What came of a trial; `value` of one that is done."""
        states = self._optuna.trial.TrialState
        meant = {
            TrialState.done: states.COMPLETE,
            TrialState.pruned: states.PRUNED,
            TrialState.failed: states.FAIL,
        }
        self._study.tell(number, value, meant[state])
        del self._open[number]

    def to_stop(self) -> list[Trial]:
        """Trials that were pruned, and of which it was not noted that their runs are stopped."""
        stopped = self._study.user_attrs.get(_STOPPED, [])
        pruned = (trial for trial in self.trials() if trial.state is TrialState.pruned)
        return [trial for trial in pruned if trial.number not in stopped]

    def note_stopped(self, number: int) -> None:
        """The runs of a pruned trial are stopped: one that goes on now, its user wants to."""
        stopped = self._study.user_attrs.get(_STOPPED, [])
        self._study.set_user_attr(_STOPPED, [*stopped, number])

    def _complete(self, number: int, id: int) -> None:
        """Whoever asked may have been killed half-way: what is missing of the point is guessed."""
        self._study.sampler = self._guesses(number)
        trial = self._optuna.Trial(self._study, id)
        for name, span in self._spans.items():
            _suggest(trial, name, span)
        self._open[number] = trial

    def _guesses(self, number: int) -> "optuna.samplers.BaseSampler":
        import optuna

        return optuna.samplers.TPESampler(seed=(self._search.seed + number) % _SEEDS)

    def _trial(self, frozen: "optuna.trial.FrozenTrial") -> Trial:
        states = self._optuna.trial.TrialState
        state = {
            states.COMPLETE: TrialState.done,
            states.PRUNED: TrialState.pruned,
            states.FAIL: TrialState.failed,
        }.get(frozen.state, TrialState.asked)
        value = frozen.value if state is TrialState.done else None
        return Trial(frozen.number, self._point(frozen.params), state, value)

    def _point(self, params: Mapping[str, Any]) -> Point:
        return {
            path: params[path] if isinstance(span, Range) else json.loads(params[path])
            for path, span in self._search.space.items()
        }


def _imported() -> Any:
    try:
        import optuna
    except ImportError:
        raise UsageError(
            "A search needs Optuna, which is not installed.", "pip install 'graftui[search]'"
        ) from None
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def _suggest(trial: "optuna.Trial", name: str, span: "BaseDistribution") -> None:
    from optuna import distributions as of

    if isinstance(span, of.CategoricalDistribution):
        trial.suggest_categorical(name, span.choices)
    elif isinstance(span, of.IntDistribution):
        trial.suggest_int(name, span.low, span.high, step=span.step, log=span.log)
    elif isinstance(span, of.FloatDistribution):
        trial.suggest_float(name, span.low, span.high, step=span.step, log=span.log)


def _span(span: Range | Choices) -> "BaseDistribution":
    """As Optuna has it. It takes no lists and tables as choices; so all of them are text."""
    from optuna import distributions as of

    if not isinstance(span, Range):
        return of.CategoricalDistribution([json.dumps(value) for value in span.choices])
    if span.whole:
        return of.IntDistribution(int(span.low), int(span.high), span.log, int(span.step or 1))
    return of.FloatDistribution(span.low, span.high, span.log, span.step)
