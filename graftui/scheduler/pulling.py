"""Runs of another machine, brought here by rsync: `graftui pull`.

First come the small files of all runs there, to see what they are; then all files of those that
are wanted and have ended, which only then appear among the runs here. What is at work there stays
in data/pulled, and so is elsewhere, until another pull. Refuses to touch a run folder that is here
already: what is another run there, or has gone on there since, is told.
"""

import filecmp
import hashlib
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from graftui.errors import EnvironmentProblem, UsageError
from graftui.models import Run, RunStatus
from graftui.registry.ingest import adopt, ingest
from graftui.registry.store import Store
from graftui.scheduler.lock import taking
from graftui.settings import Settings

_SMALL = ("/*/", "/*/*.json", "/*/events.jsonl", "/*/output.log", "/*/attempts/***")
_VANISHED = 24
"""rsync's code for files that went while it read: of what is at work there some do."""
_NO_TALK = (12, 127, 255)
"""rsync's codes, and ssh's, where the two sides came to no understanding."""
_WAITS = (RunStatus.held, RunStatus.queued)


class Fate(StrEnum):
    """What a pull makes of a run there."""

    pulled = "pulled"
    here = "here"
    """It is here already, as it is there."""
    at_work = "at work"
    """It is listed here as elsewhere, with what it has said so far."""
    waits = "waits"
    """It has not begun there: nothing is to be had of it."""
    differs = "differs"
    """A folder of that name is here, with something else in it."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """A run there, and what became of it here."""

    id: str
    name: str
    fate: Fate
    why: str = ""
    """In what it differs."""


@dataclass(frozen=True, slots=True)
class Source:
    """Run folders, here or on another machine."""

    typed: str
    runs: str
    """As rsync takes it: HOST:FOLDER or FOLDER."""

    @classmethod
    def of(cls, typed: str) -> "Source":
        """HOST:PATH or PATH, a working folder or its folder of runs. Raises UsageError."""
        host, colon, path = typed.rpartition(":")
        if not path.strip("/ ") or typed.startswith("-") or colon and not host.strip(":"):
            raise UsageError(
                f"{typed!r} is no place to pull from.",
                "Give HOST:PATH, PATH being the working folder there: graftui pull gpu1:study",
            )
        path = path.rstrip("/")
        runs = path if path.endswith("/runs") or path == "runs" else f"{path}/data/runs"
        if not colon and not Path(runs).is_dir():
            raise UsageError(f"There is no folder {runs}.", "Give a working folder, or HOST:PATH.")
        return cls(typed, f"{host}{colon}{runs}")


Choose = Callable[[Settings, Store], Sequence[Run]]
"""Those runs of a registry that are wanted."""


def pull(
    settings: Settings, source: Source, choose: Choose, dry_run: bool = False, shown: bool = False
) -> list[Pulled]:
    """Bring the chosen runs here; what became of each. `shown`: rsync shows how far it is.

    Broken off, it goes on where it was when it is called again. Raises EnvironmentProblem, and
    UsageError where another pull from there is at work.
    """
    if shutil.which("rsync") is None:
        raise EnvironmentProblem("There is no rsync here.", "Install it: apt-get install rsync")
    with _stage(settings, source, dry_run) as stage:
        filters = [f"--include={pattern}" for pattern in _SMALL]
        _rsync(source, stage, ["--exclude=/.*", *filters, "--exclude=*"], shown=False)
        fates = [_fate(settings, stage, run) for run in _there(settings, stage, choose)]
        wanted = [each.id for each in fates if each.fate is Fate.pulled]
        if not dry_run:
            if wanted:
                _rsync(source, stage, ["--files-from=-", "--from0"], shown, wanted)
            _take_in(settings, stage, wanted, [e.id for e in fates if e.fate is Fate.at_work])
    return fates


@contextmanager
def _stage(settings: Settings, source: Source, dry_run: bool) -> Iterator[Path]:
    """Where runs lie until they are whole: on the disk of the run folders."""
    settings.runs.mkdir(parents=True, exist_ok=True)
    if dry_run:
        with tempfile.TemporaryDirectory(prefix="pull-", dir=settings.data) as folder:
            yield Path(folder)
        return
    name = hashlib.sha256(source.runs.encode()).hexdigest()[:8]
    stage = settings.data / "pulled" / name / "runs"
    stage.mkdir(parents=True, exist_ok=True)
    with _alone(settings, source, name):
        yield stage


@contextmanager
def _alone(settings: Settings, source: Source, name: str) -> Iterator[None]:
    """For the block, nobody else pulls from there. Raises UsageError where somebody does: a pull
    may take hours.
    """
    path = Path(f"{settings.registry}-pull-{name}.lock")  # beside it: network disks lock badly
    with taking(path) as file:
        if file is None:
            raise UsageError(
                f"Another `graftui pull` from {source.typed} is at work.",
                "Wait until it has ended.",
            )
        yield


def _there(settings: Settings, stage: Path, choose: Choose) -> list[Run]:
    """The chosen ones of the runs there, by a registry of their own."""
    with tempfile.TemporaryDirectory(prefix="graftui-") as folder:
        there = replace(settings, runs=stage, db=Path(folder, "runs.db"))
        with Store.open(there.db) as store:
            adopt(store, there)
            return list(choose(there, store))


def _fate(settings: Settings, stage: Path, run: Run) -> Pulled:
    here, there = settings.runs / run.id, stage / run.id
    if here.is_dir():
        why = _difference(here, there)
        return Pulled(run.id, run.name, Fate.differs if why else Fate.here, why)
    if run.status in _WAITS:
        return Pulled(run.id, run.name, Fate.waits)
    return Pulled(run.id, run.name, Fate.at_work if run.status.active else Fate.pulled)


def _difference(here: Path, there: Path) -> str:
    """In what a run folder here differs from the one there; empty: in nothing that counts."""
    if not _same(here / "config.json", there / "config.json"):
        return "here that is another run"
    if not _same(here / "events.jsonl", there / "events.jsonl"):
        return "it has gone on since, here or there"
    return ""


def _same(first: Path, second: Path) -> bool:
    if first.exists() and second.exists():
        return filecmp.cmp(first, second, shallow=False)
    return first.exists() == second.exists()


def _take_in(
    settings: Settings, stage: Path, whole: Collection[str], at_work: Collection[str]
) -> None:
    """Let whole runs appear among those here, and list the others as elsewhere."""
    for id in whole:
        os.rename(stage / id, settings.runs / id)
    for path in stage.iterdir():
        if path.name not in at_work:
            shutil.rmtree(path, ignore_errors=True)
    elsewhere = replace(settings, runs=stage)
    with Store.open(settings.db) as store:
        for home, ids in ((settings, whole), (elsewhere, at_work)):
            adopt(store, home)
            for id in ids:  # one that was known as at work has said more since
                ingest(store, id, home.run_dir(id))


def _rsync(
    source: Source, stage: Path, how: Sequence[str], shown: bool, ids: Sequence[str] = ()
) -> None:
    """No links, owners or rights are taken from there. Raises EnvironmentProblem."""
    progress = ["--info=progress2", "--no-inc-recursive"] if shown else ["--quiet"]
    command = [
        "rsync",
        "-rt",
        "-s",
        "--partial",
        *progress,
        *how,
        "--",
        f"{source.runs}/",
        f"{stage}/",
    ]
    names = "\0".join(ids).encode()
    ended = subprocess.run(command, input=names, stderr=subprocess.PIPE, check=False)
    if ended.returncode in (0, _VANISHED):
        return
    said = ended.stderr.decode(errors="replace").strip().splitlines()
    why = said[0] if said else f"rsync ended with {ended.returncode}"
    raise EnvironmentProblem(
        f"{source.typed} could not be pulled: {why}", _hint(ended.returncode, said, bool(ids))
    )


def _hint(code: int, said: Sequence[str], begun: bool) -> str:
    """What to do about an rsync that ended with `code`; `begun`: after it had come there once."""
    if code in _NO_TALK and any("not found" in line for line in said):
        return "rsync must be installed there too."
    if any("change_dir" in line for line in said):
        return "PATH is the working folder there, or its data/runs; without a / in front, at home."
    if code in _NO_TALK and not begun:
        return "`ssh HOST` must come there by itself: name, keys and port are as in ~/.ssh/config."
    return "Type it again: it goes on where it was."
