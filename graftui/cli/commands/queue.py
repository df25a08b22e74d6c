"""What `queue` and its verbs do, and what they print."""

from collections.abc import Sequence
from dataclasses import asdict, replace

from graftui.cli.commands.choosing import NOBODY, agreed, chosen
from graftui.cli.commands.output import send_json
from graftui.errors import UsageError
from graftui.models import Run, RunStatus
from graftui.registry.held import runs_foreign_code
from graftui.registry.query.grammar import parse_options
from graftui.registry.store import Store
from graftui.scheduler import look
from graftui.scheduler.admission.inventory import inventory_of
from graftui.scheduler.queue import arrange, outlook, queue_file, widths
from graftui.settings import Settings
from graftui.show import queue as drawing
from graftui.show.labels import named
from graftui.terminal import Console


def show(
    settings: Settings,
    store: Store,
    console: Console,
    filters: Sequence[str],
    limit: int,
    json: bool,
) -> None:
    """The queue, of which those that meet all filters."""
    seen = outlook.outlook(settings, store, slice(None if filters else limit or None))
    if filters:
        ids = {run.id for run in store.list(where=parse_options(filters))}
        at_work = [run for run in seen.at_work if run.id in ids]
        lines = [line for line in seen.lines if line.run.id in ids]
        seen = replace(seen, at_work=at_work, lines=lines, waiting=len(lines))
    machine = inventory_of(settings.inventory).look()
    if json:
        send_json(drawing.as_json(seen, limit, machine))
        return
    if trouble := queue_file.trouble(settings):
        console.print(trouble, style="yellow", soft_wrap=True)
    drawing.show(seen, machine, console, limit)


def pause(settings: Settings, console: Console, group: str, paused: bool, json: bool) -> None:
    """Pause the queue, or a group of it, or let it go on."""
    said = widths.pause(settings, group, paused)
    if json:
        send_json(asdict(said))
        return
    console.print(drawing.pausing(group, paused))
    if said.paused and group and not paused:
        console.print(drawing.STILL_PAUSED, style="yellow")


def jobs(settings: Settings, console: Console, number: int, json: bool) -> None:
    """How wide the queue is; 0: as it is without a word."""
    said = widths.widen(settings, number)
    if json:
        send_json(asdict(said))
        return
    console.print(drawing.width(widths.in_force(settings)))


def group(settings: Settings, console: Console, name: str, jobs: int, json: bool) -> None:
    """Make a group, make it wider or narrower, or give it up."""
    said = widths.widen_group(settings, name, jobs)
    if json:
        send_json(asdict(said))
    else:
        console.print(drawing.group_width(name, jobs))


def hold(
    settings: Settings, store: Store, console: Console,
    refs: Sequence[str], filters: Sequence[str], yes: bool, json: bool,
) -> None:  # fmt: skip
    """Hold runs back; of those that a filter chose, the queued ones."""
    runs = _chosen(settings, store, refs, filters, [RunStatus.queued])
    if not _agreed(runs, filters, "hold back", yes, console, json):
        return
    arrange.hold(settings, runs)
    _tell(settings, runs, "held", console, json)


def release(
    settings: Settings, store: Store, console: Console,
    refs: Sequence[str], filters: Sequence[str], yes: bool, json: bool,
) -> None:  # fmt: skip
    """Queue held runs; asks before code that comes with a model is run."""
    runs = _chosen(settings, store, refs, filters, [RunStatus.held])
    foreign = [run for run in runs if runs_foreign_code(run.config)]
    act = f"run the code that comes with the model of {named(foreign)}"
    if not _agreed(runs, filters, "queue", yes, console, json) or (
        foreign and not agreed(foreign, act, yes, console)
    ):
        return
    arrange.release(settings, runs)
    look.set_going(settings)
    _tell(settings, runs, "queued", console, json)


def check_goal(front: bool, back: bool, before: str) -> None:
    """Raises UsageError unless one place to move to is given."""
    if sum(map(bool, (front, back, before))) != 1:
        raise UsageError(
            "Where to? Give one of --front, --back and --before ID.",
            "Example: graftui queue move k3f9qz --front",
        )


def move(
    settings: Settings, store: Store, console: Console, refs: Sequence[str], front: bool,
    before: str, filters: Sequence[str], yes: bool, json: bool,
) -> None:  # fmt: skip
    """Move waiting runs: to the front, before a run, or else to the back."""
    goal_run = store.resolve(before) if before else None
    runs = _chosen(settings, store, refs, filters, arrange.WAITING)
    if not _agreed(runs, filters, "move", yes, console, json):
        return
    arrange.move(settings, runs, goal_run, front)
    where = f"before {before}" if before else "to the front" if front else "to the back"
    _tell(settings, runs, f"moved {where}:", console, json)


def _chosen(
    settings: Settings,
    store: Store,
    refs: Sequence[str],
    filters: Sequence[str],
    states: Sequence[RunStatus],
) -> list[Run]:
    """As everywhere; of those that a filter chose, the ones that it can be done to. Those that are
    named stay in the order in which they were.
    """
    runs = chosen(settings, store, refs, filters)
    if filters:
        return [run for run in runs if run.status in states]
    typed = list(dict.fromkeys(store.resolve(ref).id for ref in refs))
    return sorted(runs, key=lambda run: typed.index(run.id))


def _agreed(
    runs: Sequence[Run], filters: Sequence[str], act: str, yes: bool, console: Console, json: bool
) -> bool:
    if not runs:
        send_json([]) if json else console.print(NOBODY)
        return False
    return not filters or agreed(runs, act, yes, console)


def _tell(settings: Settings, runs: Sequence[Run], done: str, console: Console, json: bool) -> None:
    if json:
        with Store.open(settings.db) as store:
            send_json([drawing.turn_of(store.get(run.id)) for run in runs])
    else:
        console.print(f"{done} {named(runs)}", soft_wrap=True)
