"""Engines as processes of this host, each in a session of its own: they outlive any terminal.

A process is signalled only after its identity has been verified, and always as a group: the
engine's workers go with it. Owns the engine's command line, and its end as its parent sees it;
who is not its parent watches from outside.
"""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace

from engine.contract.layout import RunDir
from graftui.errors import EnvironmentProblem, no_room
from graftui.models import Attempt, Run
from graftui.registry import attempts as files
from graftui.scheduler.environment import for_engines
from graftui.scheduler.executors.base import Exit, How, Sight
from graftui.scheduler.identity import identity, life
from graftui.scheduler.memory import oom_kills
from graftui.settings import Settings

_SIGNALS = {How.ask: signal.SIGTERM, How.kill: signal.SIGKILL}
_MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


@dataclass
class _Child:
    """A process that this one started."""

    process: "subprocess.Popen[bytes]"
    oom_kills: int | None
    """As many there had been when it started."""
    end: Exit | None = None


class Local:
    """The executor of this host."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._children: dict[tuple[str, int], _Child] = {}

    def start(self, run: Run) -> Attempt:
        run_dir, attempt = self.settings.run_dir(run.id), run.attempt
        kills = oom_kills()
        with run_dir.output.open("ab") as output:
            process = subprocess.Popen(
                [
                    self.settings.python,
                    "-m",
                    "engine",
                    str(run_dir.path),
                    "--attempt",
                    str(attempt.n),
                ],
                cwd=self.settings.root,
                env=for_engines(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=lambda: _sign(run_dir, attempt),
            )
        self._children[run.id, attempt.n] = _Child(process, kills)
        return _known_as(attempt, process.pid)

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

    def _seen(self, attempt: Attempt) -> Sight:
        child = self._children.get((attempt.run, attempt.n))
        if child is not None and child.end is None:
            child.end = self._reap(child)
        return Sight(life(attempt), child.end if child else None)

    def _reap(self, child: _Child) -> Exit | None:
        """Its end, if it has come."""
        pid, status, usage = os.wait4(child.process.pid, os.WNOHANG)  # Popen tells no memory
        if pid == 0:
            return None
        code = child.process.returncode = os.waitstatus_to_exitcode(status)
        killed = child.oom_kills is not None and (oom_kills() or 0) > child.oom_kills
        peak = usage.ru_maxrss * _MAXRSS_UNIT
        return Exit(code, no_room(self.settings.runs), killed, peak)


def _sign(run_dir: RunDir, attempt: Attempt) -> None:
    """In the engine's process, before it is the engine: who it is.

    Whoever starts it may be killed before it can write that down.
    """
    with suppress(OSError):  # a full disk; its row says so too
        files.write(run_dir, _known_as(attempt, os.getpid()))


def _known_as(attempt: Attempt, pid: int) -> Attempt:
    who = identity(pid)
    assert who is not None  # oneself, or a child: a zombie at worst
    return replace(attempt, **asdict(who))
