"""What is done with sweeps, in threads: each job blocks, and returns what there is to say of it.

The twins are `graftui sweep run|add|cancel|rm`.
"""

from contextlib import suppress

from graftui.errors import UsageError
from graftui.planning.estimate import estimate
from graftui.planning.sweeps import axes, making
from graftui.planning.sweeps import sweep as files
from graftui.planning.sweeps.making import Choice, Outcome
from graftui.planning.sweeps.members import runs_of
from graftui.planning.sweeps.search import asked
from graftui.results.figures import counted
from graftui.scheduler import cancel, look
from graftui.settings import Settings
from graftui.show import sweeps as words
from graftui.tui.messages import Told


def go_on(settings: Settings, id: str) -> Told:
    """Queue the cells that failed and those that are missing. Raises UsageError."""
    choice = Choice(failed=True, missing=True)
    return _told(settings, making.go_on(files.resolve(settings, id), choice, settings))


def add(settings: Settings, id: str, text: str) -> Told:
    """Make axes longer by what was typed, such as "task.data_seed=87,100", and queue the cells that
    this adds. Raises UsageError.
    """
    sweep = files.resolve(settings, id)
    more = axes.parse(text.split(), sweep.made_from().kinds, "sweep add")
    return _told(settings, making.add(sweep, more, settings))


def stop(settings: Settings, id: str) -> Told:
    """Cancel what is queued or at work for a sweep, but for what other runs wait for."""
    sweep = files.resolve(settings, id)
    if sweep.search:
        asked.stop(sweep, settings)
    going, wanted = cancel.parted(settings, runs_of(settings, sweep))
    for run in going:
        with suppress(UsageError):  # it has ended by itself meanwhile
            cancel.cancel(settings, run.id)
    go_on = f"; {counted(len(wanted))} that others wait for go on" if wanted else ""
    return Told(f"Cancelled {counted(len(going))} of sweep {id}{go_on}.")


def forget(settings: Settings, id: str) -> Told:
    """Delete a sweep; its runs stay."""
    sweep = files.resolve(settings, id)
    files.remove(settings, sweep)
    return Told(f"Sweep {id} ({sweep.name}) is forgotten; its runs stay.")


def _told(settings: Settings, outcome: Outcome) -> Told:
    if outcome.queued:
        look.set_going(settings)
    expected = estimate(outcome.plan.plans, settings)
    return Told(words.outcome(len(outcome.queued), outcome.plan, expected))
