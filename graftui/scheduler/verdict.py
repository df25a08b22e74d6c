"""What to say of an engine that ended without a last event, by what it left behind.

Owns the words. A last event can be missing though the work was done: its line had no room.
"""

import re
import signal
import time

from engine.contract.layout import RunDir
from graftui.models import Run, RunReason, RunStatus, Verdict
from graftui.registry.output import tail
from graftui.registry.result import summary_of
from graftui.registry.tail import ends_in_half_a_line
from graftui.scheduler.executors.base import Cause, Exit

_STOPPED = {signal.SIGKILL, signal.SIGTERM, signal.SIGINT, signal.SIGHUP}
_NO_MEMORY = re.compile(r"bad_alloc|MemoryError|allocate memory|out of memory", re.IGNORECASE)
_MEMORY = "Use a smaller micro-batch or model, or fewer runs at once (GRAFTUI_JOBS)."


def verdict_on(run: Run, end: Exit | None, run_dir: RunDir, cause: Cause | None = None) -> Verdict:
    """What to say of the engine of `run`, which has no last event; one of `end` and `cause` is
    known.
    """
    now = time.time()
    if end is not None and end.code == 0 and summary_of(run_dir, since=run.started_at):
        message = "Its last event was not written, but its result was."
        return Verdict(status=RunStatus.finished, message=message, ended_at=now)
    if run.cancel_asked is not None:
        ended = f"{_late(end)} {_how(end)}" if end else "It ended"
        message = f"{ended} after it was asked to stop."
        return Verdict(status=RunStatus.cancelled, message=message, ended_at=now)
    if cause is None:
        assert end is not None
        cause = Cause(RunStatus.failed, *_failure(run, end, run_dir))
    return Verdict(
        status=cause.status,
        reason=cause.reason,
        message=cause.message,
        hint=f"{cause.hint} {_again(run)}".strip(),
        ended_at=now,
    )


def _again(run: Run) -> str:
    return f"`graftui resume {run.id}` goes on with it, `graftui rerun {run.id}` runs it again."


def _failure(run: Run, end: Exit, run_dir: RunDir) -> tuple[RunReason, str, str]:
    """Reason, message and hint: memory and disk explain more than the code or signal does."""
    how = f"The engine {'was ended' if end.signal else 'ended'} {_how(end)}"
    if end.oom_killed and end.signal == signal.SIGKILL:
        return RunReason.oom, f"{how}: the kernel killed it for memory.", _MEMORY
    if end.signal not in _STOPPED and _NO_MEMORY.search(tail(run_dir.output)):
        return RunReason.oom, f"{how}: the memory ran out.", _MEMORY
    if end.signal is None and (
        end.code == 0 or end.disk_full or ends_in_half_a_line(run_dir.events)
    ):
        likely = "the disk is full" if end.disk_full else "most likely the disk was full"
        message = f"{how}, and its last event was not written: {likely}."
        return RunReason.crashed, message, f"Free some space below {run_dir.path.parent}."
    if end.signal == signal.SIGKILL:
        hint = f"Perhaps the kernel's out-of-memory killer (`dmesg | tail` says so): {_MEMORY}"
        return RunReason.killed, f"{how}.", f"{hint} Or somebody used `kill -9`."
    if end.signal in _STOPPED:
        return RunReason.killed, f"{how}.", "Somebody or the system ended it."
    return RunReason.crashed, f"{how}.", f"`graftui logs {run.id}` shows its output."


def _late(end: Exit) -> str:
    killed = end.signal == signal.SIGKILL
    return "It did not stop in time and was killed" if killed else "It ended"


def _how(end: Exit) -> str:
    if end.signal is None:
        return f"with exit code {end.code}"
    known = {int(s): s.name for s in signal.Signals}
    return f"by signal {end.signal} ({known.get(end.signal, 'unknown')})"
