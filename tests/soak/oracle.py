"""What must be true of a soak in the end, by the diaries of its engines. Yields what is not."""

import itertools
import json
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from graftui.registry.store import Store
from tests.soak.home import Home
from tests.soak.pretend_engine import Part

Rows = Mapping[str, Mapping[str, Any]]
_TERMINAL = ("finished", "failed", "cancelled")


class Entry(NamedTuple):
    """A line of a diary."""

    word: str
    attempt: int
    number: int
    at: float
    """Monotonic seconds."""


@dataclass(frozen=True)
class Diary:
    """What really happened in a run."""

    entries: tuple[Entry, ...]

    @classmethod
    def of(cls, home: Home, run: str) -> "Diary":
        path = home.diaries / run
        lines = path.read_text().splitlines() if path.exists() else []
        split = (line.split() for line in lines)
        return cls(tuple(Entry(a, int(b), int(c), float(d)) for a, b, c, d in split))

    def said(self, word: str) -> list[Entry]:
        return [entry for entry in self.entries if entry.word == word]

    def spans(self) -> Iterator[tuple[float, float]]:
        """First and last line of each attempt: it was at work at least that long."""
        for _, own in itertools.groupby(self.entries, lambda entry: entry.attempt):
            times = [entry.at for entry in own]
            yield times[0], times[-1]


def starts(home: Home, rows: Rows) -> Iterator[str]:
    """Nothing was started twice, too early, or unknown to the registry."""
    with Store.open(home.settings.db) as store:
        for run in rows:
            diary = Diary.of(home, run)
            begun = [(entry.attempt, entry.number) for entry in diary.said("start")]
            numbers = [attempt for attempt, _ in begun]
            if len(set(numbers)) != len(numbers) or numbers != sorted(numbers):
                yield f"{run}: attempts started as {numbers}"
            if diary.said("beside"):
                yield f"{run}: two engines at once, {diary.said('beside')}"
            if diary.said("unready"):
                yield f"{run}: started before what it is made from was there"
            known = {(attempt.n, attempt.pid) for attempt in store.attempts(run)}
            if missing := set(begun) - known:
                yield f"{run}: started as {missing}, the registry has {known}"
        noted = {name for name in os.listdir(home.diaries) if not name.endswith(".lock")}
        if noted - set(rows):
            yield f"started, and not in the registry: {noted - set(rows)}"


def widths(home: Home, rows: Rows, groups: Mapping[str, int]) -> Iterator[str]:
    """No group had more engines at once than it is wide."""
    changes: dict[str, list[tuple[float, int]]] = defaultdict(list)
    for run, row in rows.items():
        for first, last in Diary.of(home, run).spans():
            changes[row["queue_group"]] += [(first, 1), (last, -1)]
    for group, steps in changes.items():
        most = max(itertools.accumulate(change for _, change in sorted(steps)))
        if most > groups[group]:
            yield f"group {group}: {most} at once, it is {groups[group]} wide"


def states(home: Home, rows: Rows) -> Iterator[str]:
    """The state of a run is what its last word says; without one it is none that needs one."""
    with Store.open(home.settings.db) as store:
        last = {run: store.get(run).attempt for run in rows}
    for run, row in rows.items():
        # One that was killed before the first line of its diary had no word.
        begun = last[run].n if last[run].begun else 0
        word, status = _last_word(home, run, at_least=begun), row["status"]
        if Diary.of(home, run).said("finished") and word != "finished":
            yield f"{run}: it wrote that it has finished, and its last event is {word}"
        if word is not None and status != word or word is None and status == "finished":
            yield f"{run}: it is {status} ({row['message']}), its last word was {word}"
        if status == "failed" and "never came up" in row["message"]:
            yield f"{run}: {row['message']}"


def _last_word(home: Home, run: str, at_least: int) -> str | None:
    """How its last attempt said that it ended, the `at_least`-th; None: it has not."""
    events = _events(home, run)
    last = events[-1] if events else {}
    begun = Diary.of(home, run).said("start")
    own = begun and last.get("attempt") == max(begun[-1].attempt, at_least)
    return str(last["event"]) if own and last["event"] in _TERMINAL else None


def _events(home: Home, run: str) -> list[dict[str, Any]]:
    path = home.settings.run_dir(run).events
    return [json.loads(line) for line in path.read_bytes().splitlines()] if path.exists() else []


def curves(home: Home, rows: Rows) -> Iterator[str]:
    """All points are there, each once; as far as the run came."""
    with Store.open(home.settings.db) as store:
        for run, row in rows.items():
            whole = Part.of(store.get(run).config).curve
            done = {entry.number for entry in Diary.of(home, run).said("step")}
            said = {event["step"] for event in _events(home, run) if event["event"] == "metric"}
            if done - said:
                yield f"{run}: did steps {done - said}, which it did not say"
            wanted = whole if row["status"] == "finished" else {n: whole[n] for n in said}
            series = store.series(run)
            there = [pair for one in series for pair in zip(one.steps, one.values, strict=True)]
            if there != sorted(wanted.items()):
                lacking, more = set(wanted.items()) - set(there), set(there) - set(wanted.items())
                yield f"{run}: {len(there)} points of {len(wanted)}; -{lacking}, +{more}"
            yield from _said_twice(home, run)


def _said_twice(home: Home, run: str) -> Iterator[str]:
    """An attempt goes on from where it was saved, and leaves nothing out."""
    steps: dict[int, list[int]] = defaultdict(list)
    for event in _events(home, run):
        if event["event"] == "resumed":
            steps[event["attempt"]].append(event["step"])
        if event["event"] == "metric":
            steps[event["attempt"]] = steps[event["attempt"]] or [0]
            steps[event["attempt"]].append(event["step"])
    for attempt, said in steps.items():
        if said != list(range(said[0], said[0] + len(said))):
            yield f"{run}: attempt {attempt} said steps {said}"


def remains(home: Home, rows: Rows) -> Iterator[str]:
    """No process, no folder, no half-written file is left."""
    for pid, what in home.processes().items():
        yield f"process {pid} is left: {what}"
    folders = set(os.listdir(home.settings.runs))
    if folders != set(rows):
        yield f"folders and runs differ: {folders ^ set(rows)}"
    for path in _hidden(home.path):
        yield f"{path} is left"


def _hidden(folder: Path) -> Iterable[Path]:
    return (path for path in folder.rglob(".*") if path.name not in (".", ".."))


def tagged(rows: Rows, tags: Mapping[str, set[str]]) -> Iterator[str]:
    """What two commands at once wrote is all there."""
    for run, wanted in tags.items():
        if not wanted <= set(rows[run]["tags"]):
            yield f"{run}: tags {wanted - set(rows[run]['tags'])} are lost"
