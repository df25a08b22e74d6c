"""Runs that are compared, each by itself, or those that differ in nothing but seeds together.

Owns what two runs must share to be peers, and what peers are called: by the fewest settings that
tell them from the others. What their figures come to is in peer_figures.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from graftui.models import Run
from graftui.planning.values import written
from graftui.results.figures import subject
from graftui.results.over_seeds import SEEDS, Seeds
from graftui.results.side_by_side import used
from graftui.results.trials import Entry, sources_of

MAKES = "makes"
"""Key that stands for what a run makes: "learnt graft"."""
_FIRST = (MAKES, "task.name", "model.name", "graft.sparsity", "task.k")
"""What peers are told apart by, if by any of these; in this order."""
_NO_MATTER = ("compute.", "graft.sparsities")
"""Where a run was computed makes no other run of it."""


@dataclass(frozen=True, slots=True)
class Peers:
    """One column of a comparison."""

    label: str
    runs: tuple[Run, ...]
    """In the order of their seeds."""
    seeds: tuple[Seeds, ...]
    """Of each run, as in `over`."""
    world: tuple[Any, ...] = ()
    """Task and model: between two of these no score compares."""

    @property
    def ids(self) -> tuple[str, ...]:
        """Of its runs."""
        return tuple(run.id for run in self.runs)


def each_alone(runs: Sequence[Run]) -> tuple[Peers, ...]:
    """A column a run."""
    return tuple(Peers(run.id, (run,), ((),)) for run in runs)


def peers(entries: Sequence[Entry], over: Sequence[str] = SEEDS) -> tuple[Peers, ...]:
    """The runs of `entries` over their seeds, in the order in which their columns come up."""
    known = [_settings(entry) for entry in entries]
    by_rest: dict[str, list[int]] = {}
    for number, settings in enumerate(known):
        rest = {path: value for path, value in settings.items() if path not in over}
        by_rest.setdefault(repr(sorted(rest.items())), []).append(number)
    members = [sorted(of, key=lambda n: repr(_seeds(known[n], over))) for of in by_rest.values()]
    labels = _labels([known[numbers[0]] for numbers in members], over)
    return tuple(
        Peers(
            label,
            tuple(entries[n].run for n in numbers),
            tuple(_seeds(known[n], over) for n in numbers),
            tuple(known[numbers[0]].get(path) for path in ("task.name", "model.name")),
        )
        for label, numbers in zip(labels, members, strict=True)
    )


def _settings(entry: Entry) -> dict[str, Any]:
    """What decided its result, and what the first run that it is made from was given."""
    run, origin = entry.run, entry.origin
    tuning = used(origin.config, origin.kind) if origin else {}
    whole = {MAKES: subject(run), **tuning, **used(run.config, run.kind)}
    dropped = sources_of(run.kind) if origin else set()
    return {
        path: value
        for path, value in whole.items()
        if path not in dropped and not path.startswith(_NO_MATTER)
    }


def _seeds(settings: Mapping[str, Any], over: Sequence[str]) -> Seeds:
    return tuple(settings.get(path) for path in over)


def telling(entries: Sequence[Entry], over: Sequence[str] = SEEDS) -> tuple[str, ...]:
    """The settings that tell the columns of `entries` apart, as they are called by."""
    return tuple(_telling(list(map(_settings, entries)), over))


def _labels(known: Sequence[Mapping[str, Any]], over: Sequence[str]) -> list[str]:
    paths = _telling(known, over) or [MAKES]
    return [_label(settings, paths) for settings in known]


def _telling(known: Sequence[Mapping[str, Any]], over: Sequence[str]) -> list[str]:
    """The fewest settings that tell them apart, the usual ones first."""
    paths = dict.fromkeys((*_FIRST, *(path for settings in known for path in settings)))
    every = len({repr([s.get(path) for path in paths if path not in over]) for s in known})
    chosen: list[str] = []
    apart = 1
    for path in paths:
        if apart == every:
            break
        classes = {tuple(repr(s.get(p)) for p in (*chosen, path)) for s in known}
        if path not in over and len(classes) > apart:
            chosen, apart = [*chosen, path], len(classes)
    return chosen


def _label(settings: Mapping[str, Any], paths: Sequence[str]) -> str:
    words = [
        ("" if path in _FIRST[:3] else f"{_short(path)} ") + written(settings[path])
        for path in paths
        if settings.get(path) is not None
    ]
    return ", ".join(words) or written(settings[MAKES])


def _short(path: str) -> str:
    return path.rpartition(".")[2].replace("_", " ")
