"""The queue and the machine in words: pure functions that give Content, and the rows of a table."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from textual.content import Content

from graftui.models import Run, RunStatus
from graftui.results.times import ago
from graftui.scheduler.executors.slurm.snapshot import Snapshot
from graftui.scheduler.queue.policy import slots
from graftui.show import queue as words
from graftui.show.states import STATES, Tone, state
from graftui.text import visible
from graftui.tui.queue.feed import PAGE, QueueSeen
from graftui.tui.text import TONES, bar, data

TITLES = (
    "",
    "id",
    "name",
    "kind",
    "state",
    "prio",
    "group",
    "starts",
    "where / waits for",
)
"""Of the table: what is at work, then what waits in its order."""
_BAR = 20
_FULL = 0.9
"""From this share on, what a bar shows is short of room."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A row of the table."""

    run: Run
    cells: tuple[str, ...]
    tone: Tone


def title(seen: QueueSeen, where: str, marked: int) -> Content:
    """How many run, wait and are held, and whether anything new starts."""
    outlook = seen.outlook
    numbers = (
        (RunStatus.running, len(outlook.at_work), "at work"),
        (RunStatus.queued, outlook.waiting - outlook.held, "waiting"),
        (RunStatus.held, outlook.held, "held"),
    )
    pieces: list[Any] = [(" queue  ", "bold $accent"), data(where, "$text-muted")]
    for status, number, word in numbers:
        if number:
            look = STATES[status]
            pieces += [(f"  {look.glyph} {number:,} {word}", f"${TONES[look.tone]}")]
    if outlook.knobs.paused:
        pieces += [("  paused: nothing new starts; p lets it go on", "bold $warning")]
    if outlook.waiting > PAGE:
        first = seen.page * PAGE
        last = first + len(outlook.lines)
        pieces += [(f"  {first + 1:,}–{last:,} of {outlook.waiting:,}", "$text-muted")]
    if marked:
        pieces += [(f"  ▌{marked} marked", "$warning")]
    return Content.assemble(*pieces)


def machine(seen: QueueSeen) -> Content:
    """A bar for what there is of each device, then the width of the queue and of its groups."""
    lines: list[Content] = []
    for device in words.devices(seen.machine, seen.outlook.at_work):
        done, left = bar(device.used, _BAR)
        colour = "$warning" if device.used >= _FULL else "$accent"
        lines.append(Content.assemble(
            (f" {device.name:<8}", "bold"), (done, colour), (left, "$panel-lighten-2"),
            data(f"  {device.said}", "$text-muted"),
        ))  # fmt: skip
    for name, part in slots(seen.outlook.knobs).items():
        taken = seen.outlook.taken.get(name, 0)
        lines.append(_width(name, taken, part.jobs, part.paused))
    if seen.slurm.seen:
        lines.append(slurm(seen.slurm, seen.now))
    if seen.trouble:
        lines.append(data(f" {seen.trouble}", "$warning"))
    return Content("\n").join(lines)


def _width(name: str, taken: int, jobs: int | None, paused: bool) -> Content:
    """How many slots of the queue, or of a group, are taken."""
    done, left = bar(taken / jobs, _BAR) if jobs else ("", "─" * _BAR)
    of = f"{taken} of {jobs} at once" if jobs else f"{taken} at work, as many as have room"
    label = visible(name) or "width"
    return Content.assemble(
        data(f" {label:<8}", "bold"), (done, "$secondary"), (left, "$panel-lighten-2"),
        (f"  {of}", "$text-muted"), ("  paused" if paused else "", "bold $warning"),
    )  # fmt: skip


def slurm(seen: Snapshot, now: float) -> Content:
    """How many of our jobs are in which state, and why those wait that do."""
    states = Counter(each.job.state for each in seen.seen.values())
    reasons = Counter(each.job.reason for each in seen.seen.values()
                      if each.job.state == "PENDING" and each.job.reason)  # fmt: skip
    told = ", ".join(f"{number:,} {state.lower()}" for state, number in states.items())
    why = ", ".join(f"{reason} {number:,}" for reason, number in reasons.most_common(4))
    asked = f"  asked {ago(seen.asked_at, now)}" if seen.asked_at else ""
    return Content.assemble(
        (" Slurm   ", "bold"), data(told), data(f" ({why})" if why else "", "$warning"),
        (asked, "$text-muted"), data(f"  {seen.trouble}" if seen.trouble else "", "$error"),
    )  # fmt: skip


def turns(seen: QueueSeen) -> list[Turn]:
    """All rows: in the order of time, from now on."""
    outlook = seen.outlook
    rows = [Turn(run, _working(seen, run), state(run).tone) for run in outlook.at_work]
    first = seen.page * PAGE + 1
    for number, line in enumerate(outlook.lines, first):
        turn, id, name, kind, priority, group, starts, why = map(
            str, words.waiting(number, line, seen.now)
        )
        look = state(line.run)
        shown = f"{look.glyph} {look.word}"
        cells = (turn, id, name, kind, shown, priority, group, starts, why)
        rows.append(Turn(line.run, cells, look.tone))
    return rows


def _working(seen: QueueSeen, run: Run) -> tuple[str, ...]:
    look = state(run)
    cells = map(str, words.at_work(seen.outlook, run, seen.now))
    id, name, kind, _, took, left, group, has, where = cells
    far = f" {100 * run.done:.0f} %" if run.done is not None else ""
    job = seen.slurm.seen.get(run.attempt.job)
    limit = f"{job.job.left} of its time left" if job and job.job.left else ""
    on = job.job.node if job and job.job.node not in where else ""
    about = ", ".join(filter(None, (has, where, on, limit)))
    time = left or (took and f"for {took}")
    return "", id, name, kind, f"{look.glyph} {look.word}{far}", "", group, time, about


EMPTY = Content.assemble(
    ("Nothing is at work, and nothing waits.", "bold $accent"),
    "\n\n", ("R", "bold $accent"), " goes to the runs, where ", ("n", "bold $accent"),
    " queues one; or type in another terminal\n\n", ("graftui run pocket", "bold"),
    "\n\n", ("w", "bold $accent"), " says how many run at once, ",
    ("p", "bold $accent"), " pauses.\n\n", ("esc goes back   ?  shows all keys", "$text-muted"),
)  # fmt: skip
"""What to do."""
