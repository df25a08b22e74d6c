"""The queue as text and as JSON. Asks nothing of the registry."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from graftui.models import Attempt, Run
from graftui.results.columns import elapsed
from graftui.results.facts import granted, process
from graftui.results.figures import counted
from graftui.results.times import duration, time_left, time_until
from graftui.scheduler.admission.machine import Machine, Need, gib
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


def show(seen: Outlook, machine: Machine, console: Console, limit: int) -> None:
    """The machine, what is at work, then what waits in its order."""
    for text, style in heads(seen):
        console.print(text, style=style, soft_wrap=True)
    for device in devices(machine, seen.at_work):
        console.print(f"{device.name}: {device.said}", style="dim", soft_wrap=True)
    now = time.time()
    if seen.at_work:
        rows = [at_work(seen, run, now) for run in seen.at_work]
        console.print(_table(_AT_WORK, rows), crop=False)
    lines = seen.lines[: limit or None]
    if lines:
        rows = [waiting(number, line, now) for number, line in enumerate(lines, 1)]
        console.print(_table(_WAITING, rows), crop=False)
    if len(lines) < seen.waiting:
        console.print(f"{len(lines)} of {seen.waiting}; --limit 0 shows all", style="dim")


@dataclass(frozen=True, slots=True)
class Device:
    """What there is of one thing that runs need."""

    name: str
    used: float
    """Share of it."""
    said: str


def devices(machine: Machine, at_work: Sequence[Run]) -> Iterator[Device]:
    """Cores, memory and GPUs, with how much of each is taken and by which runs."""
    threads = sum(run.attempt.threads or 0 for run in at_work)
    granted_to = f", {counted(threads, 'thread')} given to runs" if threads else ""
    load = "" if machine.load is None else f"load {machine.load:.1f} of "
    share = (machine.load or 0.0) / machine.cores
    yield Device("CPU", share, f"{load}{counted(machine.cores, 'core')}{granted_to}")
    taken = machine.total_bytes - machine.available_bytes
    yield Device("memory", taken / (machine.total_bytes or 1), _of(taken, machine.total_bytes))
    for gpu in machine.gpus:
        runs = ", ".join(run.id for run in at_work if run.attempt.gpu == gpu.uuid)
        busy = "" if gpu.busy is None else f", {100 * gpu.busy:.0f} % busy"
        said = f"{_of(gpu.used_bytes, gpu.total_bytes)}{busy}{f': {runs}' if runs else ''}"
        yield Device(f"GPU {gpu.index}", gpu.used_bytes / (gpu.total_bytes or 1), said)


def _of(used: int, total: int) -> str:
    return f"{gib(used).removesuffix(' GiB')} of {gib(total)}"


def at_work(seen: Outlook, run: Run, now: float) -> Cells:
    """One that is at work, at the time `now`."""
    took, left = duration(elapsed(run, now)), time_left(seen.left_s[run.id])
    about: Cells = [run.id, run.name, run.kind, tables.status(run)]
    return [*about, took, left, run.queue_group, granted(run.attempt), where(run)]


def where(run: Run) -> str:
    """As which process or job, and what a job waits for, as Slurm calls it."""
    told = process(run.attempt)
    return f"{told}: {run.waits_for}" if run.waits_for else told


def waiting(number: int, line: Line, now: float) -> Cells:
    """One that waits, and its place, at the time `now`."""
    run, starts = line.run, time_until(line.starts_in_s, now)
    priority = str(run.priority or "")
    return [str(number), run.id, run.name, run.kind, priority, run.queue_group, starts, line.why]


def as_json(seen: Outlook, limit: int, machine: Machine | None = None) -> dict[str, Any]:
    """All of it, for scripts."""
    return {
        **({"machine": asdict(machine)} if machine else {}),
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


def heads(seen: Outlook) -> Iterator[tuple[str, str]]:
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
        yield f"{counted(seen.waiting)} waiting, and no supervisor yet: look again", "yellow"


def _table(titles: tuple[str, ...], rows: list[Cells]) -> Lines:
    """Without the columns that are empty in each row."""
    filled = [n for n in range(len(titles)) if any(row[n] for row in rows)]
    least = {"id": 6, "starts": 3}
    columns = [Column(titles[n], titles[n] == "prio", least.get(titles[n], 1)) for n in filled]
    return Lines(columns, [[row[n] for n in filled] for row in rows])
