"""The supervisor: a process of its own that drains the queue and reaps the engines.

    python -m graftui.scheduler.supervise SETTINGS_AS_JSON      (`look.ensure` does that)

At most one a registry and data folder, by a lock; it goes when nothing is left to do. If it is
killed the engines go on, and the next one, which any look at the runs starts, watches them from
outside.
"""

import logging
import sqlite3
import subprocess
import sys
import time
from typing import Any

from graftui.errors import GraftuiError, no_room
from graftui.models import Run, RunReason, RunStatus, Verdict
from graftui.registry import knobs
from graftui.registry.card import amend_card
from graftui.registry.ingest import ingest
from graftui.registry.output import tail
from graftui.registry.store import Store
from graftui.scheduler.identity import here
from graftui.scheduler.leftovers import clear_leftovers
from graftui.scheduler.lock import supervising
from graftui.scheduler.look import JOBS, unpacked
from graftui.scheduler.memory import oom_kills
from graftui.scheduler.reads import FilesChanged
from graftui.scheduler.reconcile import reconcile
from graftui.scheduler.settle import settle
from graftui.scheduler.spawn import start
from graftui.scheduler.verdict import Exit, verdict_on
from graftui.settings import Settings

log = logging.getLogger("graftui.supervise")
# Troubles in a row (full disk, locked registry), a second apart, before it gives up.
_PATIENCE = 60


def main() -> None:
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(process)d %(message)s")
    settings = unpacked(sys.argv[1])
    pending = True
    while pending:
        with supervising(settings) as alone:
            if not alone:
                return
            Supervisor(settings).drain()
        # Somebody may have queued a run after the last look and seen the lock still held.
        with Store.open(settings.db) as store:
            pending = store.work(here(settings))


class Supervisor:
    """Drains the queue of one data folder."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.children: dict[str, subprocess.Popen[bytes]] = {}
        self._oom_kills: dict[str, int | None] = {}
        """As many there had been when each engine started."""
        self._ends: dict[str, Exit] = {}
        """Of children that are gone and not yet noted as such."""
        self._here = here(settings)
        self._seen: float | None = None

    def drain(self) -> None:
        """Until nothing is queued or at work."""
        troubles = 0
        log.info("supervising %s", self.settings.runs)
        while troubles < _PATIENCE:
            try:
                if not self.tick():
                    clear_leftovers(self.settings.runs)
                    log.info("nothing left to do")
                    return
                troubles = 0
                time.sleep(self.settings.poll_s)
            except (sqlite3.Error, OSError, GraftuiError) as exc:
                troubles += 1
                log.warning("trouble %d: %s", troubles, exc)
                time.sleep(1.0)
        log.error("giving up; the engines go on")
        sys.exit(1)

    def tick(self) -> bool:
        """Look at everything once; whether there is more to do."""
        for run_id, child in self.children.items():
            if child.poll() is not None and run_id not in self._ends:
                self._ends[run_id] = self._seen_end(run_id, child.returncode)
        with Store.open(self.settings.db) as store:
            for run_id, end in list(self._ends.items()):
                self._reap(store, run_id, end)
            born = store.born()  # another than before: somebody deleted runs.db
            adopting = born != self._seen
            for run in reconcile(self.settings, store, mine=self.children, adopting=adopting):
                log.info("%s %s is %s", run.id, run.name, run.status)
            self._seen = born
            # An engine that said it has finished may still hold its memory: count processes too.
            jobs = knobs.read(store, self._here.folder, JOBS) or self.settings.jobs or 1
            while len(self.children) < jobs:
                claimed = store.claim_next(jobs, self._here)
                if claimed is None:
                    break
                self._start(store, claimed)
            busy = bool(self.children or store.work(self._here))
            if not busy:
                knobs.forget(store, self._here.folder)  # what was said was for this queue
            return busy

    def _start(self, store: Store, run: Run) -> None:
        self._oom_kills[run.id] = oom_kills()
        try:
            self.children[run.id] = start(self.settings, run)
            log.info("%s %s started", run.id, run.name)
        except FilesChanged as exc:
            self._fail(store, run, RunReason.data, exc.message, exc.hint)
        except OSError as exc:
            message = f"The engine could not be started: {exc}."
            hint = f"Is {self.settings.python} a Python that has graftui?"
            self._fail(store, run, RunReason.crashed, message, hint)

    def _fail(self, store: Store, run: Run, reason: RunReason, message: str, hint: str) -> None:
        """Of a run that never came to have an engine."""
        verdict = Verdict(
            status=RunStatus.failed,
            reason=reason,
            ended_at=time.time(),
            message=message,
            hint=hint,
        )
        settle(self.settings, store, run.id, verdict)

    def _seen_end(self, run_id: str, code: int) -> Exit:
        before = self._oom_kills.pop(run_id, None)
        killed = before is not None and (oom_kills() or 0) > before
        return Exit(code, no_room(self.settings.runs), killed)

    def _reap(self, store: Store, run_id: str, end: Exit) -> None:
        """Write down how it ended. May fail, on a full disk, and is done again."""
        place = self.settings.run_dir(run_id)
        ingest(store, run_id, place)
        run = store.find(run_id)
        if run is not None and not settle(
            self.settings, store, run_id, verdict_on(run, end, place)
        ):
            self._note_exit(store, store.get(run_id), end)
        del self.children[run_id], self._ends[run_id]
        log.info("%s ended with %d", run_id, end.code)

    def _note_exit(self, store: Store, run: Run, end: Exit) -> None:
        """How it ended is known already; what the process adds is kept beside."""
        place = self.settings.run_dir(run.id)
        code = end.code if end.signal is None else None
        added: dict[str, Any] = {"exit_code": code, "signal": end.signal}
        known = Verdict(
            status=run.status,
            ended_at=run.ended_at or time.time(),
            reason=run.reason,
            message=run.message,
            hint=run.hint,
            **added,
        )
        store.update(
            run.id,
            only_if=(run.status,),
            then=lambda: amend_card(place, verdict=known),
            log_tail=tail(place.output) if run.status is RunStatus.failed else "",
            **added,
        )


if __name__ == "__main__":
    main()
