"""What `evidence`, and `run` of a recipe with [evidence], do at the terminal: queue control runs,
follow them in one line, print the card and keep it beside the graft.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from engine.contract.layout import write_json
from graftui.cli import writing
from graftui.cli.commands import running
from graftui.cli.commands.live import Watch, verdict
from graftui.errors import UsageError
from graftui.models import Run, RunStatus
from graftui.planning.estimate import estimate
from graftui.planning.evidence.planning import counts, for_run, runs_of
from graftui.planning.plans import Planned
from graftui.registry.store import Store
from graftui.results.evidence.card import FILE, Card, as_json
from graftui.results.evidence.making import Gathered, card
from graftui.results.export.evidence import FORMATS
from graftui.results.figures import counted
from graftui.scheduler.look import set_going
from graftui.scheduler.questions import ask
from graftui.scheduler.settle import directory, elsewhere
from graftui.scheduler.submit import Plan, submit
from graftui.settings import Settings
from graftui.show.evidence import page
from graftui.show.plans import needed
from graftui.show.tables import STYLES
from graftui.terminal import Console, Text
from graftui.turns import Turn

_LOOK_S = 2.0


@dataclass(frozen=True, slots=True)
class Asked:
    """The options, as typed."""

    sets: tuple[str, ...]
    no_run: bool
    dry_run: bool
    on: str
    detach: bool
    form: writing.Format = "table"
    output: Path | None = None


def show(settings: Settings, console: Console, run: Run, asked: Asked) -> None:
    """The card of a graft. Raises UsageError for what has none."""
    if run.status is not RunStatus.finished:
        raise UsageError(
            f"Run {run.id} is {run.status}: evidence is for a graft that finished.",
            f"`graftui show {run.id}` says more.",
        )
    planned = for_run(run, asked.sets, settings, asked.on, to_run=not asked.no_run)
    if asked.dry_run:
        tell_plan(settings, console, planned)
        return
    queued: Sequence[Run] = ()
    if not asked.no_run:
        told = console if asked.form == "table" else Console(stderr=True)
        plans = running.on(planned.plans, asked.on or run.executor)
        queued = follow(settings, told, plans, asked.detach)
        if asked.detach:
            return
    made = make(settings, planned, queued)
    if asked.form == "table":
        tell(made, console)
    else:
        writing.write(FORMATS[asked.form](made), asked.output, f"the card of {run.id}")


def tell_plan(settings: Settings, console: Console, planned: Planned) -> None:
    """What a card takes."""
    for line, (whole, there) in counts(planned).items():
        console.print(f"{line.value:<12} {counted(whole)}, {there:,} there already")
    assert planned.controls
    for line, why in planned.controls.refused.items():
        console.print(Text(f"{line.value:<12} not all of it: {why}", "yellow"), soft_wrap=True)
    kinds: dict[str, int] = {}
    for plan in planned.plans:
        kinds[plan.kind] = kinds.get(plan.kind, 0) + 1
    told = ", ".join(f"{number:,} {kind}" for kind, number in kinds.items())
    console.print(f"{'to make':<12} {counted(len(planned.plans))}{f' ({told})' if told else ''}")
    for word, said in needed(estimate(planned.plans, settings)) if planned.plans else ():
        console.print(f"{word:<12} {said}", soft_wrap=True)


def follow(settings: Settings, console: Console, plans: Sequence[Plan], detach: bool) -> list[Run]:
    """Queue `plans` and wait for them: as they ended, whatever came of them. Ctrl-C cancels them,
    and raises RunCancelled.
    """
    if not plans:
        return []
    runs = submit(settings, plans)
    set_going(settings)
    console.print(f"queued {counted(len(runs))}", soft_wrap=True)
    running.tell_paused(settings, console, *{run.queue_group for run in runs})
    if detach:
        console.print("they run on their own; `graftui evidence` with the same words goes on")
        return runs
    try:
        return Counted(settings, runs, console).until_over()
    except KeyboardInterrupt:
        console.print("cancelling what is not done", style="yellow")
        running.cancel_all(settings, [r for r in _now(settings, runs) if r.status.active], console)
        raise


def _now(settings: Settings, runs: Sequence[Run]) -> list[Run]:
    with Store.open(settings.db) as store:
        return [store.get(run.id) for run in runs]


class Counted(Watch):
    """Many runs in one line: how many have ended."""

    def __init__(self, settings: Settings, runs: Sequence[Run], console: Console) -> None:
        # A look costs as much as all runs that are looked at, and takes the engines' cores.
        super().__init__(replace(settings, poll_s=max(settings.poll_s, _LOOK_S)), runs, console)
        self._shares = dict.fromkeys((run.id for run in runs), 0.0)
        self._progress = Progress(
            TextColumn("{task.description}", markup=False), BarColumn(bar_width=24),
            TextColumn("{task.percentage:>3.0f} %", markup=False), TimeElapsedColumn(),
            console=console, transient=True, disable=not console.is_terminal,
        )  # fmt: skip
        self._bar = self._progress.add_task("", total=float(len(runs)))

    def _show(self, run: Run) -> None:
        ended = not run.status.active
        self._shares[run.id] = 1.0 if ended else 0.99 * run.progress
        over = sum(share == 1.0 for share in self._shares.values())
        what = f"{over:,} of {counted(len(self._shares))}"
        self._progress.update(self._bar, description=what, completed=sum(self._shares.values()))


def make(settings: Settings, planned: Planned, queued: Sequence[Run]) -> Card:
    """The card from what there is now; kept beside the graft, where that is ours."""
    controls = planned.controls
    assert controls
    runs = runs_of(planned, queued)
    with Store.open(settings.db) as store:
        now = {part: store.get(run.id) for part, run in runs.items()}
    graft = now[controls.graft]
    made = card(Gathered(graft, controls, now, settings, partial(ask, settings=settings)))
    if not elsewhere(settings, graft):
        write_json(directory(settings, graft).path / FILE, as_json(made))
    return made


def tell(made: Card, console: Console) -> None:
    """The page."""
    for line in page(made, console.width if console.is_terminal else None):
        text = Text(no_wrap=False)
        for piece, tone in line:
            text.append(piece, STYLES[tone] if tone else "")
        console.print(text, soft_wrap=True)


def of_recipe(
    settings: Settings, console: Console, planned: Planned, plans: Sequence[Plan], detach: bool,
    turn: Turn,
) -> list[Run]:  # fmt: skip
    """Run a recipe that has [evidence], and print the card of its graft."""
    ended = follow(settings, console, [replace(plan, turn=turn) for plan in plans], detach)
    if detach:
        return ended
    assert planned.controls
    graft = runs_of(planned, ended)[planned.controls.graft]
    if graft.status is not RunStatus.finished and (error := verdict(ended)):
        raise error
    tell(make(settings, planned, ended), console)
    return ended
