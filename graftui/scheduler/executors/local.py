"""Engines as processes of this host, each in a session of its own: they outlive any terminal.

A process is signalled only after its identity has been verified, and always as a group: the
engine's workers go with it. Owns the engine's command line, and its end as its parent sees it;
who is not its parent watches from outside. A warm engine saves an engine its imports, where there
is one: it is a child of this process and a session of its own all the same.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from typing import IO

from engine.contract.layout import RunDir
from engine.contract.warming import Begin, Start
from graftui.errors import EnvironmentProblem, no_room
from graftui.models import Attempt, Run
from graftui.registry import attempts as files
from graftui.scheduler.admission.inventory import cores
from graftui.scheduler.environment import for_engines, of_attempt
from graftui.scheduler.executors.base import Executor, Exit, How, Sight
from graftui.scheduler.executors.warm import Warm
from graftui.scheduler.identity import identity, life
from graftui.scheduler.memory import oom_kills
from graftui.settings import Settings

_SIGNALS = {How.ask: signal.SIGTERM, How.kill: signal.SIGKILL}
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass
class _Child:
    """A process that this one started."""

    pid: int
    process: "subprocess.Popen[bytes] | None"
    """None of one that the warm engine forked."""
    oom_kills: int | None
    """As many there had been when it started."""
    end: Exit | None = None


class Local(Executor):
    """The executor of this host."""

    def __init__(self, settings: Settings, *arguments: str) -> None:
        """`arguments`: further ones of each engine."""
        self.settings, self._arguments = settings, arguments
        self._children: dict[tuple[str, int], _Child] = {}
        self._warm = Warm(settings)

    def ready(self) -> bool:
        return self._warm.ready(for_engines())

    def start(self, run: Run) -> Attempt:
        run_dir, attempt = self.settings.run_dir(run.id), run.attempt
        kills, process = oom_kills(), None
        arguments = [str(run_dir.path), "--attempt", str(attempt.n), *self._arguments]
        start = Start(arguments, str(self.settings.root), {**for_engines(), **_given(run)})
        with run_dir.output.open("ab") as output:
            pid = self._warm.fork(start, output, lambda pid: _signed(run_dir, attempt, pid))
            if pid is None:
                process = self._cold(start, output, lambda: _sign(run_dir, attempt))
                pid = process.pid
        self._children[run.id, attempt.n] = _Child(pid, process, kills)
        return _known_as(attempt, pid)

    def poll(self, attempts: Sequence[Attempt]) -> Sequence[Sight]:
        return [self._seen(attempt) for attempt in attempts]

    def stop(self, attempt: Attempt, how: How) -> None:
        if attempt.pid is None or not life(attempt).there:
            return
        try:
            os.killpg(attempt.pid, _SIGNALS[how])
            os.killpg(attempt.pid, signal.SIGCONT)  # a stopped one hears nothing else
        except ProcessLookupError:
            pass
        except PermissionError as exc:
            raise EnvironmentProblem(
                f"Run {attempt.run} (process {attempt.pid}) belongs to another user.",
                "Ask them to cancel it, or do so as that user.",
            ) from exc

    def _cold(
        self, start: Start, output: IO[bytes], sign: Callable[[], None]
    ) -> "subprocess.Popen[bytes]":
        return subprocess.Popen(
            [self.settings.python, "-m", "engine", *start.arguments],
            cwd=start.cwd,
            env=start.env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            preexec_fn=sign,
        )

    def _seen(self, attempt: Attempt) -> Sight:
        child = self._children.get((attempt.run, attempt.n))
        if child is not None and child.end is None:
            child.end = self._reap(child)
        return Sight(life(attempt), child.end if child else None)

    def _reap(self, child: _Child) -> Exit | None:
        """Its end, if it has come."""
        pid, status, usage = os.wait4(child.pid, os.WNOHANG)  # Popen tells no memory
        if pid == 0:
            return None
        code = os.waitstatus_to_exitcode(status)
        if child.process is not None:
            child.process.returncode = code
        killed = child.oom_kills is not None and (oom_kills() or 0) > child.oom_kills
        peak = usage.ru_maxrss * _MAXRSS_UNIT
        return Exit(code, no_room(self.settings.runs), killed, peak)


def _given(run: Run) -> dict[str, str]:
    """Variables of its attempt. As many threads as torch takes by itself are not told it."""
    device = str(run.config.get("compute", {}).get("device", "auto"))
    threads = run.attempt.threads
    return of_attempt(device, run.attempt.gpu, None if threads == cores() else threads)


def _sign(run_dir: RunDir, attempt: Attempt) -> None:
    """In the engine's process, before it is the engine: who it is.

    Whoever starts it may be killed before it can write that down.
    """
    with suppress(OSError):  # a full disk; its row says so too
        files.write(run_dir, _known_as(attempt, os.getpid()))


def _signed(run_dir: RunDir, attempt: Attempt, pid: int) -> Begin:
    """The same, for a process that is to write it down when it begins."""
    return Begin(files.as_file(_known_as(attempt, pid)), str(files.path(run_dir, attempt.n)))


def _known_as(attempt: Attempt, pid: int) -> Attempt:
    who = identity(pid)
    assert who is not None  # oneself, or a child: a zombie at worst
    return replace(attempt, **asdict(who))
