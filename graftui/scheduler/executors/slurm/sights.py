"""What becomes of a job, from what it left in its folder and what Slurm says of it; in words.

The folder comes first, then Slurm, and of a controller that does not answer nothing follows.
"""

import time

from graftui.models import Attempt, RunReason, RunStatus
from graftui.registry.queue import WANTING
from graftui.scheduler.executors.base import Cause, Exit, Sight
from graftui.scheduler.executors.slurm.marks import Left, Marks
from graftui.scheduler.executors.slurm.snapshot import EVERY_S, Seen, Snapshot
from graftui.scheduler.identity import Life
from graftui.settings import PILOT

SETTLE_S = 90.0
"""Network disks show a file late: so long what should be there may be missing."""
_WATCHED_S = 4 * EVERY_S
"""Of a job that was listed so short a time before it vanished, somebody would have seen the end."""
_WAITS = {"PENDING", "CONFIGURING", "REQUEUED", "REQUEUE_FED", "REQUEUE_HOLD", "RESV_DEL_HOLD",
          "SPECIAL_EXIT"}  # fmt: skip
_STOPPED = {"SUSPENDED", "STOPPED"}
_TIME_WAS_OVER = {"COMPLETED", "TIMEOUT", "DEADLINE", "PREEMPTED", "NODE_FAIL"}
"""States in which a pilot ends without having come to all of its list."""
_CAUSES: dict[str, tuple[RunStatus, RunReason | None, str, str]] = {
    "CANCELLED": (
        RunStatus.cancelled, None,
        "Its Slurm job {job} was cancelled from outside graftui (scancel).", "",
    ),
    "TIMEOUT": (
        RunStatus.failed, RunReason.killed,
        "The time limit of its Slurm job {job} was over.", "Give `time` in [slurm] more.",
    ),
    "DEADLINE": (
        RunStatus.failed, RunReason.killed, "Its Slurm job {job} missed its deadline.", "",
    ),
    "NODE_FAIL": (
        RunStatus.failed, RunReason.killed,
        "The node {node} of its Slurm job {job} failed, and the job was not requeued.",
        "`sinfo -R` may say why.",
    ),
    "BOOT_FAIL": (
        RunStatus.failed, RunReason.killed,
        "The node {node} of its Slurm job {job} did not come up.", "`sinfo -R` may say why.",
    ),
    "PREEMPTED": (
        RunStatus.failed, RunReason.killed,
        "Its Slurm job {job} was preempted, and not requeued.", "",
    ),
    "OUT_OF_MEMORY": (
        RunStatus.failed, RunReason.oom,
        "Slurm killed job {job} for memory.", "Give `memory` in [slurm] more, or use a smaller "
        "micro-batch or model.",
    ),
    "FAILED": (
        RunStatus.failed, RunReason.crashed,
        "Its Slurm job {job} failed on {node}, and its engine left no word.",
        "Perhaps that node sees no such folder: `graftui slurm check` tries, and data/slurm has "
        "what Slurm said.",
    ),
    "COMPLETED": (
        RunStatus.failed, RunReason.crashed,
        "Its Slurm job {job} ended on {node}, and its engine left no word.",
        "Is the disk full? data/slurm has what Slurm said.",
    ),
}  # fmt: skip
_LEFT: dict[str, tuple[RunReason | None, str, str]] = {
    "python": (
        RunReason.config, "Job {job} found no python on {host}: {python}.",
        "Set GRAFTUI_PYTHON to one that the nodes have, or make it be there by `setup` in [slurm].",
    ),
    "engine": (
        RunReason.config, "The python of job {job} on {host} has no graftui: {python}.",
        "Its last lines say what is missing; install graftui there, or change `setup` in [slurm].",
    ),
    "setup": (
        RunReason.config, "A line of `setup` in [slurm] failed in job {job} on {host}.",
        "Its last lines say which.",
    ),
    "room": (
        RunReason.config, "Pilot job {job} on {host} was given less than it declares: {about}.",
        "Give `memory` or `gres` in [slurm] more; or run it again with another compute.memory_gib "
        "or compute.gpu_memory_gib.",
    ),
    "USR1": (
        RunReason.killed, "The time of Slurm job {job} was nearly over, or it was to make room.",
        "Give `time` in [slurm] more.",
    ),
    "TERM": (
        RunReason.killed, "Slurm ended job {job}: by scancel, for its time, or to make room.",
        "",
    ),
    "stuck": (
        RunReason.killed, "Job {job} came no further in its time than it had come before.",
        "Give `time` in [slurm] more: the last two minutes of it are for saving.",
    ),
}  # fmt: skip


def sight(attempt: Attempt, marks: Marks, snapshot: Snapshot, python: str) -> Sight:
    """What is seen of an attempt."""
    there, seen = marks.there(), snapshot.seen.get(attempt.job)
    if "exit" in there and (left := marks.left()):
        return Sight(Life.gone, Exit(_code(left)), _by_word(attempt, left, python))
    if "stop" in there and "claim" not in there:
        return Sight(Life.gone, unbegun=True, passed_over=_is_left_over(seen))
    if "stop" in there and marks.given_up():
        return Sight(Life.gone)
    if "claim" in there and marks.beats():
        return Sight(Life.alive)  # though Slurm say otherwise: it may have started another of it
    if passed_over(attempt, marks, snapshot):
        return Sight(Life.waiting)  # until the supervisor has seen to it that no pilot comes to it
    if seen is not None and _for_long(seen.over):
        return Sight(Life.gone, cause=_by_state(attempt, seen, marks))
    if seen is None or not snapshot.fresh():
        return Sight(Life.unknown)
    if _for_long(seen.missing):
        return Sight(Life.gone, cause=_unlisted(attempt, marks))
    life = Life.waiting if shared(attempt) else _life(seen)
    return Sight(life, waits_for=seen.job.reason if life is Life.waiting else "")


def shared(attempt: Attempt) -> bool:
    """Whether it is on a list that pilot jobs share, and none has taken it up yet."""
    return attempt.executor.endswith(PILOT) and "_" not in attempt.job


def passed_over(attempt: Attempt, marks: Marks, snapshot: Snapshot) -> bool:
    """Whether the pilots of its list are gone, their time being over, and came not to it."""
    seen = snapshot.seen.get(attempt.job)
    if not shared(attempt) or seen is None or not _for_long(seen.over):
        return False
    return _is_left_over(seen) and not marks.there()


def _is_left_over(seen: Seen | None) -> bool:
    return seen is not None and seen.job.state in _TIME_WAS_OVER


def forgotten(attempt: Attempt, marks: Marks, snapshot: Snapshot) -> bool:
    """Whether Slurm has forgotten a job that never began, and that nobody can have cancelled: its
    controller was killed before it wrote the job down.
    """
    seen = snapshot.seen.get(attempt.job)
    if seen is None or seen.missing is None or seen.over or not snapshot.fresh():
        return False
    watched = seen.missing - seen.at < _WATCHED_S
    return watched and _for_long(seen.missing) and not marks.there()


def _for_long(since: float | None) -> bool:
    return since is not None and time.time() - since > SETTLE_S


def _life(seen: Seen) -> Life:
    if seen.job.state in _WAITS:
        return Life.waiting
    return Life.stopped if seen.job.state in _STOPPED else Life.alive


def _code(left: Left) -> int:
    """As of Popen."""
    return left.code if left.code <= 128 else 128 - left.code


def _by_word(attempt: Attempt, left: Left, python: str) -> Cause | None:
    if left.why == "input":
        message = f"{WANTING} {left.about}, which did not finish."
        return Cause(RunStatus.cancelled, None, message, f"`graftui show {left.about}` says why.")
    if left.code == 0 or left.why not in _LEFT:
        return None
    reason, message, hint = _LEFT[left.why]
    message = message.format(job=attempt.job, host=left.host, python=python, about=left.about)
    return Cause(RunStatus.failed, reason, message, hint)


def _by_state(attempt: Attempt, seen: Seen, marks: Marks) -> Cause:
    if (
        seen.job.state in ("COMPLETED", "FAILED") and marks.given_up()
    ):  # it could not ask to be started again
        reason, message, hint = _LEFT["USR1"]
        return Cause(RunStatus.failed, reason, message.format(job=attempt.job), hint)
    status, reason, message, hint = _CAUSES.get(seen.job.state, _CAUSES["FAILED"])
    node = seen.job.node or "its node"
    return Cause(status, reason, message.format(job=attempt.job, node=node), hint)


def _unlisted(attempt: Attempt, marks: Marks) -> Cause:
    job, host = marks.holder()
    if job and marks.given_up():
        message = (
            f"Slurm ended its job {attempt.job} on {host} and knows it no more: it was cancelled "
            "from outside graftui, or its time was over, while nobody looked."
        )
        return Cause(RunStatus.cancelled, None, message, "")
    if job:
        message = (
            f"Slurm knows its job {attempt.job} no more, and on {host} it gives no sign of life."
        )
    else:
        message = (
            f"Slurm knows its job {attempt.job} no more, and it never began: it was cancelled, or "
            "forgotten, while nobody looked."
        )
    return Cause(RunStatus.lost, None, message, "")
