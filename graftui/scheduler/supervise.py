"""The supervisor: a process of its own that drains the queue, by way of executors.

    python -m graftui.scheduler.supervise SETTINGS_AS_JSON      (`look.ensure` does that)

At most one a registry and data folder, by a lock; it goes when nothing is left to do. If it is
killed the engines go on, and the next one, which any look at the runs starts, watches them from
outside.
"""

import logging
import sqlite3
import sys
import time
from contextlib import nullcontext, suppress

from graftui.errors import GraftuiError, UsageError, no_room
from graftui.models import Attempt, Run, RunReason, RunStatus, Verdict
from graftui.registry import knobs, queue
from graftui.registry.attempts import NAMES, change, write
from graftui.registry.ingest import ingest
from graftui.registry.output import tail
from graftui.registry.store import Store
from graftui.scheduler.after import Calls
from graftui.scheduler.executors import Executors
from graftui.scheduler.executors.base import Exit, How
from graftui.scheduler.handing import Handing
from graftui.scheduler.identity import here
from graftui.scheduler.lock import supervising
from graftui.scheduler.look import unpacked
from graftui.scheduler.pace import Pace
from graftui.scheduler.queue.claims import claim_next
from graftui.scheduler.queue.line import Line
from graftui.scheduler.queue.requeue import retry
from graftui.scheduler.queue.rewrite import finish as finish_edit
from graftui.scheduler.queue.work import work
from graftui.scheduler.reads import FilesChanged, note_of
from graftui.scheduler.reconcile import AT_WORK, reconcile
from graftui.scheduler.removal.trash import clear_up
from graftui.scheduler.settle import note_end, settle
from graftui.scheduler.verdict import verdict_on
from graftui.settings import Settings

log = logging.getLogger("graftui.supervise")
# Troubles in a row (a locked registry, a disk that fails), a second apart, before it gives up.
_PATIENCE = 180
_LOOKS, _FOLDERS = 1 / 10, 1 / 100
"""Of its time, for looks at what others have at work, and at the folders of what waits."""


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
            pending = work(settings, store)


class Supervisor:
    """Drains the queue of one data folder."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.executors = Executors(settings)
        self.handing = Handing(settings, self.executors)
        self.line = Line(settings)
        self.calls = Calls(settings)
        self.mine: dict[str, Attempt] = {}
        """By run: attempts that it started, and whose end it has yet to write down."""
        self._others: set[str] = set()
        """Runs that were at work at its last look, started by another: whoever sees such a one end
        leaves it to this one to try it again."""
        self._groups: dict[str, str] = {}
        """By run, of those that are `mine`: whose slots it takes."""
        self._seen: queue.Changes | None = None
        self._looks, self._folders = Pace(_LOOKS), Pace(_FOLDERS)

    def drain(self) -> None:
        """Until nothing is queued or at work."""
        troubles = 0
        log.info("supervising %s", self.settings.runs)
        while troubles < _PATIENCE:
            try:
                if not self.tick():
                    clear_up(self.settings)
                    log.info("nothing left to do")
                    return
                troubles = 0
                time.sleep(self.settings.poll_s)
            except (sqlite3.Error, OSError, GraftuiError) as exc:
                troubles = self._troubles(exc, troubles)
                time.sleep(1.0)
        log.error("giving up; the engines go on")
        sys.exit(1)

    def _troubles(self, exc: Exception, before: int) -> int:
        """How many in a row there are with this one. A full disk is one, however long it lasts: how
        the engines that it started ended is known to nobody else, and cannot be written down.
        """
        if any(map(no_room, (self.settings.runs, self.settings.db.parent))):
            if not before:
                log.warning("waiting for room: %s", exc)
            return max(before, 1)
        log.warning("trouble %d: %s", before + 1, exc)
        return before + 1

    def tick(self) -> bool:
        """Look at everything once; whether there is more to do."""
        sights = self.executors.poll(self.mine.values())
        with Store.open(self.settings.db) as store:
            for run_id, sight in sights.items():
                if sight.end is not None:
                    self._reap(store, run_id, sight.end)
            if self._looks.due():
                with self._looks.kept():
                    self._look_at_all(store)
                self.handing.look(store)
            self.handing.go_on(store)
            # An engine that said it has finished may still hold its memory: count processes too.
            while claimed := self._claim(store):
                self._start(store, claimed)
            calling = self.calls.tick(store)
            unseen = queue.changes(store.db) != self._seen  # who waits for what failed, say
            busy = bool(self.mine) or calling or unseen or work(self.settings, store, self.line)
            if not busy and not store.queued(self.settings.folder):
                knobs.forget(store, self.settings.folder)  # what was said was for this queue
            return busy

    def _claim(self, store: Store) -> Run | None:
        """The run whose turn it is."""
        self._groups = {run_id: self._groups[run_id] for run_id in self.mine}
        ready = self.executors.ready
        return claim_next(self.settings, store, self.line, self._groups, ready)

    def _look_at_all(self, store: Store) -> None:
        """At what its own executors do not tell it of; at what waits where that has changed, and
        now and then: somebody may have begun it, or deleted its folder.
        """
        seen = queue.changes(store.db)
        adopting = self._seen is None or seen[0] != self._seen[0]  # somebody deleted runs.db
        waiting = seen != self._seen or self._folders.due()
        with self._folders.kept() if waiting else nullcontext():
            self._reconcile(store, adopting, waiting)
        self._seen = seen

    def _reconcile(self, store: Store, adopting: bool, waiting: bool) -> None:
        changed = reconcile(
            self.settings,
            store,
            self.executors,
            mine=self.mine.keys() | self.handing.claimed,
            adopting=adopting,
            waiting=waiting,
        )
        for run in changed:
            log.info("%s %s is %s", run.id, run.name, run.status)
        for other in filter(None, map(store.find, self._others - self.mine.keys())):
            retry(self.settings, store, other)
        self._others = queue.busy(store.db, here(self.settings)).keys() - self.mine.keys()

    def _start(self, store: Store, run: Run) -> None:
        try:
            finish_edit(self.settings, store, run)
            note_of(self.settings, run)
            attempt = self.executors[run.executor].start(run)
        except FilesChanged as exc:
            self._fail(store, run, RunReason.data, exc.message, exc.hint)
        except UsageError as exc:  # an executor that this graftui has not
            self._fail(store, run, RunReason.config, exc.message, exc.hint)
        except OSError as exc:
            message = f"The engine could not be started: {exc}."
            hint = f"Is {self.settings.python} a Python that has graftui?"
            self._fail(store, run, RunReason.crashed, message, hint)
        else:
            self.mine[run.id], self._groups[run.id] = attempt, run.queue_group
            self._introduce(store, attempt)
            gpu = "" if attempt.gpu_index is None else f" on GPU {attempt.gpu_index}"
            log.info("%s %s started%s, %s threads", run.id, run.name, gpu, attempt.threads)

    def _introduce(self, store: Store, attempt: Attempt) -> None:
        """Note what the attempt has come to be; end it if the run has been cancelled meanwhile."""
        executor = self.executors[attempt.executor]
        named = {name: getattr(attempt, name) for name in NAMES}
        try:
            with store.write() as db:
                wanted = change(db, attempt, only_if=AT_WORK, **named)
        except BaseException:
            executor.stop(attempt, How.kill)  # better none than one that nobody knows
            raise
        with suppress(OSError):  # a full disk; its row says so too
            write(self.settings.run_dir(attempt.run), attempt)
        if wanted is None:
            executor.stop(attempt, How.kill)

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

    def _reap(self, store: Store, run_id: str, end: Exit) -> None:
        """Write down how it ended. May fail, on a full disk, and is done again."""
        run_dir = self.settings.run_dir(run_id)
        note_end(self.settings, store, self.mine[run_id], end)
        ingest(store, run_id, run_dir)
        run = store.find(run_id)
        if run is not None:
            verdict = verdict_on(run, end, run_dir)  # not of one that is queued again by now
            known = not settle(self.settings, store, run_id, verdict, (*AT_WORK, RunStatus.lost))
            if known and run.status is RunStatus.failed:  # it may have said more since
                store.update(run_id, log_tail=tail(run_dir.output))
            retry(self.settings, store, store.get(run_id))
        del self.mine[run_id]
        log.info("%s ended with %d", run_id, end.code)


if __name__ == "__main__":
    main()
