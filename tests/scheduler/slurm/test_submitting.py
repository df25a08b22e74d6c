"""Killed or failing at each step from claim to submission: every run is submitted once, or waits
again, or has failed and says what to do.
"""

import os
import re
import shutil
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pytest

from graftui.models import Run, RunReason, RunStatus
from graftui.registry.store import Store
from graftui.scheduler import handing, handover, reconcile, supervise
from graftui.scheduler.executors.slurm import commands, executor, sights
from graftui.scheduler.executors.slurm.commands import NoRoom, Refused, Unanswered
from graftui.scheduler.executors.slurm.executor import Slurm
from graftui.scheduler.executors.slurm.marks import Marks
from graftui.scheduler.supervise import Supervisor
from tests.scheduler.scheduler_bench import Bench, plan
from tests.scheduler.slurm.pretend import Pretend

_TICKS = 40
"""Looks at everything within which it has to be decided."""


class Killed(BaseException):
    """The supervisor, with -9."""


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute and a half passes at once, and each tick does one step."""
    for module, name in (
        (handing, "_EVERY_S"), (executor, "EVERY_S"), (sights, "SETTLE_S"),
        (handover, "_AT_ONCE_S"), (reconcile, "_FORKING_S"),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, -1.0)
    monkeypatch.setattr(supervise, "_LOOKS", 1.0)


def on_slurm(bench: Bench, profile: str = "slurm", count: int = 3) -> list[Run]:
    return bench.submit(*[replace(plan("finish"), executor=profile)] * count)


def tick(supervisor: Supervisor) -> None:
    """Once, with the answer to what it asks of Slurm."""
    others = {*threading.enumerate()}
    supervisor.tick()
    for thread in {*threading.enumerate()} - others:
        thread.join()


def ticks(supervisor: Supervisor, *errors: type[BaseException]) -> None:
    """As many as may be needed, whatever of `errors` comes in between."""
    for _ in range(_TICKS):
        try:
            tick(supervisor)
        except errors:
            continue


def comes_to_be_submitted(
    bench: Bench, pretend: Pretend, supervisor: Supervisor, runs: list[Run]
) -> bool:
    """Each once, in time, and not once more after that."""
    for _ in range(_TICKS):
        tick(supervisor)
        if are_submitted_once(bench, pretend, runs):
            break
    for _ in range(4):
        tick(supervisor)
    return are_submitted_once(bench, pretend, runs)


def submissions(bench: Bench, pretend: Pretend, run: Run) -> list[tuple[str, int]]:
    """Job and attempt of each by which the run may yet begin."""
    made = []
    for number, script in enumerate(pretend.scripts, 41):
        listed = zip(words(script, "runs"), words(script, "attempts"), strict=True)
        of_it = [int(n) for id, n in listed if id == run.id]
        marks = [Marks.of(bench.settings.run_dir(run.id), n) for n in of_it]
        made += [(str(number), mark.n) for mark in marks if "stop" not in mark.there()]
    return made


def words(script: str, name: str) -> list[str]:
    (listed,) = re.findall(rf"^{name}=\((.*)\)$", script, re.MULTILINE)
    return str(listed).split()


def are_submitted_once(bench: Bench, pretend: Pretend, runs: list[Run]) -> bool:
    now = [bench.get(run.id) for run in runs]
    known = [[(run.attempt.job.partition("_")[0], run.attempt.n)] for run in now]
    starting = {run.status for run in now} == {RunStatus.starting}
    return starting and [submissions(bench, pretend, run) for run in runs] == known


def broken(
    patch: pytest.MonkeyPatch, step: tuple[Any, str, str, int], error: BaseException
) -> None:
    """Once, a function fails: before or after it has done what it is for, at its n-th call."""
    module, name, when, nth = step
    real, calls = getattr(module, name), [0]

    def breaking(*given: Any) -> Any:
        calls[0] += 1
        if calls[0] != nth:
            return real(*given)
        if when == "after":
            real(*given)
        raise error

    patch.setattr(module, name, breaking)


STEPS = {
    "claimed": (handover.Handover, "_look_at", "before", 1),
    "some looked at": (handover.Handover, "_look_at", "after", 2),
    "nothing prepared": (Slurm, "prepare", "before", 1),
    "prepared": (Slurm, "prepare", "after", 1),
    "named": (handover, "note", "after", 1),
    "some written": (handover.Handover, "_write", "after", 1),
    "not yet marked": (executor, "submitting", "before", 1),
    "marked": (executor, "submitting", "after", 1),
    "taken": (commands, "sbatch", "after", 1),
    "answered": (Slurm, "submit", "after", 1),
    "numbered": (handover, "note", "after", 2),
}


@pytest.mark.parametrize(
    ("profile", "error"),
    [
        ("slurm", Killed()),
        ("slurm:pilot", Killed()),
        ("slurm:pilot", OSError("it fails")),
    ],
    ids=["killed", "killed, of pilots", "failing, of pilots"],
)
@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS.keys())
def test_stopped_at_any_step_each_is_submitted_once(
    step: tuple[Any, str, str, int], profile: str, error: BaseException, bench: Bench,
    pretend: Pretend, monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    runs = on_slurm(bench, profile)
    supervisor = Supervisor(bench.settings)
    broken(monkeypatch, step, error)
    with pytest.raises(type(error)):
        ticks(supervisor)
    following = Supervisor(bench.settings) if isinstance(error, Killed) else supervisor
    assert comes_to_be_submitted(bench, pretend, following, runs)


def test_killed_as_slurm_was_asked_and_long_gone_they_are_lost_and_say_what_to_do(
    bench: Bench, pretend: Pretend, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = on_slurm(bench)
    broken(monkeypatch, STEPS["marked"], Killed())
    with pytest.raises(Killed):
        ticks(Supervisor(bench.settings))
    (asked,) = (bench.settings.data / "slurm").glob("graftui-*/submitted")
    os.utime(asked, (1.0, 1.0))  # a job may have come, been cancelled, and been forgotten
    ticks(Supervisor(bench.settings))
    for run in runs:
        run = bench.get(run.id)
        assert run.status is RunStatus.lost
        assert f"graftui rerun {run.id}" in run.hint
    assert not pretend.scripts


@pytest.mark.parametrize(
    ("refusal", "status", "reason"),
    [
        (NoRoom("sbatch could not be started"), RunStatus.queued, None),
        (Refused("sbatch: invalid", "See [slurm]."), RunStatus.failed, RunReason.config),
        (Unanswered("sbatch had no answer"), RunStatus.failed, RunReason.crashed),
        (OSError("a disk error"), RunStatus.failed, RunReason.crashed),
    ],
)
def test_what_is_never_taken_waits_or_has_failed_and_says_what_to_do(
    bench: Bench, pretend: Pretend, refusal: Exception, status: RunStatus, reason: RunReason | None,
) -> None:  # fmt: skip
    pretend.refusal = refusal
    runs = on_slurm(bench, count=2)
    ticks(Supervisor(bench.settings), OSError)
    for run in runs:
        run = bench.get(run.id)
        assert (run.status, run.reason) == (status, reason)
        assert bool(run.hint) == (status is RunStatus.failed)
        assert submissions(bench, pretend, run) == []


def test_one_that_is_deleted_as_it_is_handed_over_stops_none_of_the_others(
    bench: Bench, pretend: Pretend
) -> None:
    runs = on_slurm(bench, count=4)
    supervisor = Supervisor(bench.settings)
    while not supervisor.handing.claimed:
        tick(supervisor)
    for run in runs[1], runs[3]:
        shutil.rmtree(bench.settings.run_dir(run.id).path)
        with Store.open(bench.settings.db) as store:
            store.delete(run.id)
    assert comes_to_be_submitted(bench, pretend, supervisor, [runs[0], runs[2]])
    assert {bench.get(run.id).attempt.n for run in (runs[0], runs[2])} == {1}


def test_one_whose_folder_is_gone_keeps_none_of_the_others_waiting(
    bench: Bench, pretend: Pretend
) -> None:
    (gone,) = on_slurm(bench, count=1)
    supervisor = Supervisor(bench.settings)
    assert comes_to_be_submitted(bench, pretend, supervisor, [gone])
    shutil.rmtree(bench.settings.run_dir(gone.id).path)
    pretend.jobs.clear()  # forgotten, so it is to be told not to begin
    ticks(supervisor)
    others = on_slurm(bench)
    assert comes_to_be_submitted(bench, pretend, supervisor, others)
    assert bench.get(gone.id).status is RunStatus.lost


def test_a_question_that_comes_to_grief_is_asked_again(
    bench: Bench, pretend: Pretend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "limits", Mock(side_effect=[MemoryError(), {}, {}, {}]))
    runs = on_slurm(bench)
    assert comes_to_be_submitted(bench, pretend, Supervisor(bench.settings), runs)


@pytest.mark.parametrize(
    ("does", "error"),
    [
        ("#!/bin/sh\nexec /bin/sleep 5\n", Unanswered),
        ("#!/bin/sh\n/bin/sleep 5\n", Unanswered),
        ("#!/bin/sh\nkill -9 $$\n", Unanswered),
        ("#!/bin/sh\necho and no number\n", Unanswered),
        ("no program", NoRoom),
    ],
    ids=["hangs", "a child hangs", "is killed", "babbles", "cannot start"],
)
def test_an_sbatch_that_says_nothing_refuses_nothing(
    does: str, error: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sbatch = tmp_path / "sbatch"
    sbatch.write_text(does)
    sbatch.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(commands, "_SUBMIT_S", 0.5)
    with pytest.raises(error):
        commands.sbatch("#!/bin/bash\n")
