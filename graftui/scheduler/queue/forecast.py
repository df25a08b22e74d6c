"""When what waits will start, if all goes well: the rules of the queue played forward.

Over values: reads no file and no registry.
"""

import heapq
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace

from graftui.turns import Waiting


@dataclass(frozen=True, slots=True)
class AtWork:
    """A run that has started."""

    left_s: float | None
    """Seconds that it will still take; None: nobody knows."""
    group: str | None
    """Whose slot it takes; None: none here."""


def forecast(
    waiting: Sequence[Waiting],
    made_from: Mapping[str, Collection[str]],
    busy: Mapping[str, AtWork],
    chooses: Callable[[Collection[Waiting], Mapping[str, str]], Waiting | None],
    took: Callable[[str], float | None],
    most: int,
) -> dict[str, float]:
    """Seconds until each start that can be foreseen, at the most so many of them.

    `made_from`: id of what waits -> the runs that it waits for; `chooses`: which of those that wait
    starts beside those at work (id -> group); `took`: seconds that a run of that
    id will take, None: nobody knows, and its slot is never free again as far as one can see.
    """
    left = {run.id: run for run in waiting}
    at_work = {id: run.group for id, run in busy.items() if run.group is not None}
    ends = [(run.left_s, id) for id, run in busy.items() if run.left_s is not None]
    heapq.heapify(ends)
    starts: dict[str, float] = {}
    now = 0.0
    while len(starts) < most:
        chosen = chooses(left.values(), at_work)
        if chosen is not None:
            starts[chosen.id], at_work[chosen.id] = now, chosen.group
            del left[chosen.id]
            if (seconds := took(chosen.id)) is not None:
                heapq.heappush(ends, (now + seconds, chosen.id))
        elif ends:
            now = ends[0][0]
            while ends and ends[0][0] == now:  # all of that moment, before another one starts
                _, ended = heapq.heappop(ends)
                at_work.pop(ended, None)
                for id, run in left.items():
                    if ended in made_from.get(id, ()):
                        left[id] = replace(run, unfinished=run.unfinished - 1)
        else:
            break
    return starts
