"""What was submitted together: a folder in data/slurm with the job script, the list of its runs and
what Slurm itself said of each task.

    job.sh        as it was submitted
    batch.json    the runs, and where they lie: pilot jobs take theirs from it
    submitted     made just before Slurm is asked to take it
    0.out, ...    what came of each task outside its run's folder: mostly nothing

Owns the form of batch.json, and when such a folder goes: once none of its runs is at work any more,
but where something was said in it, it stays for some days.
"""

import json
import shutil
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from engine.contract.layout import read_whole, write_json, write_whole
from graftui.scheduler.executors.base import Wanted
from graftui.settings import Settings, at

_KEPT_S = 7 * 24 * 3600.0
"""So long what was said in one may still be asked for."""
_FORM, _SCRIPT, _SUBMITTED = "batch.json", "job.sh", "submitted"


@dataclass(frozen=True, slots=True)
class Entry:
    """A run of the list."""

    run: str
    n: int
    """Which attempt of it."""
    after: tuple[str, ...] = ()
    """Runs of the list that it builds on."""


@dataclass(frozen=True, slots=True)
class Batch:
    """The list, and where its runs lie."""

    settings: Settings
    entries: tuple[Entry, ...]


def write(folder: Path, settings: Settings, wanted: Sequence[Wanted], script: str) -> None:
    """Make the folder of what is about to be submitted. Raises OSError."""
    folder.mkdir(parents=True)
    write_whole(folder / _SCRIPT, script)
    listed = [asdict(Entry(each.attempt.run, each.attempt.n, each.after)) for each in wanted]
    where = {"root": str(settings.root), "runs": settings.folder, "python": settings.python}
    write_json(folder / _FORM, {**where, "warm": settings.warm, "entries": listed})


def read(folder: Path) -> Batch:
    """What is to be done. Raises OSError, ValueError."""
    raw = json.loads(read_whole(folder / _FORM))
    root, runs = Path(raw["root"]), Path(raw["runs"])
    more = {"python": str(raw["python"]), "warm": bool(raw["warm"])}
    settings = at(root, runs=runs, cache=runs.parent / "cache", **more)
    listed = (Entry(**{**each, "after": tuple(each["after"])}) for each in raw["entries"])
    return Batch(settings, tuple(listed))


def submitting(folder: Path) -> str:
    """The job script; from now on it counts as submitted. Raises OSError."""
    text = read_whole(folder / _SCRIPT).decode()
    (folder / _SUBMITTED).touch()
    return text


def submitted_at(folder: Path) -> float:
    """When Slurm was asked to take it, in seconds since the epoch; 0: nobody knows."""
    try:
        return (folder / _SUBMITTED).stat().st_mtime
    except OSError:
        return 0.0


def given_up(folder: Path) -> bool:
    """Whether it was never submitted: who made it was killed before."""
    return folder.is_dir() and not (folder / _SUBMITTED).exists()


def clear(folder: Path, at_work: Collection[tuple[str, int]]) -> None:
    """Delete the folders below `folder` of which no run is at work; `at_work`: runs, and which
    attempt of each.
    """
    for made in folder.glob("graftui-*/"):
        with suppress(OSError, ValueError, KeyError, TypeError):  # one that is just being made, say
            if not any((each.run, each.n) in at_work for each in read(made).entries):
                _clear(made)


def _clear(folder: Path) -> None:
    said = any(path.stat().st_size for path in folder.glob("*.out"))
    if not said or time.time() - folder.stat().st_mtime > _KEPT_S:
        shutil.rmtree(folder, ignore_errors=True)
