"""Places in the queue as numbers: what changes when runs are moved. Over values alone."""

from collections.abc import Collection, Sequence

from graftui.turns import Waiting

Turns = dict[str, tuple[int, float]]
"""Id -> priority and rank."""
_AFTER_S = 1e-3
"""Behind the last one, and still before whatever is queued from now on."""


def moved(line: Sequence[Waiting], ids: Sequence[str], before: str | None) -> Turns:
    """What changes when the runs `ids`, in that order, are to stand right before another one; None:
    at the very end. `line`: all that waits, in the order of the queue.

    They get the priority of those they are moved to, as that comes first in the order. Where there
    is no room between two ranks, the others of that priority get new ones too.
    """
    rest = [run for run in line if run.id not in ids]
    at = next((n for n, run in enumerate(rest) if run.id == before), len(rest))
    if not rest:
        return _anew(_named(line, ids), line[0].priority)
    priority = (rest[at] if at < len(rest) else rest[-1]).priority
    peers = [run for run in rest if run.priority == priority]
    here = sum(run.priority == priority for run in rest[:at])
    ranks = _between(peers[:here], peers[here:], len(ids))
    if ranks is None:
        return _anew([*peers[:here], *_named(line, ids), *peers[here:]], priority)
    return {id: (priority, rank) for id, rank in zip(ids, ranks, strict=True)}


def _named(line: Sequence[Waiting], ids: Sequence[str]) -> list[Waiting]:
    known = {run.id: run for run in line}
    return [known[id] for id in ids]


def _between(
    left: Sequence[Waiting], right: Sequence[Waiting], count: int
) -> Sequence[float] | None:
    """So many ranks in rising order; None: there is no room."""
    if not right:
        return [left[-1].rank + _AFTER_S * n for n in range(1, count + 1)]
    high = right[0].rank
    low = left[-1].rank if left else high - count - 1
    ranks = [low + (high - low) * n / (count + 1) for n in range(1, count + 1)]
    rising = [low, *ranks, high]
    return ranks if all(a < b for a, b in zip(rising, rising[1:], strict=False)) else None


def _anew(line: Collection[Waiting], priority: int) -> Turns:
    """A second apart, up to the last there was."""
    last = max(run.rank for run in line)
    return {run.id: (priority, last - n) for n, run in enumerate(reversed([*line]))}
