"""What of the doctor's findings can be mended without a doubt, and is where somebody asks for it.

Owns which these are: what is half-deleted, a registry that the run folders can make anew, one's own
folders that one shut oneself out of, a queue that nobody is at. Installs nothing, deletes no run.
"""

import os
import stat
from collections.abc import Iterator

from graftui.doctor import rebuild
from graftui.errors import DamagedRegistry
from graftui.registry import folders
from graftui.registry.store import Store
from graftui.scheduler import look
from graftui.scheduler.lock import supervised
from graftui.scheduler.queue.work import work
from graftui.scheduler.removal.trash import clear_up, to_clear
from graftui.settings import Settings


def mend(settings: Settings) -> Iterator[str]:
    """Do so; each thing that was done, in words. Raises as opening the registry does, where that is
    not damaged but out of reach, or of a newer version.
    """
    yield from _registry(settings)
    for path in to_clear(settings):
        yield f"cleared {path}"
    clear_up(settings)
    yield from _opened(settings)
    with Store.open(settings.db) as store:
        look.look(settings, store)
        if work(settings, store) and not supervised(settings):
            yield "started a supervisor for what waits"


def _registry(settings: Settings) -> Iterator[str]:
    try:
        with Store.open(settings.db) as store:
            troubles = store.check()
    except DamagedRegistry as error:
        troubles = [error.message]
    broken = [text for text in troubles if not text.startswith(("cannot be", "no write-ahead"))]
    if broken:
        yield f"the registry ({'; '.join(broken)}) is made anew of {rebuild(settings)} run folders"


def _opened(settings: Settings) -> Iterator[str]:
    """Run folders of this user's that this user may not read."""
    for name in sorted(folders.names(settings.runs)):
        path = settings.runs / name
        if path.is_symlink() or not path.is_dir() or os.access(path, os.R_OK | os.X_OK):
            continue
        if path.stat().st_uid == os.geteuid():
            path.chmod(path.stat().st_mode | stat.S_IRWXU)
            yield f"{path} can be read again"
