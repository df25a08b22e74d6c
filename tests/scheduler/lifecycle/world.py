"""A host without processes: engines that are entries of a table, and an executor that has them."""

import os
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from unittest import mock

from engine.contract import events as ev
from engine.contract.layout import RunDir
from graftui.models import LOCAL, Attempt, Run
from graftui.registry import attempts
from graftui.scheduler import executors, identity, reconcile, resume
from graftui.scheduler.executors.base import Executor, Exit, How, Sight
from graftui.settings import Settings

_FIRST = 2**22 + 1
"""No process of the kernel's has so high a number."""
_TICKS = 7


@dataclass
class Engine:
    """One process that there was."""

    run_dir: RunDir
    attempt: int
    pid: int
    end: Exit | None = None


@dataclass
class World:
    """All of them, in the order in which they came up."""

    engines: list[Engine] = field(default_factory=list)

    def begin(self, run_dir: RunDir, attempt: int) -> Engine:
        engine = Engine(run_dir, attempt, _FIRST + len(self.engines))
        self.engines.append(engine)
        host = os.uname().nodename
        say(engine, ev.Started(pid=engine.pid, host=host, device="", config_hash="", versions={}))
        return engine

    def of(self, run: str) -> Engine:
        """The last one of a run."""
        return next(one for one in reversed(self.engines) if one.run_dir.path.name == run)

    def seen(self, pid: int) -> tuple[str, int] | None:
        """In the place of identity._state_and_ticks."""
        there = pid >= _FIRST and self.engines[pid - _FIRST].end is None
        return ("S", _TICKS) if there or pid == os.getpid() else None


def say(engine: Engine, event: ev.Event) -> None:
    stamped = event.model_copy(update={"attempt": engine.attempt, "t": time.time()})
    with engine.run_dir.events.open("ab") as file:
        file.write(ev.dumps(stamped))


class Pretend(Executor):
    """The executor of that host; each process of graftui has its own."""

    def __init__(self, world: World, settings: Settings) -> None:
        self.world, self.settings = world, settings
        self._children: set[int] = set()

    def start(self, run: Run) -> Attempt:
        run_dir = self.settings.run_dir(run.id)
        engine = self.world.begin(run_dir, run.attempt.n)
        self._children.add(engine.pid)
        who = identity.identity(engine.pid)
        assert who
        known = replace(run.attempt, **asdict(who))
        attempts.write(run_dir, known)
        return known

    def poll(self, attempts: Sequence[Attempt]) -> Sequence[Sight]:
        return [Sight(identity.life(each), self._end(each)) for each in attempts]

    def _end(self, attempt: Attempt) -> Exit | None:
        if attempt.pid not in self._children:
            return None
        return self.world.engines[attempt.pid - _FIRST].end

    def stop(self, attempt: Attempt, how: How) -> None:
        """They obey."""
        assert attempt.pid
        engine = self.world.engines[attempt.pid - _FIRST]
        if how is How.ask:
            say(engine, ev.Cancelled(seconds=1.0, message="stopped"))
        engine.end = Exit(3 if how is How.ask else -signal.SIGKILL)


@contextmanager
def host(world: World) -> Iterator[None]:
    """For the block, this is that host. Nobody waits there for what another process may do."""
    entry = {LOCAL: lambda settings: Pretend(world, settings)}
    with (
        mock.patch.dict(executors.EXECUTORS, entry),
        mock.patch.object(identity, "_state_and_ticks", world.seen),
        mock.patch.multiple(reconcile, _REAPING_S=0.0, _FORKING_S=-1.0),
        mock.patch.object(resume, "_REAPING_S", 0.0),
    ):
        yield
