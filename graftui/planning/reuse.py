"""Which run may stand in for one that is wanted: the same config, and the same files read.

Owns what is said of one that may not. Starts nothing.
"""

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.contract.layout import RunDir
from engine.contract.roles import at, role_of
from graftui.models import Run, RunStatus
from graftui.planning.wanted import Wanted
from graftui.registry import identities
from graftui.registry.store import Store
from graftui.scheduler.reads import Digests, changed, stored
from graftui.scheduler.reconcile import reconcile
from graftui.settings import Settings


@dataclass(frozen=True, slots=True)
class Standing:
    """What there is of a wanted run."""

    run: Run | None
    why_not: str = ""
    """Why the newest run of that config does not do, where there is one."""


def look(settings: Settings) -> None:
    """Bring what there is of runs up to date: one that has vanished is not under way."""
    if settings.db.exists() or settings.runs.exists():
        with Store.open(settings.db) as store:
            reconcile(settings, store)


def standing_in(
    wanted: Wanted, reads: Digests, settings: Settings, files: Collection[str], to_run: bool = True
) -> Standing:
    """The newest such run that is done, and has those `files`, or else the oldest that is under
    way; after a `look`. `to_run` as in standing_among.
    """
    runs = alike(settings, [wanted.hash]).get(wanted.hash, ())
    return standing_among(runs, reads, settings, files, to_run)


def alike(
    settings: Settings, hashes: Collection[str], store: Store | None = None
) -> dict[str, list[Run]]:
    """By config hash, the runs of this data folder that have it, newest first; `store`: who only
    looks has the registry open already, or a view where it cannot be written.
    """
    if store is not None:
        return identities.alike(store.db, hashes, settings.folder)
    if not settings.db.exists():
        return {}
    with Store.open(settings.db) as store:
        return identities.alike(store.db, hashes, settings.folder)


def standing_among(
    runs: Sequence[Run], reads: Digests, settings: Settings, files: Collection[str],
    to_run: bool = True,
) -> Standing:  # fmt: skip
    """What there is of a run that is wanted among those that are `alike`. If it is not `to_run`,
    files that are not here any more do not tell runs apart.
    """
    runs = [run for run in runs if (settings.runs / run.id).is_dir()]
    finished = [run for run in runs if run.status is RunStatus.finished]
    done = [run for run in finished if _has(run, settings, files)]
    active = [run for run in reversed(runs) if run.status.active and run.cancel_asked is None]
    differences = {run.id: _difference(run, reads, settings, to_run) for run in (*done, *active)}
    same = [run for run in (*done, *active) if not differences[run.id]]
    freed = [f"run {run.id} is without {' and '.join(files)} now" for run in finished]
    why_not = next(iter([*differences.values(), *freed]), "")
    return Standing(same[0] if same else None, why_not)


def _has(run: Run, settings: Settings, files: Collection[str]) -> bool:
    folder = settings.run_dir(run.id).path
    return all((folder / file).exists() for file in files)


def _difference(run: Run, reads: Digests, settings: Settings, to_run: bool) -> str:
    """What a run read otherwise than `reads`; empty: nothing."""
    before = stored(settings.run_dir(run.id))
    if before is None:
        return f"run {run.id} is from before its data was noted, and is not reused"
    paths = [path for path, _ in before.items() ^ reads.items()]
    differing = sorted(path for path in paths if to_run or (path in before and path in reads))
    if not differing:
        return ""
    name = at(run.config, "model.name")
    model = Path(os.path.expanduser(name)) if isinstance(name, str) else None
    of_model = model and all(Path(path).is_relative_to(model) for path in differing)
    what = "model" if of_model else "data"
    return f"the {what} changed since run {run.id}: {', '.join(dict.fromkeys(differing))}"


def other_data(wanted: Wanted, reads: Digests) -> list[str]:
    """What to say of one made from a file of another run, if that run read other data."""
    said = []
    for role, path in wanted.paths:
        source = RunDir(Path(path).absolute().parent)
        if role_of(wanted.config.kind, role).digest and (files := changed(source, reads)):
            said.append(
                f"the data changed since run {source.path.name} ({role}): {', '.join(files)}"
            )
    return said
