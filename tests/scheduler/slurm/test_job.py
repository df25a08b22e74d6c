"""The script that every job runs, by bash, with an engine that is a line of shell."""

import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from graftui.models import Attempt
from graftui.scheduler.executors.slurm.marks import Marks
from graftui.scheduler.executors.slurm.profile import Profile
from graftui.scheduler.executors.slurm.script import job_script
from graftui.settings import at

_PYTHON = """#!/bin/bash
[ "$1" = -c ] && exit ${GRAFTUI_MISSING:-0}
echo "engine $*"
%s
"""


@dataclass
class Node:
    """Where jobs run: two attempts, and an engine that does what a test says."""

    path: Path

    def does(self, shell: str) -> None:
        python = self.path / "python"
        python.write_text(_PYTHON % shell)
        python.chmod(0o755)

    def command(self, name: str, shell: str) -> None:
        """One of Slurm's."""
        command = self.path / "bin" / name
        command.parent.mkdir(exist_ok=True)
        command.write_text(f"#!/bin/sh\n{shell}\n")
        command.chmod(0o755)

    def start(
        self,
        task: int = 0,
        job: str = "7",
        restart: int = 0,
        setup: tuple[str, ...] = (),
        **more: str,
    ) -> "subprocess.Popen[str]":
        settings = at(self.path, python=str(self.path / "python"))
        attempts = [Attempt(run="first", n=1), Attempt(run="second one", n=2)]
        text = job_script(settings, Profile(setup=setup), self.path / "batch", attempts)
        slurm = {
            "SLURM_JOB_ID": job, "SLURM_ARRAY_JOB_ID": job, "SLURM_ARRAY_TASK_ID": str(task),
            **({"SLURM_RESTART_COUNT": str(restart)} if restart else {}),
        }  # fmt: skip
        path = f"{self.path / 'bin'}:{os.environ['PATH']}"
        text = text.replace("sleep 40", "sleep 1.2").replace("sleep 5", "sleep 0.1")
        text = text.replace("sleep 0.5", "sleep 0.02")
        return subprocess.Popen(
            ["bash", "-c", text], env={**os.environ, **slurm, **more, "PATH": path}, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip

    def run(self, *given: Any, **named: Any) -> int:
        """Exit code of a job."""
        return self.start(*given, **named).wait(120)

    def exit(self, run: str = "first", n: int = 1) -> dict[str, Any]:
        path = self.path / "data/runs" / run / "attempts" / f"{n}.exit"
        left: dict[str, Any] = json.loads(path.read_text())
        return left

    def marks(self) -> set[str]:
        return Marks(self.path / "data/runs/first/attempts", 1).there()

    def output(self) -> list[str]:
        log = self.path / "data/runs/first/output.log"
        return log.read_text().splitlines() if log.exists() else []


@pytest.fixture
def node(tmp_path: Path) -> Node:
    for run in ("first", "second one"):
        (tmp_path / "data/runs" / run).mkdir(parents=True)
    made = Node(tmp_path)
    made.does("exit 0")
    return made


def waited_for(node: Node, line: str) -> None:
    end = time.monotonic() + 300
    while line not in node.output():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_each_task_runs_its_attempt_and_leaves_its_exit(node: Node) -> None:
    assert node.run(task=1) == 0
    left = node.exit("second one", 2)
    assert (left["code"], left["why"], left["job"]) == (0, "", "7_1")
    output = (node.path / "data/runs/second one/output.log").read_text()
    assert output == f"engine -m engine {node.path}/data/runs/second one --attempt 2 --yields\n"
    assert not node.marks(), "the other one's"


@pytest.mark.parametrize(("shell", "code"), [("exit 7", 7), ("kill -9 $$", 137)])
def test_an_engine_that_fails_is_told_by_its_code(node: Node, shell: str, code: int) -> None:
    node.does(shell)
    assert node.run() == code
    assert node.exit()["code"] == code


def test_of_two_jobs_for_one_attempt_one_leaves(node: Node) -> None:
    node.does("sleep 0.3")
    both = [node.start(job=job) for job in ("7", "8")]
    assert [job.wait(120) for job in both] == [0, 0]
    assert len(node.output()) == 1
    said = "".join(job.communicate()[0] for job in both)
    assert "is taken up already" in said


def test_a_job_that_is_requeued_takes_its_attempt_up_again_once(node: Node) -> None:
    node.command("squeue", "echo RUNNING")
    node.command("scontrol", f'echo "$*" >> {node.path}/asked')
    state = node.path / "data/runs/first/state"
    node.does(f"mkdir -p {state}; touch {state}/${{SLURM_RESTART_COUNT:-0}}.json; exit 75")
    assert node.run() == 75
    assert (node.path / "asked").read_text() == "requeue 7_0\n"
    assert node.marks() == {"claim"}, "it goes on, so this is no end"
    assert [node.run(restart=1), node.run(job="8", restart=1)] == [75, 0]
    assert len([line for line in node.output() if "engine" in line]) == 2
    node.does("exit 0")
    assert node.run(restart=2) == 0
    assert node.exit()["code"] == 0
    assert node.run(restart=3) == 0
    assert len(node.output()) == 3, "what has ended is not begun again"


def test_a_job_that_comes_no_further_is_not_requeued_for_ever(node: Node) -> None:
    state = node.path / "data/runs/first/state"
    node.command("squeue", "echo RUNNING")
    node.command("scontrol", "exit 0")
    node.does(f"mkdir -p {state}; touch {state}/$SLURM_RESTART_COUNT.json; exit 75")
    assert [node.run(), node.run(restart=1)] == [75, 75]
    assert node.marks() == {"claim"}
    node.does("exit 75")
    assert node.run(restart=2) == 75
    assert node.exit()["why"] == "stuck"


def test_an_engine_that_is_told_to_stop_before_it_can_heed_that_is_requeued(node: Node) -> None:
    node.command("squeue", "echo RUNNING")
    node.command("scontrol", f'echo "$*" >> {node.path}/asked')
    node.does("echo ready; exec sleep 30")
    job = node.start()
    waited_for(node, "ready")
    os.kill(job.pid, signal.SIGUSR1)
    assert job.wait(120) == 75
    assert (node.path / "asked").read_text() == "requeue 7_0\n"
    claim = Marks(node.path / "data/runs/first/attempts", 1)
    assert claim.given_up()


def test_a_job_that_slurm_starts_twice_goes_on_if_the_first_was_killed(node: Node) -> None:
    """As by a controller that was killed before it wrote down that the job runs."""
    node.does("echo ready; exec sleep 30")
    first = node.start()
    waited_for(node, "ready")
    os.killpg(first.pid, signal.SIGKILL)
    first.wait(120)
    node.does("exit 0")
    assert node.run() == 0
    assert node.exit()["code"] == 0


@pytest.mark.parametrize("restart", [0, 1])
def test_a_job_that_slurm_starts_twice_leaves_while_the_first_lives(
    node: Node, restart: int
) -> None:
    node.does("echo ready; while [ ! -e go ]; do sleep 0.02; done")
    first = node.start()
    waited_for(node, "ready")
    second = node.start(restart=restart)
    time.sleep(1.0)
    os.utime(node.path / "data/runs/first/attempts/1.claim")  # as the first one does by and by
    assert second.wait(120) == 0
    (node.path / "go").touch()
    assert first.wait(120) == 0
    assert len([line for line in node.output() if "engine" in line]) == 1


FINISHED = '{"v":2,"seq":1,"t":1.0,"attempt":1,"peak_bytes":7,"event":"finished","seconds":2.0}'
"""The last word of an engine."""


def test_what_has_said_that_it_finished_is_not_done_again(node: Node) -> None:
    """Its process was ended on its way out, or the job before it could leave a word."""
    folder = node.path / "data/runs/first"
    node.command("scontrol", f"touch {node.path}/requeued")
    node.does(f"echo '{FINISHED}' >> {folder}/events.jsonl; kill -9 $$")
    assert node.run() == 0
    assert node.exit()["code"] == 0
    (folder / "attempts/1.exit").unlink()
    os.utime(folder / "attempts/1.claim", (0, 0))
    assert node.run(restart=1) == 0
    assert node.exit()["code"] == 0
    assert sum(line.startswith("engine ") for line in node.output()) == 1
    assert not (node.path / "requeued").exists()


def test_where_it_may_not_be_requeued_that_is_its_end(node: Node) -> None:
    node.command("squeue", "echo RUNNING")
    node.command("scontrol", "exit 1")
    node.does("exit 75")
    assert node.run() == 75
    assert node.exit()["code"] == 75


def test_while_slurm_is_ending_it_it_is_not_requeued(node: Node) -> None:
    node.command("squeue", "echo COMPLETING")
    node.command("scontrol", f"touch {node.path}/asked")
    node.does("exit 75")
    assert node.run() == 75
    assert not (node.path / "asked").exists()
    assert node.marks() == {"claim"}, "what becomes of it is for Slurm to say"


@pytest.mark.parametrize("name", ["USR1", "TERM"])
def test_a_signal_to_the_job_stops_the_engine(node: Node, name: str) -> None:
    node.does("trap 'echo stopping; exit 3' TERM; echo ready; while :; do sleep 0.02; done")
    job = node.start()
    waited_for(node, "ready")
    os.kill(job.pid, signal.Signals[f"SIG{name}"])
    assert job.wait(120) == 3
    assert node.output()[-1] == "stopping"
    assert (node.exit()["code"], node.exit()["why"]) == (3, name)


@pytest.mark.parametrize("attempt", range(3))
def test_a_signal_to_all_its_processes_loses_no_exit_code(node: Node, attempt: int) -> None:
    """As Slurm sends it when it ends a job; by chance, so three times."""
    node.command("squeue", "echo PENDING")
    node.does("trap 'exit 75' TERM; echo ready; while :; do sleep 0.02; done")
    job = node.start()
    waited_for(node, "ready")
    os.killpg(job.pid, signal.SIGTERM)
    assert job.wait(120) == 75, attempt
    assert node.marks() == {"claim"}


def test_one_that_is_told_to_stop_does_not_begin(node: Node) -> None:
    marks = Marks(node.path / "data/runs/first/attempts", 1)
    assert marks.forbid()
    assert node.run() == 143
    assert not (node.path / "data/runs/first/output.log").exists()
    assert node.exit()["why"] == "stopped"


def test_what_a_node_lacks_is_told(node: Node) -> None:
    assert node.run(setup=("true", "cd /nowhere")) == 125
    assert node.exit()["why"] == "setup"
    assert "/nowhere" in node.output()[-1]
    (node.path / "data/runs/first/attempts/1.claim").unlink()
    (node.path / "data/runs/first/attempts/1.exit").unlink()
    assert node.run(GRAFTUI_MISSING="1") == 126
    assert node.exit()["why"] == "engine"
    (node.path / "data/runs/first/attempts/1.claim").unlink()
    (node.path / "data/runs/first/attempts/1.exit").unlink()
    (node.path / "python").unlink()
    assert node.run() == 127
    assert node.exit()["why"] == "python"


def test_a_node_that_sees_no_such_folder_says_so_where_it_can(node: Node) -> None:
    (node.path / "data/runs/first").rename(node.path / "data/runs/away")
    job = node.start()
    said, _ = job.communicate(timeout=120)
    assert (job.returncode, "sees no folder" in said) == (1, True)
