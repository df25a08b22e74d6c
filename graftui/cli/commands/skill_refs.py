"""Which skill file is meant: by its path, by its run, or by a point of a run's curve."""

import os
from pathlib import Path

from graftui.errors import NotFound, UsageError
from graftui.models import Run
from graftui.registry.store import Store
from graftui.scheduler.settle import directory
from graftui.scheduler.skill_files import skill_files
from graftui.settings import Settings


def is_file(ref: str) -> bool:
    """Whether a skill is meant by its path: it looks like one, or is there."""
    return "/" in ref or ref.endswith(".safetensors") or Path(ref).is_file()


def file(ref: str) -> str:
    """A skill file's path, for a process with another working directory. Raises NotFound."""
    path = Path(os.path.expanduser(ref)).absolute()
    if not path.is_file():
        raise NotFound(f"There is no file {ref}.", "Give a skill file, or a graft's id or name.")
    return str(path)


def of_run(settings: Settings, store: Store, ref: str) -> str:
    """The skill file of a run, or of one point of its curve (`RUN@0.01`).

    Raises UsageError if it has none, or several and none is said.
    """
    run, point = _point(store, ref)
    curve = skill_files(run, directory(settings, run))
    if not curve:
        raise UsageError(
            f"{run.name} {run.id} ({run.kind}, {run.status}) has no skill file.",
            "Give a graft that finished: `graftui ls --filter kind=graft`.",
        )
    if point is None and len(curve) == 1:
        return str(*curve.values())
    if point in curve:
        return str(curve[point])
    listed = ", ".join(f"{run.id}@{sparsity:.12g}" for sparsity in curve)
    what = "has a skill for each sparsity" if point is None else f"has no skill of {point:.12g}"
    raise UsageError(f"{run.name} {what}.", f"There is {listed}.")


def _point(store: Store, ref: str) -> tuple[Run, float | None]:
    """The run that is meant, and the sparsity behind an @ that is not of its name."""
    try:
        return store.resolve(ref), None
    except NotFound:
        name, _, sparsity = ref.rpartition("@")
        try:
            return store.resolve(name), float(sparsity)
        except (ValueError, NotFound):
            pass
        raise
