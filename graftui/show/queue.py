"""The queue as text and as JSON. Asks nothing of the registry."""

import time
from collections.abc import Iterator
from dataclasses import asdict
from itertools import count
from typing import Any

from graftui.models import Attempt, Run
from graftui.results.columns import elapsed
from graftui.results.facts import granted, process
from graftui.results.figures import counted
from graftui.results.times import duration, time_left, time_until
from graftui.scheduler.admission.machine import Need
from graftui.scheduler.queue.outlook import Line, Outlook
from graftui.scheduler.queue.policy import slots
from graftui.show import tables
from graftui.show.lines import Column, Lines
from graftui.terminal import Console, Text

Cells = list[str | Text]
_AT_WORK = ("id", "name", "kind", "status", "took", "left", "group", "has", "where")
_WAITING = ("", "id", "name", "kind", "prio", "group", "starts", "waits for")

STILL_PAUSED = "but the queue as a whole is: graftui queue resume"
"""Of a group that is let go on."""


def pausing(group: str, paused: bool) -> str:
    """What came of pausing a group or (empty) the queue, or of letting it go on."""
    what = f"the group {group}" if group else "the queue"
    then = "nothing new of it starts, what is at work goes on" if paused else "it starts runs again"
    return f"{what} is {'paused' if paused else 'not paused'}: {then}"


def width(jobs: int | None) -> str:
    """How wide the queue is now."""
    at_once = "as many at once as have room" if jobs is None else f"{jobs} at once"
    return f"{at_once}; what is at work goes on"


def group_width(name: str, jobs: int) -> str:
    """How wide a group is now; 0: it was given up."""
    if not jobs:
        return f"there is no group {name} any more; runs of it go with those of none"
    return f"{name}: {jobs} at once, beside the rest; use it with: run --group {name}"


def show(seen: Outlook, console: Console, limit: int) -> None:
    """What is at work, then what waits in its order."""
    for text, style in _heads(seen):
        console.print(text, style=style, soft_wrap=True)
    if seen.at_work:
        console.print(_table(_AT_WORK, list(_at_work(seen, time.time()))), crop=False)
    lines = seen.lines[: limit or None]
    if lines:
        console.print(_table(_WAITING, list(map(_waiting, count(1), lines))), crop=False)
    if len(lines) < len(seen.lines):
        console.print(f"{len(lines)} of {len(seen.lines)}; --limit 0 shows all", style="dim")


def _at_work(seen: Outlook, now: float) -> Iterator[Cells]:
    for run in seen.at_work:
        took, left = duration(elapsed(run, now)), time_left(seen.left_s[run.id])
        about: Cells = [run.id, run.name, run.kind, tables.status(run)]
        yield [*about, took, left, run.queue_group, granted(run.attempt), _where(run)]


def _where(run: Run) -> str:
    """As which process or job, and what a job waits for, as Slurm calls it."""
    where = process(run.attempt)
    return f"{where}: {run.waits_for}" if run.waits_for else where


def _waiting(number: int, line: Line) -> Cells:
    run, starts = line.run, time_until(line.starts_in_s)
    priority = str(run.priority or "")
    return [str(number), run.id, run.name, run.kind, priority, run.queue_group, starts, line.why]


def as_json(seen: Outlook, limit: int) -> dict[str, Any]:
    """All of it, for scripts."""
    return {
        "supervised": seen.supervised,
        **asdict(seen.knobs),
        "taken": dict(seen.taken),
        "at_work": [
            {**turn_of(run), "step": run.step, "total": run.total, "left_s": seen.left_s[run.id],
             "executor": run.attempt.executor, "host": run.attempt.host, "pid": run.attempt.pid,
             "job": run.attempt.job, "waits_for": run.waits_for,
             "granted": _granted(run.attempt)}
            for run in seen.at_work
        ],
        "waiting": [
            {**turn_of(line.run), "why": line.why, "starts_in_s": line.starts_in_s,
             "after": line.run.sources, "needs": _needs(line.need)}
            for line in seen.lines[: limit or None]
        ],
    }  # fmt: skip


def _granted(attempt: Attempt) -> dict[str, Any]:
    """What an attempt has of this machine."""
    return {name: getattr(attempt, name) for name in ("gpu", "gpu_index", "threads", "alone")}


def _needs(need: Need | None) -> dict[str, Any] | None:
    """What a run is given room for; null where it is not weighed yet."""
    if need is None:
        return None
    gpu = {"gpu_bytes": need.gpu_bytes, "gpu_from": need.gpu_from} if need.on_gpu else {}
    return {"memory_bytes": need.memory_bytes, "memory_from": need.memory_from, **gpu}


def turn_of(run: Run) -> dict[str, Any]:
    """What decides when a run's turn comes."""
    names = ("id", "name", "kind", "status", "priority", "rank", "held")
    return {name: getattr(run, name) for name in names} | {"group": run.queue_group}


def _heads(seen: Outlook) -> Iterator[tuple[str, str]]:
    """A line for the queue and for each of its groups."""
    for name, part in slots(seen.knobs).items():
        taken = seen.taken.get(name, 0)
        width = ", as many as have room" if part.jobs is None else ""
        of = "" if part.jobs is None else f" of {part.jobs}"
        text = f"{name or 'queue'}: {taken}{of} at work{width}"
        yield (f"{text}, paused", "yellow") if part.paused else (text, "bold")
    if not (seen.at_work or seen.lines):
        yield "nothing is at work, and nothing waits", ""
    elif not seen.supervised and any(line.why == "next" for line in seen.lines):
        yield f"{counted(len(seen.lines))} waiting, and no supervisor yet: look again", "yellow"


def _table(titles: tuple[str, ...], rows: list[Cells]) -> Lines:
    """Without the columns that are empty in each row."""
    filled = [n for n in range(len(titles)) if any(row[n] for row in rows)]
    least = {"id": 6, "starts": 3}
    columns = [Column(titles[n], titles[n] == "prio", least.get(titles[n], 1)) for n in filled]
    return Lines(columns, [[row[n] for n in filled] for row in rows])
