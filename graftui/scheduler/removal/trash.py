"""The trash: runs that were deleted, with all their files, until their days are over.

It lies on the disk of the run folders, so that a rename moves a run there and back, and outside of
the data folder, so that who copies that home leaves it behind; in it a folder a deletion, called by
its time. Owns that form, and how long is waited.
A run that is put back is taken in again, as any folder that lies there.
"""

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from engine.contract.layout import RunDir
from graftui.errors import NotFound, UsageError, no_room
from graftui.models import Run, RunStatus
from graftui.registry import folders, held
from graftui.registry.ingest import adopt
from graftui.registry.store import Store
from graftui.scheduler.removal.leftovers import clear_leftovers, hidden, leftovers
from graftui.settings import Settings

_TIME = "%Y-%m-%dT%H-%M-%S.%fZ"
_DAY_S = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Deletion:
    """What one command, or one key, deleted."""

    path: Path
    at: float
    """Seconds since the epoch."""
    ids: tuple[str, ...]

    @property
    def runs(self) -> list[Path]:
        """The folders of its runs."""
        return [self.path / id for id in self.ids]


def folder(runs: Path) -> Path:
    """Where it lies: beside the data folder; in it, or among the runs, where these are a disk of
    their own, or beside it nothing can be written.
    """
    whole = runs.resolve()
    data = whole.parent
    if not _same_disk(whole, data):
        return whole / ".trash"
    if _same_disk(data, data.parent) and os.access(data.parent, os.W_OK):
        return data.parent / f".{data.name}-trash"
    return data / "trash"


def _same_disk(folder: Path, other: Path) -> bool:
    try:
        return os.stat(folder).st_dev == os.stat(other).st_dev
    except OSError:  # it is not there yet
        return True


def keeps(settings: Settings) -> bool:
    """Whether what is deleted goes there: on a full disk it is to make room."""
    return settings.trash_days > 0 and not no_room(settings.runs)


def begun(settings: Settings) -> Path | None:
    """The folder of a deletion that begins now, not made yet; None: nothing is kept."""
    if not keeps(settings):
        return None
    return folder(settings.runs) / datetime.now(UTC).strftime(_TIME)


def put_in(run_path: Path, deletion: Path) -> None:
    """Move a run's folder there in one step, if it is there. Raises OSError."""
    if os.path.lexists(run_path):
        deletion.mkdir(parents=True, exist_ok=True)
        run_path.rename(deletion / run_path.name)


def deletions(runs: Path) -> list[Deletion]:
    """What is in the trash, the oldest first."""
    known = []
    for name in sorted(_listed(folder(runs))):
        try:
            at = datetime.strptime(name, _TIME).replace(tzinfo=UTC).timestamp()
        except ValueError:  # nothing of ours
            continue
        path = folder(runs) / name
        ids = [id for id in _listed(path) if id[0] != "." and _is_run(path / id)]
        known.append(Deletion(path, at, tuple(sorted(ids))))
    return known


def put_back(settings: Settings, store: Store, chosen: Sequence[Path]) -> list[Run]:
    """Move run folders out of the trash; the runs that they are. None is started by that.

    Raises UsageError where a run of that id is there, and NotFound for one that is gone meanwhile.
    """
    for path in chosen:
        if os.path.lexists(settings.runs / path.name):
            raise UsageError(
                f"There is a run {path.name} again, so that one of the trash stays there.",
                "See which of them you want; `graftui rm` makes place for the other.",
            )
    for path in chosen:
        try:
            path.rename(settings.runs / path.name)
        except FileNotFoundError:
            raise NotFound(
                f"Run {path.name} is in the trash no more.", "`graftui trash ls` shows what is."
            ) from None
    for deletion in {path.parent for path in chosen}:
        with suppress(OSError):  # something is left in it, or another process was faster
            deletion.rmdir()
    adopt(store, settings)
    for path in chosen:
        store.update(
            path.name,
            only_if=(RunStatus.queued,),
            status=RunStatus.held,
            message="It was taken out of the trash.",
            hint=held.hint(path.name),
        )
    return [run for run in (store.find(path.name) for path in chosen) if run is not None]


def empty(settings: Settings, over: Sequence[Deletion]) -> None:
    """Delete for good. Each is taken away in one step first: nothing comes back half."""
    for deletion in over:
        with suppress(FileNotFoundError):  # by another process, or all of it was put back
            deletion.path.rename(hidden(settings.runs / deletion.path.name))
    clear_leftovers(settings.runs)


def to_clear(settings: Settings) -> list[Path]:
    """What a look has to see to: deletions whose days are over, and what killed commands left."""
    return [*leftovers(settings.runs), *(deletion.path for deletion in _over(settings))]


def clear_up(settings: Settings) -> None:
    """Do so."""
    empty(settings, _over(settings))


def _over(settings: Settings) -> list[Deletion]:
    since = time.time() - settings.trash_days * _DAY_S
    return [deletion for deletion in deletions(settings.runs) if deletion.at < since]


def _is_run(path: Path) -> bool:
    """Whether it is one, and no folder that somebody else put there."""
    try:
        return folders.is_run(RunDir(path))
    except OSError:
        return False


def _listed(folder: Path) -> list[str]:
    try:
        return os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return []
