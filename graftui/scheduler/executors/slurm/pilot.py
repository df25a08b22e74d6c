"""A pilot: a process on a node that does many runs, one after the other, within one job.

    python -m graftui.scheduler.executors.slurm.pilot data/slurm/graftui-... --job 57_0

That is what pilot.sh does.

It takes from the list of its batch what nobody has claimed and what builds on nothing unfinished;
several pilots share a list. What declares more than the job was given is refused. Its engines are
forked from a warm one. It asks no registry and no Slurm: run folders tell it all, so whoever
submitted it may be gone. Told to stop, by SIGUSR1 or SIGTERM, it has the present run save where it
stands and ends with 75: the list is gone on with.
"""

import argparse
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from engine.contract.layout import read_whole
from graftui.models import Attempt, Run
from graftui.registry.tail import last_word
from graftui.scheduler.admission.inventory import inventory_of
from graftui.scheduler.executors.base import Exit, How
from graftui.scheduler.executors.local import Local
from graftui.scheduler.executors.slurm.allotted import allotted, too_large
from graftui.scheduler.executors.slurm.batch import Batch, Entry, read
from graftui.scheduler.executors.slurm.marks import Left, Marks
from graftui.settings import PILOT, SLURM

log = logging.getLogger("graftui.pilot")
YIELDED = 75
"""As of an engine that was told to stop and to go on later."""
_STOPPED = 143
_POLL_S = 0.1
_BEAT_S = 15.0
_LOOK_S = 1.0
"""How often it looks whether the present run is to be stopped."""
_GRACE_S = 60.0
"""How long an engine may take to stop."""
IDLE_S = 60.0
"""How long it waits for what other pilots do: what follows that may come to it."""


@dataclass
class Pilot:
    """One pilot."""

    batch: Batch
    job: str
    restart: int
    host: str
    told: str = ""
    """The signal by which it was told to stop."""
    ended: int = 0
    """Runs that came to an end here."""
    yielded: int = 0
    """Runs that came further here, and go on later."""

    def __post_init__(self) -> None:
        self._left = list(self.batch.entries)
        """What is not known to have ended."""
        self._local = Local(self.batch.settings, "--yields")
        self._machine = allotted(inventory_of(self.batch.settings.inventory).look(), os.environ)

    def drain(self) -> int:
        """Do what there is to do; its exit code."""
        idle_since = time.monotonic()
        while not self.told:
            entry = self._next() if self._local.ready() else None
            if entry is not None:
                self._do(entry)
            if entry is not None or not self._local.ready():
                idle_since = time.monotonic()
            elif not self._may_come() or time.monotonic() - idle_since > IDLE_S:
                break
            else:
                time.sleep(_POLL_S)
        log.info("%d runs have ended here, %d of the list may be left", self.ended, len(self._left))
        return self._put_off() if self.told and self._left else 0

    def stop(self, number: int, _frame: FrameType | None) -> None:
        """A signal: end with the present run, and go on later."""
        self.told = signal.Signals(number).name

    def _put_off(self) -> int:
        if self.restart and not self.ended + self.yielded:
            log.error("its time is too short to come to any run: give `time` in [slurm] more")
            return 1
        return YIELDED

    def _next(self) -> Entry | None:
        """The first run that may begin, claimed."""
        for entry in list(self._left):
            there = self._marks(entry).there()
            if "exit" in there or "stop" in there and "claim" not in there:
                self._left.remove(entry)
            elif self._waits_in_vain(entry) or not self._is_ready(entry):
                continue
            elif self._marks(entry).take(self.job, self.restart, self.host):
                return entry
        return None

    def _may_come(self) -> bool:
        """Whether something is left that nobody has claimed: it follows what others do."""
        return any(not self._marks(entry).there() for entry in self._left)

    def _is_ready(self, entry: Entry) -> bool:
        ends = [self._end(source) for source in entry.after]
        return all(end is not None and end.code == 0 for end in ends)

    def _waits_in_vain(self, entry: Entry) -> bool:
        """Whether something that it builds on did not finish; that is its last word then."""
        for source in entry.after:
            end = self._end(source)
            if end is not None and end.code != 0:
                if self._marks(entry).take(self.job, self.restart, self.host):
                    self._leave(entry, 1, "input", source)
                return True
        return False

    def _end(self, run: str) -> Left | None:
        """How a run of the list ended; None: it has not yet."""
        listed = next((entry for entry in self.batch.entries if entry.run == run), None)
        return Left(1) if listed is None else self._marks(listed).left()

    def _do(self, entry: Entry) -> None:
        marks, before = self._marks(entry), self._saved(entry)
        if self._has_finished(entry):
            self._leave(entry, 0, "")
            return
        if "stop" in marks.there():
            self._leave(entry, _STOPPED, "stopped")
            return
        if why := self._too_large(entry):
            self._leave(entry, 1, "room", why)
            return
        log.info("%s begins", entry.run)
        end = self._until_over(self._start(entry), marks)
        code = end.code if end.code >= 0 else 128 - end.code
        code = 0 if self._has_finished(entry) else code
        for_good = "stop" in marks.there()
        if not for_good and (code == YIELDED or self.told and code == _STOPPED):
            if self.restart and self._saved(entry) == before and not self.ended:
                self._leave(entry, YIELDED, "stuck")
                return
            marks.give_up()
            self.yielded += 1
            log.info("%s goes on later", entry.run)
            return
        self._leave(entry, code, self.told if code else "")

    def _too_large(self, entry: Entry) -> str:
        """Why this job cannot have room for it; empty: it can, as far as its config says."""
        try:
            config = json.loads(read_whole(self.batch.settings.run_dir(entry.run).config))
            return too_large(entry.run, config, self._machine)
        except (OSError, ValueError, AttributeError):
            return ""  # its engine says what is wrong with it

    def _start(self, entry: Entry) -> Attempt:
        attempt = Attempt(run=entry.run, n=entry.n, executor=f"{SLURM}{PILOT}", job=self.job)
        run = Run(
            id=entry.run, name="", kind="", config={}, config_hash="", created_at=0.0,
            attempt=attempt,
        )  # fmt: skip
        return self._local.start(run)

    def _until_over(self, attempt: Attempt, marks: Marks) -> Exit:
        """Wait for its engine, and have it stopped where that is wanted."""
        stopped_at = touched_at = looked_at = 0.0
        while (end := self._local.poll([attempt])[0].end) is None:
            now = time.monotonic()
            if now - touched_at > _BEAT_S:
                marks.touch()
                touched_at = now
            wanted = bool(self.told)
            if now - looked_at > _LOOK_S:
                wanted, looked_at = wanted or "stop" in marks.there(), now
            if wanted and not stopped_at:
                self._local.stop(attempt, How.ask)
                stopped_at = now
            if stopped_at and now - stopped_at > _GRACE_S:
                self._local.stop(attempt, How.kill)
            time.sleep(_POLL_S)
        return end

    def _leave(self, entry: Entry, code: int, why: str, about: str = "") -> None:
        left = Left(code, why, self.host, float(int(time.time())), about)
        self._marks(entry).leave(left, self.job)
        self._left.remove(entry)
        self.ended += 1
        log.info("%s ended with %d %s", entry.run, code, why)

    def _saved(self, entry: Entry) -> list[str]:
        """The states that it has."""
        state = self.batch.settings.run_dir(entry.run).state
        return sorted(path.name for path in state.glob("*.json"))

    def _has_finished(self, entry: Entry) -> bool:
        """Whether that is its last word: after it its process, or this one, may still have been
        ended.
        """
        events = self.batch.settings.run_dir(entry.run).events
        return last_word(events) == (entry.n, "finished")

    def _marks(self, entry: Entry) -> Marks:
        return Marks.of(self.batch.settings.run_dir(entry.run), entry.n)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("batch", type=Path, help="folder with a batch.json")
    parser.add_argument("--job", required=True, help="such as 57_0")
    parser.add_argument("--restart", type=int, default=0, help="how often it was put back")
    parser.add_argument("--host", default="", help="name of this node")
    asked = parser.parse_args(arguments)
    pilot = Pilot(read(asked.batch), asked.job, asked.restart, asked.host)
    for number in (signal.SIGUSR1, signal.SIGTERM):
        signal.signal(number, pilot.stop)
    return pilot.drain()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    sys.exit(main())
