"""Which runs keep their large files and which need them no more: the policy of `graftui gc`.

Owns what is large and can be made again (checkpoints, saved states), and the reasons to keep it.
Skills, answers, scores and curves are none of its business: they stay for ever. Frees nothing.
"""

from collections import Counter
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from pathlib import Path

from engine.contract.layout import RunDir
from graftui.models import Run, RunStatus
from graftui.registry.lineage import Use, needed, uses
from graftui.registry.query.expressions import Row
from graftui.registry.query.keys import Key, find
from graftui.registry.query.sql import figures
from graftui.registry.store import Store
from graftui.scheduler.removal.leftovers import size
from graftui.scheduler.settle import elsewhere
from graftui.settings import Settings

_ENDED = (RunStatus.finished, RunStatus.failed, RunStatus.cancelled)


class Why(StrEnum):
    """Why a run keeps its files."""

    best = "among the best of its group"
    star = "starred"
    needed = "needed by a run that is not finished"


@dataclass(frozen=True, slots=True)
class Judged:
    """A run with large files."""

    run: Run
    paths: tuple[Path, ...]
    """Those that may go."""
    bytes: int
    kept: Why | None
    """None: they go."""
    used_by: tuple[str, ...] = ()
    """Ids of finished runs that are made from it: run again, they would make it again first."""


def judged(
    store: Store, settings: Settings, runs: Sequence[Run], keep: int, by: Sequence[str]
) -> list[Judged]:
    """Each of `runs` that ended here and has large files: the `keep` best on dev of each group of
    equal keys `by` keep theirs. Raises UsageError for an unknown key.
    """
    keys = [find(name, partial(figures, store.db)) for name in by]
    ended = [run for run in runs if run.status in _ENDED and not elsewhere(settings, run)]
    files = {run.id: large(settings.run_dir(run.id), run.status) for run in ended}
    having = [run for run in ended if files[run.id]]
    best, used = _best(having, keep, keys), uses(store.db)
    return [
        Judged(
            run, files[run.id], sum(map(size, files[run.id])), _why(run, best, used),
            tuple(use.id for use in used.get(run.id, ()) if not use.waits),
        )
        for run in having
    ]  # fmt: skip


def large(run_dir: RunDir, status: RunStatus) -> tuple[Path, ...]:
    """The folders of a run that can be made again, those that are there. What is saved of one that
    did not finish is where it would go on from.
    """
    named = [run_dir.checkpoint, *sorted(run_dir.path.glob("checkpoint-*"))]
    states = [run_dir.path / "state"] if status is RunStatus.finished else []
    return tuple(path for path in (*named, *states) if path.is_dir() and not path.is_symlink())


def _why(run: Run, best: set[str], used: Mapping[str, Sequence[Use]]) -> Why | None:
    if needed(used, run.id):
        return Why.needed
    if run.star:
        return Why.star
    return Why.best if run.id in best else None


def _best(runs: Sequence[Run], keep: int, keys: Sequence[Key]) -> set[str]:
    """Ids of the `keep` best of each group: on dev, and where nothing is known of that the newest;
    what finished before what did not.
    """
    order = sorted(runs, key=_merit, reverse=True)
    places: Counter[Hashable] = Counter()
    best = set()
    for run in order:
        group = run.kind, *(_hashable(key.value.of(Row(run))) for key in keys)
        places[group] += 1
        if places[group] <= keep:
            best.add(run.id)
    return best


def _merit(run: Run) -> tuple[bool, float, float]:
    dev = run.summary.get("dev")
    known = dev if dev is not None and dev == dev else float("-inf")  # nan is no score
    return run.status is RunStatus.finished, known, run.created_at


def _hashable(value: object) -> Hashable:
    return tuple(value) if isinstance(value, list) else str(value)
