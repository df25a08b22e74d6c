"""The runs of a list in groups: by any keys, or all that differ in nothing but their seeds.

Owns which runs are one group and what its row says: mean and standard deviation over its runs. A
key means of a run what it means in `compare --by`: a graft has the settings of its fine-tuning.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from graftui.models import Run, RunStatus
from graftui.planning.values import written
from graftui.registry.query.sql import figures
from graftui.registry.store import Store
from graftui.results import by_key
from graftui.results.chosen_columns import BUT_SEED
from graftui.results.columns import Column, column
from graftui.results.over_seeds import spread
from graftui.results.peers import peers
from graftui.results.trials import Entry


@dataclass(frozen=True, slots=True)
class RunGroup:
    """Runs that share something."""

    label: str
    """What they share, as far as it tells them from the other groups."""
    runs: tuple[Run, ...]
    """In the order of the list."""

    @property
    def key(self) -> str:
        """The same for as long as its oldest run is in it."""
        return "group " + min(self.runs, key=lambda run: (run.created_at, run.id)).id

    @property
    def states(self) -> Mapping[RunStatus, int]:
        """How many of its runs are in which."""
        return Counter(run.status for run in self.runs)

    def cell(self, shown: Column, now: float, narrow: bool = False) -> str:
        """Of numbers mean and deviation, of all else what the runs have in common."""
        gap = "" if narrow else " "
        if shown.number is None:
            read = shown.narrow or shown.read if narrow else shown.read
            words = {read(run, now) for run in self.runs}
            return words.pop() if len(words) == 1 else ""
        mean, std = self.spread(shown, now)
        if mean is None:
            return ""
        return shown.form(mean) + (f"{gap}±{gap}{shown.form(std)}" if std is not None else "")

    def spread(self, shown: Column, now: float) -> tuple[float | None, float | None]:
        """Mean and standard deviation of a column of numbers; of one run the mean alone."""
        if shown.number is None:
            return None, None
        known = (shown.number(run, now) for run in self.runs)
        numbers = [number for number in known if number is not None]
        over = spread(numbers) if numbers else None
        return (over.mean, over.std) if over else (None, None)


def by_text(text: str) -> tuple[str, ...]:
    """The keys in `text`, with commas between."""
    return tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


def checked(db: sqlite3.Connection, by: tuple[str, ...]) -> tuple[str, ...]:
    """`by`, if there are such keys. Raises UsageError."""
    if by != (BUT_SEED,):
        by_key.by(by, ",".join(by), partial(figures, db))
    return by


def by_settings(by: Sequence[str]) -> bool:
    """Whether settings alone decide of which group a run is: they never change."""
    return tuple(by) == (BUT_SEED,) or all("." in key[:-1] for key in by)


def with_runs(
    groups: Sequence[RunGroup], runs: Sequence[Run], sort: str, now: float
) -> tuple[RunGroup, ...]:
    """`groups` with their runs as they are in `runs`, which are the same in the order `sort`."""
    of = {run.id: number for number, group in enumerate(groups) for run in group.runs}
    members: list[list[Run]] = [[] for _ in groups]
    for run in runs:
        members[of[run.id]].append(run)
    made = [RunGroup(g.label, tuple(own)) for g, own in zip(groups, members, strict=True)]
    return _in_order(made, runs, sort, now)


def grouped(
    store: Store, runs: Sequence[Run], by: Sequence[str], sort: str, now: float
) -> tuple[RunGroup, ...]:
    """`runs`, which are in the order `sort`, in groups: with runs at work first, then by the mean
    of what is sorted by, or by their first run. Raises UsageError for an unknown key.
    """
    if not runs:
        return ()
    entries = _entries(store, runs)
    places = _places(runs)
    groups = _but_seed(entries, places) if tuple(by) == (BUT_SEED,) else _by(store, entries, by)
    return _in_order(groups, runs, sort, now)


def _in_order(
    groups: Iterable[RunGroup], runs: Sequence[Run], sort: str, now: float
) -> tuple[RunGroup, ...]:
    return tuple(sorted(groups, key=partial(_rank, sort=sort, now=now, first=_places(runs))))


def _entries(store: Store, runs: Sequence[Run]) -> list[Entry]:
    """Each with the first run that it is made from."""
    known: dict[str, Run | None] = {run.id: run for run in runs}
    for run in runs:
        if run.parent and run.parent not in known:
            known[run.parent] = store.find(run.parent)
    return [Entry(run, (), known.get(run.parent or "")) for run in runs]


def _but_seed(entries: Sequence[Entry], places: Mapping[str, int]) -> list[RunGroup]:
    return [
        RunGroup(of.label, tuple(sorted(of.runs, key=lambda run: places[run.id])))
        for of in peers(entries)
    ]


def _by(store: Store, entries: Sequence[Entry], by: Sequence[str]) -> list[RunGroup]:
    keys = by_key.by(by, ",".join(by), partial(figures, store.db))
    cells: dict[str, tuple[str, list[Run]]] = {}
    for entry in entries:
        row = by_key.row_of(entry)
        values = [key.value.of(row) for key in keys]
        label = ", ".join(_words(key.name, value) for key, value in zip(keys, values, strict=True))
        cells.setdefault(repr(values), (label, []))[1].append(entry.run)
    return [RunGroup(label, tuple(runs)) for label, runs in cells.values()]


def _words(name: str, value: object) -> str:
    text = written(value[-1] if isinstance(value, list) and value else value)
    short = "" if name == "kind" else f"{name.rpartition('.')[2].replace('_', ' ')} "
    return f"{short}{text or 'none'}"


def _places(runs: Iterable[Run]) -> Mapping[str, int]:
    return {run.id: number for number, run in enumerate(runs)}


def _rank(
    group: RunGroup, sort: str, now: float, first: Mapping[str, int]
) -> tuple[bool, bool, float]:
    at_work = group.states[RunStatus.running] + group.states[RunStatus.starting] > 0
    by = column(sort.removeprefix("-"))
    mean = group.spread(by, now)[0] if by.number else None
    if by.number and mean is not None:
        return not at_work, False, -mean if sort.startswith("-") else mean
    return not at_work, by.number is not None, float(min(first[run.id] for run in group.runs))


def as_json(group: RunGroup, columns: Iterable[Column], now: float) -> dict[str, Any]:
    """A group for programs: numbers as they are."""
    spreads = {each.name: group.spread(each, now) for each in columns if each.number}
    figures = {name: {"mean": m, "std": s} for name, (m, s) in spreads.items() if m is not None}
    states = {str(status): count for status, count in group.states.items()}
    ids = [run.id for run in group.runs]
    return {"group": group.label, "runs": ids, "status": states, "figures": figures}
