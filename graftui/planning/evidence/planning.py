"""The control runs that a card needs, planned: which are there, and which are to be made."""

from collections.abc import Sequence
from dataclasses import replace

from engine.contract.gpus import devices_elsewhere
from graftui.errors import UsageError
from graftui.models import Run
from graftui.planning.evidence.asked import parsed
from graftui.planning.evidence.controls import Line, is_graft
from graftui.planning.plans import Planned, plan
from graftui.planning.reruns import ancestry, of_run
from graftui.scheduler.submit import Plan
from graftui.settings import Settings, queueing


def for_run(
    run: Run, sets: Sequence[str], settings: Settings, on: str = "", to_run: bool = True
) -> Planned:
    """For a graft that is there; `sets`: what is asked of its card, as typed. Not `to_run`, only
    what is done already counts, and model and data need not be here. Raises UsageError.
    """
    if not is_graft(run.kind):
        raise UsageError(
            f"Run {run.id} ({run.kind}) is no graft, and a card says what holds of one.",
            f"Give a graft; those that are made from it: `graftui ls -f 'parent={run.id}'`",
        )
    recipe = of_run(run, ancestry(run, settings))
    part = list(recipe.parts)[-1]
    asked = replace(recipe, name=run.name, evidence={**parsed(sets), "of": part})
    with devices_elsewhere(queueing(on or run.executor)):
        planned = plan(asked, settings, given={part: run}, to_run=to_run)
    return needed(planned)


def needed(planned: Planned) -> Planned:
    """Without runs that would be made for a control run that is there already, such as a
    fine-tuning whose checkpoint was deleted since.
    """
    assert planned.controls
    parts = {control.part for control in planned.controls.runs}
    keep = {at for part in parts if isinstance(at := planned.places[part], int)}
    for number in range(len(planned.plans) - 1, -1, -1):  # each stands after what it is made from
        if number in keep:
            inputs = planned.plans[number].inputs.values()
            keep |= {source for given in inputs for source in given if isinstance(source, int)}
    now = {old: new for new, old in enumerate(sorted(keep))}
    plans = [_moved(planned.plans[old], now) for old in now]
    places: dict[str, int | str] = {}
    for part, at in planned.places.items():
        if isinstance(at, str) or at in now:
            places[part] = at if isinstance(at, str) else now[at]
    return replace(planned, plans=plans, places=places)


def _moved(each: Plan, now: dict[int, int]) -> Plan:
    inputs = {role: [now[source] if isinstance(source, int) else source for source in given]
              for role, given in each.inputs.items()}  # fmt: skip
    return replace(each, inputs=inputs)


def runs_of(planned: Planned, queued: Sequence[Run]) -> dict[str, Run]:
    """Part -> its run: one that is there, or one of those `queued` by its plans."""
    reused = {run.id: run for run in planned.reused}
    runs = {}
    for part, at in planned.places.items():
        if isinstance(at, str):
            runs[part] = reused[at]
        elif at < len(queued):
            runs[part] = queued[at]
    return runs


def counts(planned: Planned) -> dict[Line, tuple[int, int]]:
    """Of each line its control runs, and how many of them are there already."""
    assert planned.controls
    counted: dict[Line, tuple[int, int]] = {}
    for control in planned.controls.runs:
        whole, there = counted.get(control.line, (0, 0))
        is_there = isinstance(planned.places.get(control.part), str)
        counted[control.line] = whole + 1, there + is_there
    return counted
