"""A look at the runs, as every command and the dashboard take it: it finds work and nobody at it.

Owns how a supervisor is started, and what it is told.
"""

import json
import subprocess
import sys
import threading
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from graftui.registry.folders import Skipped
from graftui.registry.ingest import adopt
from graftui.registry.store import Store
from graftui.scheduler.environment import importable
from graftui.scheduler.lock import came_up, lock_path, supervised
from graftui.scheduler.queue.queue_file import note_jobs
from graftui.scheduler.queue.work import work
from graftui.scheduler.reconcile import reconcile
from graftui.scheduler.removal.trash import to_clear
from graftui.settings import Settings

_LOG_BYTES = 1 << 20
_started: dict[Path, "subprocess.Popen[bytes]"] = {}
"""By its lock, the supervisor that this process started last: it takes a second to come up, and
who watches looks several times in that."""


def look(settings: Settings, store: Store, adopting: bool = True) -> None:
    """Bring the registry up to date, and see to it that somebody is at what is to be done."""
    reconcile(settings, store, adopting=adopting)
    if work(settings, store):
        with suppress(OSError):  # no room for its log, say: a look is worth having all the same
            ensure(settings)


def first_look(settings: Settings, store: Store) -> Sequence[Skipped]:
    """As `look`, and what is half-deleted, or over in the trash, is cleared, which may
    take a while.

    The run folders that could not be read.
    """
    skipped = adopt(store, settings).skipped
    _say_jobs(settings, store)
    look(settings, store, adopting=False)
    if to_clear(settings):
        ensure(settings)
    return skipped


def set_going(settings: Settings) -> None:
    """What has just been queued, or may start now."""
    with Store.open(settings.db) as store:
        _say_jobs(settings, store)
        look(settings, store)


def _say_jobs(settings: Settings, store: Store) -> None:
    """What this command was told; once, or a watcher of long ago would say it for ever."""
    if settings.jobs is not None and work(settings, store):
        note_jobs(settings, store)


def ensure(settings: Settings) -> None:
    """See to it that a supervisor is at work; one about to go looks at the queue once more."""
    if supervised(settings) or _coming_up(settings):
        return
    settings.data.mkdir(parents=True, exist_ok=True)
    path = settings.data / "supervisor.log"
    with path.open("ab") as output:  # one of another host may be writing to it too
        if output.tell() > _LOG_BYTES:
            output.truncate(0)
        process = subprocess.Popen(
            [sys.executable, "-m", "graftui.scheduler.supervise", packed(settings)],
            cwd=settings.root,
            env=importable(),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    _started[lock_path(settings)] = process
    # A dashboard may outlive it, and would keep a zombie.
    threading.Thread(target=process.wait, daemon=True).start()


def _coming_up(settings: Settings) -> bool:
    """Whether the one this process started will yet take the lock, and so see what is queued.

    One that has let it go is on its way out, and may have looked for the last time.
    """
    ours = _started.get(lock_path(settings))
    return ours is not None and ours.poll() is None and not came_up(settings, ours.pid)


def packed(settings: Settings) -> str:
    """Settings as an argument of the supervisor."""
    return json.dumps(asdict(settings), default=str)


def unpacked(text: str) -> Settings:
    """The settings in a supervisor's argument."""
    raw: dict[str, Any] = json.loads(text)
    paths = {f.name: Path(raw[f.name]) for f in fields(Settings) if f.type is Path}
    return Settings(**{**raw, **paths})
