"""Runs below those that they are made from: a fine-tuning with its grafts. Pure functions."""

from collections.abc import Mapping, Sequence

from graftui.models import Run


def nested(runs: Sequence[Run]) -> list[tuple[Run, int]]:
    """`runs`, each with how many rows it stands below: right after the first of its sources, if
    that is among them. What has a run at work in it comes first, the rest stays in its order.
    """
    there = {run.id: run for run in runs}
    below: dict[str, list[Run]] = {}
    for run in runs:
        below.setdefault(_above(run, there), []).append(run)
    tops = sorted(below.get("", ()), key=lambda run: not _moves(run, below))
    placed = [pair for run in tops for pair in _with_below(run, below)]
    # Cards may say anything: of runs that are made from each other none is on top.
    known = {run.id for run, _ in placed}
    return [*placed, *((run, 0) for run in runs if run.id not in known)]


def _above(run: Run, there: Mapping[str, Run]) -> str:
    return next((id for id in run.sources if id in there and id != run.id), "")


def _moves(run: Run, below: Mapping[str, Sequence[Run]]) -> bool:
    """Whether it is at work, or one below it."""
    return any(each.status in ("starting", "running") for each, _ in _with_below(run, below))


def _with_below(top: Run, below: Mapping[str, Sequence[Run]]) -> list[tuple[Run, int]]:
    """A run and all below it, however long a chain that is."""
    placed: list[tuple[Run, int]] = []
    rest = [(top, 0)]
    while rest:
        run, depth = rest.pop()
        placed.append((run, depth))
        rest += [(each, depth + 1) for each in reversed(below.get(run.id, ()))]
    return placed
