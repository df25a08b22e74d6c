"""What a user wants done when a run ends: a command, with the run in its environment.

Called by the supervisor, at most once for each end of a run: that it is called is noted before it
is. Owns what the command is told, and that it harms nobody: it is a process group of its own, its
output goes to after.log in the run's folder, few are at work at once, and one that takes too long
is killed. The queue waits for none. Nothing of a run is put into the command's text.
"""

import logging
import os
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass

from graftui.kinds import main_figure
from graftui.models import Run
from graftui.registry import hooks, queue
from graftui.registry.store import Store
from graftui.settings import Settings

log = logging.getLogger("graftui.after")
LOG = "after.log"
LONGEST_S = 600.0
_AT_ONCE = 4
_OURS = ("PYTHONSAFEPATH", "PYTHONUNBUFFERED")
"""What the supervisor has in its environment for itself."""


@dataclass(frozen=True, slots=True)
class _Call:
    """A command at work."""

    process: "subprocess.Popen[bytes]"
    until: float
    """By the monotonic clock, in seconds."""


class Calls:
    """The commands of one supervisor."""

    def __init__(self, settings: Settings, longest_s: float = LONGEST_S) -> None:
        self._settings = settings
        self._longest_s = longest_s
        self._calls: dict[str, _Call] = {}
        """By run."""
        self._due: list[str] = []
        self._seen: queue.Changes | None = None
        """When that was read."""

    def tick(self, store: Store) -> bool:
        """See to those at work, and call what is due; whether one is at work."""
        for run, call in list(self._calls.items()):
            if self._over(run, call):
                del self._calls[run]
        seen = queue.changes(store.db)
        if seen != self._seen:  # thousands may have one
            self._due, self._seen = hooks.due(store.db, self._settings.folder), seen
        for run in self._due:
            if len(self._calls) < _AT_ONCE and run not in self._calls:
                self._call(store, run)
        return bool(self._calls)

    def _over(self, run: str, call: _Call) -> bool:
        if (code := call.process.poll()) is not None:
            log.info("%s: its command ended with %d", run, code)
            return True
        if time.monotonic() < call.until:
            return False
        with suppress(ProcessLookupError):
            os.killpg(call.process.pid, signal.SIGKILL)
        call.process.wait()
        with suppress(OSError), (self._settings.run_dir(run).path / LOG).open("ab") as output:
            output.write(f"graftui: killed after {self._longest_s:g} s\n".encode())
        log.warning("%s: its command was killed after %g s", run, self._longest_s)
        return True

    def _call(self, store: Store, id: str) -> None:
        run = store.find(id)
        with store.write() as db:
            command = hooks.claim(db, id, self._settings.folder)
        if run is None or command is None:
            return
        path = self._settings.run_dir(id).path
        try:
            with (path / LOG).open("ab") as output:
                process = subprocess.Popen(
                    ["/bin/sh", "-c", command],
                    cwd=self._settings.root,
                    env=environment(self._settings, run),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,
                )
        except OSError as error:
            log.warning("%s: its command could not be called: %s", id, error)
            return
        self._calls[id] = _Call(process, time.monotonic() + self._longest_s)


def environment(settings: Settings, run: Run) -> dict[str, str]:
    """That of a command, which a run has ended for."""
    figure = main_figure(run.kind, run.summary)
    told = {
        "RUN": run.id,
        "NAME": run.name,
        "KIND": run.kind,
        "STATUS": run.status.value,
        "REASON": run.reason or "",
        "MESSAGE": run.message,
        "FIGURE": "" if figure is None else repr(figure),
        "RECIPE": run.recipe,
        "TAGS": " ".join(run.tags),
        "SECONDS": "" if run.seconds is None else f"{run.seconds:.3f}",
        "RUN_DIR": str(settings.run_dir(run.id).path),
    }
    own = {name: value for name, value in os.environ.items() if name not in _OURS}
    # A variable cannot hold a NUL, nor what is no UTF-8.
    clean = {name: text.replace("\0", "") for name, text in told.items()}
    return own | {
        f"GRAFTUI_{name}": text.encode(errors="replace").decode() for name, text in clean.items()
    }
