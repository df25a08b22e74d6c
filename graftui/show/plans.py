"""What planned runs come to, in words: how many, what is reused, time, memory and disk."""

from collections.abc import Iterator, Sequence

from graftui.models import Run
from graftui.planning.estimate import Estimate
from graftui.planning.plans import Planned
from graftui.results.figures import counted, file_size
from graftui.results.times import duration
from graftui.scheduler.admission.machine import Need, Source
from graftui.scheduler.submit import Plan

_BY = {
    Source.declared: "as its settings say",
    Source.measured: "as such runs took",
    Source.estimated: "guessed by its weights",
    Source.assumed: "guessed, as nothing is known",
}
"""Where a figure of memory comes from."""


def plan(planned: Planned, expected: Estimate) -> Iterator[tuple[str, str]]:
    """What running a recipe comes to: a word, and what is to be said of it."""
    if planned.plans:
        yield "to make", runs(planned.plans)
    for run in planned.reused:
        yield "reused", standing(run)
    for run in planned.same:
        yield "the same", standing(run)
    for remark in planned.remarks:
        yield "note", remark
    if planned.plans:
        yield from needed(expected)


def runs(plans: Sequence[Plan]) -> str:
    """ "2 runs (1 finetune, 1 graft)"."""
    kinds: dict[str, int] = {}
    for each in plans:
        kinds[each.kind] = kinds.get(each.kind, 0) + 1
    told = ", ".join(f"{number:,} {kind}" for kind, number in kinds.items())
    return f"{counted(len(plans))} ({told})"


def standing(run: Run) -> str:
    """ "finetune ab12cd, which is done"."""
    return f"{run.kind} {run.id}, which is {'under way' if run.status.active else 'done'}"


def needed(expected: Estimate) -> Iterator[tuple[str, str]]:
    """Time, memory and disk."""
    unknown = ", ".join(f"{number:,} {kind}" for kind, number in expected.unknown.items())
    without = f"; not counting {unknown}, of which none has finished here" if unknown else ""
    if expected.past:
        past = counted(expected.past, "past run")
        yield "time", f"about {duration(expected.seconds)} one at a time, by {past}{without}"
        yield "disk", f"about {file_size(expected.bytes)}"
    else:
        yield "time", "not known: nothing of this kind has finished here yet"
    if expected.need:
        yield "memory", memory(expected.need)


def memory(need: Need) -> str:
    """ "about 410 MB, as such runs took"; of a GPU too, where it computes on one."""
    host = f"about {file_size(need.memory_bytes)}, {_BY[need.memory_from]}"
    if not need.on_gpu:
        return host
    if need.gpu_bytes is None:
        return f"{host}; of a GPU not known"
    return f"{host}; of a GPU {file_size(need.gpu_bytes)}, {_BY[need.gpu_from]}"
