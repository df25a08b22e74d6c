"""A pilot in this process, with engines that are a line of shell, and the lists it is given."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from graftui.models import Attempt, Run, RunStatus
from graftui.scheduler import handing
from graftui.scheduler.admission.machine import GIB, Gpu, Machine
from graftui.scheduler.cancel import cancel
from graftui.scheduler.executors.base import Wanted
from graftui.scheduler.executors.slurm import batch, executor, marks, pilot, sights
from graftui.scheduler.executors.slurm.allotted import allotted, too_large
from graftui.scheduler.executors.slurm.marks import Marks
from graftui.scheduler.executors.slurm.pilot import Pilot
from graftui.scheduler.executors.slurm.sights import sight
from graftui.scheduler.executors.slurm.snapshot import Snapshot
from graftui.scheduler.supervise import Supervisor
from graftui.settings import at
from tests.each import each
from tests.scheduler.scheduler_bench import Bench, condition, plan
from tests.scheduler.slurm.pretend import Pretend, until
from tests.scheduler.slurm.test_job import FINISHED

_ENGINE = """#!/bin/bash
run=$3
echo "$(basename $run)" >> {log}
. $run/does
"""


class Listed:
    """A list of runs in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.log = folder, folder / "log"
        self.log.touch()
        self.wanted: list[Wanted] = []
        engine = folder / "python"
        engine.write_text(_ENGINE.format(log=self.log))
        engine.chmod(0o755)
        self.settings = at(folder, python=str(engine))

    def add(self, run: str, does: str, *after: str) -> Marks:
        run_dir = self.settings.run_dir(run)
        run_dir.path.mkdir(parents=True)
        (run_dir.path / "does").write_text(does)
        self.wanted.append(Wanted(Attempt(run=run, n=1), after))
        return Marks.of(run_dir, 1)

    def pilot(self, job: str = "7_0", restart: int = 0) -> Pilot:
        folder = self.folder / "batch"
        if not folder.exists():
            batch.write(folder, self.settings, self.wanted, "")
        return Pilot(batch.read(folder), job, restart, "n1")

    def began(self) -> list[str]:
        return self.log.read_text().split()


@pytest.fixture
def listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Listed:
    monkeypatch.setattr(pilot, "_POLL_S", 0.01)
    monkeypatch.setattr(pilot, "_LOOK_S", 0.01)
    monkeypatch.setattr(pilot, "IDLE_S", 0.3)
    monkeypatch.setattr(marks, "SILENT_S", 0.1)
    return Listed(tmp_path)


def code(of: Marks) -> tuple[int, str] | None:
    left = of.left()
    return None if left is None else (left.code, left.why)


def later(holds: Callable[[], bool], then: Callable[[], object]) -> threading.Thread:
    def wait() -> None:
        end = time.monotonic() + 300
        while not holds() and time.monotonic() < end:
            time.sleep(0.01)
        then()

    thread = threading.Thread(target=wait)
    thread.start()
    return thread


def test_what_builds_on_another_comes_after_it_and_not_if_that_failed(listed: Listed) -> None:
    made = {
        "graft-a": listed.add("graft-a", "exit 0", "tune-a"),
        "graft-b": listed.add("graft-b", "exit 0", "tune-b"),
        "union": listed.add("union", "exit 0", "graft-a", "graft-b"),
        "tune-a": listed.add("tune-a", "exit 0"),
        "tune-b": listed.add("tune-b", "exit 1"),
    }
    assert listed.pilot().drain() == 0
    assert listed.began() == ["tune-a", "graft-a", "tune-b"]
    assert {run: code(of) for run, of in made.items()} == {
        "tune-a": (0, ""), "tune-b": (1, ""), "graft-a": (0, ""), "graft-b": (1, "input"),
        "union": (1, "input"),
    }  # fmt: skip
    assert listed.pilot().drain() == 0
    assert len(listed.began()) == 3, "nothing is done twice"


def test_pilots_share_a_list_without_starting_anything_twice(listed: Listed) -> None:
    made = [listed.add(f"run-{n}", "sleep 0.05") for n in range(8)]
    made.append(listed.add("last", "exit 0", *(f"run-{n}" for n in range(8))))
    pilots = [listed.pilot(f"7_{n}") for n in range(2)]
    threads = [threading.Thread(target=each.drain) for each in pilots]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(listed.began()) == sorted(["last", *(f"run-{n}" for n in range(8))])
    assert [code(of) for of in made] == [(0, "")] * 9
    assert sum(each.ended for each in pilots) == 9


def test_told_to_stop_it_has_the_present_run_yield_and_goes_on_with_the_list(
    listed: Listed,
) -> None:
    state = listed.settings.run_dir("first").state
    yields = f"trap 'mkdir -p {state}; touch {state}/1.json; exit 75' TERM\nsleep 20 & wait"
    first = listed.add("first", f"[ -d {state} ] && exit 0\n{yields}")
    second = listed.add("second", "exit 0")
    flying = listed.pilot()
    telling = later(lambda: bool(listed.began()), lambda: flying.stop(signal.SIGUSR1, None))
    assert flying.drain() == pilot.YIELDED
    telling.join()
    assert first.given_up()
    assert second.there() == set()
    again = listed.pilot(restart=1)
    assert again.drain() == 0
    assert [code(first), code(second)] == [(0, ""), (0, "")]


def test_a_run_that_comes_no_further_is_not_begun_for_ever(listed: Listed) -> None:
    only = listed.add("only", "trap 'exit 75' TERM; sleep 20 & wait")
    for restart in range(2):
        flying = listed.pilot(restart=restart)
        before = len(listed.began())
        telling = later(
            lambda before=before: len(listed.began()) > before,  # type: ignore[misc]
            lambda flying=flying: flying.stop(signal.SIGTERM, None),  # type: ignore[misc]
        )
        flying.drain()
        telling.join()
    assert code(only) == (75, "stuck")


def test_what_has_said_that_it_finished_is_not_done_again(listed: Listed) -> None:
    """Its process was ended on its way out, and then the pilot before it could leave a word."""
    events = listed.settings.run_dir("a").events
    a = listed.add("a", f"echo '{FINISHED}' >> {events}; kill -9 $$")
    assert listed.pilot().drain() == 0
    assert code(a) == (0, "")
    (a.folder / "1.exit").unlink()
    a.give_up()
    assert listed.pilot(restart=1).drain() == 0
    assert code(a) == (0, "")
    assert listed.began() == ["a"]


def test_one_that_is_cancelled_ends_and_the_others_go_on(listed: Listed) -> None:
    present = listed.add("present", "trap 'exit 3' TERM; sleep 20 & wait")
    waiting = listed.add("waiting", "exit 0")
    other = listed.add("other", "exit 0")
    waiting.forbid()
    telling = later(lambda: bool(listed.began()), present.forbid)
    assert listed.pilot().drain() == 0
    telling.join()
    assert [code(present), code(waiting), code(other)] == [(3, ""), None, (0, "")]
    assert listed.began() == ["present", "other"]


GPU = Gpu(0, "GPU-a", 24 * GIB)
NODE = Machine(cores=8, total_bytes=64 * GIB, available_bytes=60 * GIB, gpus=(GPU,))


@each(
    ("job", "compute", "fits"),
    [
        ({}, {"memory_gib": 64}, True),
        ({}, {"memory_gib": 65}, False),
        ({"SLURM_MEM_PER_NODE": "16384"}, {"memory_gib": 16}, True),
        ({"SLURM_MEM_PER_NODE": "16384"}, {"memory_gib": 16.1}, False),
        ({"SLURM_MEM_PER_NODE": "0"}, {"memory_gib": 64}, True),
        ({"SLURM_MEM_PER_CPU": "2048", "SLURM_CPUS_ON_NODE": "4"}, {"memory_gib": 8}, True),
        ({"SLURM_MEM_PER_CPU": "2048", "SLURM_CPUS_ON_NODE": "4"}, {"memory_gib": 9}, False),
        ({}, {"gpu_memory_gib": 24}, True),
        ({}, {"gpu_memory_gib": 25}, False),
        ({}, {"gpu_memory_gib": 25, "device": "cpu"}, True),
        ({}, {}, True),
    ],
)
def test_a_run_fits_where_its_job_was_given_what_it_declares(
    job: dict[str, str], compute: dict[str, Any], fits: bool
) -> None:
    assert (too_large("r", {"compute": compute}, allotted(NODE, job)) == "") == fits


def test_what_declares_more_than_the_job_was_given_is_refused_and_the_rest_goes_on(
    listed: Listed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLURM_MEM_PER_NODE", "512")
    large, small = listed.add("large", "exit 0"), listed.add("small", "exit 0")
    for run, size in (("large", 1.0), ("small", 0.5)):
        config = listed.settings.run_dir(run).config
        config.write_text(json.dumps({"compute": {"memory_gib": size}}))
    assert listed.pilot().drain() == 0
    assert listed.began() == ["small"]
    assert code(small) == (0, "")
    seen = sight(
        Attempt(run="large", n=1, executor="slurm:pilot", job="7_0"), large, Snapshot(), "python"
    )
    assert seen.cause is not None
    assert seen.cause.reason == "config"
    assert seen.cause.message == (
        "Pilot job 7_0 on n1 was given less than it declares: "
        "1 GiB of memory, and this machine has 0.5 GiB."
    )


def test_what_another_holds_is_waited_for_only_if_something_follows_it(listed: Listed) -> None:
    held = listed.add("held", "exit 0")
    assert held.take("8_0", 0, "n2")
    began = time.monotonic()
    assert listed.pilot().drain() == 0
    assert listed.began() == []
    assert time.monotonic() - began < 0.3
    assert held.holder() == ("8_0", "n2")


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handing, "_EVERY_S", 0.0)
    monkeypatch.setattr(executor, "EVERY_S", 0.0)
    monkeypatch.setattr(sights, "SETTLE_S", -1.0)


def handed(bench: Bench) -> tuple[Supervisor, list[Run]]:
    """A fine-tuning and its graft, on a list."""
    runs = bench.submit(
        *(
            replace(each, executor="slurm:pilot")
            for each in (plan("finish"), plan("finish", "graft", 0))
        )
    )
    supervisor = Supervisor(bench.settings)
    until(supervisor, lambda: [bench.get(run.id).attempt.job for run in runs] == ["41", "41"])
    return supervisor, runs


@pytest.mark.usefixtures("hurried")
def test_a_list_has_what_is_ready_and_what_follows_it(bench: Bench, pretend: Pretend) -> None:
    toml = bench.settings.root / "graftui.toml"
    toml.write_text("[slurm]\npilots = 2\nwidth = 1\n")
    supervisor, (tune, graft) = handed(bench)
    (folder,) = (bench.settings.data / "slurm").glob("graftui-*/")
    assert [each.after for each in batch.read(folder).entries] == [(), (tune.id,)]
    assert "--array=0-1\n" in pretend.scripts[0]
    assert condition(bench, bench.get(graft.id)) == "waiting"
    mark = Marks.of(bench.settings.run_dir(tune.id), 1)
    assert mark.take("41_1", 0, "n2")
    until(supervisor, lambda: bench.get(tune.id).attempt.job == "41_1")
    mark.leave(marks.Left(1), "41_1")
    other = Marks.of(bench.settings.run_dir(graft.id), 1)
    other.take("41_0", 0, "n1")
    other.leave(marks.Left(1, "input", about=tune.id), "41_0")
    until(supervisor, lambda: not bench.get(graft.id).status.active)
    assert bench.get(tune.id).status is RunStatus.failed
    assert bench.get(graft.id).status is RunStatus.cancelled
    assert tune.id in bench.get(graft.id).message
    until(supervisor, lambda: not folder.exists())


@pytest.mark.usefixtures("hurried")
def test_what_pilots_did_not_come_to_is_submitted_again_however_often(
    bench: Bench, pretend: Pretend
) -> None:
    supervisor, runs = handed(bench)
    for number in ("41", "42", "43"):
        pretend.say(f"{number}_0", "TIMEOUT")
        until(
            supervisor,
            lambda number=number: bench.get(runs[1].id).attempt.job == str(int(number) + 1),  # type: ignore[misc]
        )
    assert bench.get(runs[0].id).attempt.n == 4
    assert len(pretend.scripts) == 4
    pretend.say("44_0", "CANCELLED")
    until(supervisor, lambda: bench.get(runs[1].id).status is RunStatus.cancelled)
    assert bench.get(runs[0].id).status is RunStatus.cancelled


@pytest.mark.usefixtures("hurried")
def test_cancelling_one_of_a_list_leaves_its_pilot_alone(bench: Bench, pretend: Pretend) -> None:
    _, (tune, graft) = handed(bench)
    assert cancel(bench.settings, graft.id).status is RunStatus.cancelled
    assert pretend.jobs["41_0"].state == "PENDING"
    assert bench.get(tune.id).status is RunStatus.starting


def test_a_claim_is_taken_up_again_by_the_same_job_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(marks, "SILENT_S", 0.01)
    mark = Marks(tmp_path / "attempts", 1)
    assert [mark.take("7_0", 0, "n1"), mark.take("8_0", 0, "n1")] == [True, False]
    mark.give_up()
    assert [mark.take("8_0", 0, "n1"), mark.take("7_0", 1, "n1")] == [False, True]
    assert not mark.given_up()
    os.utime(tmp_path / "attempts" / "1.claim", (5, 5))
    assert mark.take("7_0", 2, "n1"), "whoever had it is gone: nobody touches it"
    mark.leave(marks.Left(0, "", "n1", 7.0), "7_0")
    assert json.loads((tmp_path / "attempts/1.exit").read_text())["job"] == "7_0"
