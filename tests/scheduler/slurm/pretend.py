"""A pretend cluster: Slurm's commands over a table of jobs, and the wait for what comes of it."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from graftui.scheduler.executors.slurm.commands import Job, Unanswered
from graftui.scheduler.supervise import Supervisor


@dataclass
class Pretend:
    """What Slurm knows."""

    jobs: dict[str, Job] = field(default_factory=dict)
    scripts: list[str] = field(default_factory=list)
    """What was submitted, in order."""
    asked: int = 0
    """How often squeue was called."""
    array: int = 1001
    away: bool = False
    """Whether the controller does not answer."""
    loses_answers: bool = False
    """Whether sbatch gets no answer though the jobs are taken."""
    refusal: Exception | None = None
    """What sbatch says instead of taking jobs."""

    def sbatch(self, script: str) -> str:
        self._reach()
        if self.refusal:
            raise self.refusal
        self.scripts.append(script)
        number = str(40 + len(self.scripts))
        told = dict(
            line[8:].split("=", 1)
            for line in script.splitlines()
            if line[:10] == "#SBATCH --" and "=" in line
        )
        last = int(told["--array"].partition("%")[0].partition("-")[2])
        for task in range(last + 1):
            id = f"{number}_{task}"
            self.jobs[id] = Job(id, "PENDING", "Resources", name=told["--job-name"])
        if self.loses_answers:
            raise Unanswered("sbatch: Socket timed out")
        return number

    def squeue(self) -> list[Job]:
        self.asked += 1
        self._reach()
        return list(self.jobs.values())

    def scancel(self, job: str) -> None:
        self._reach()
        self.say(job, "CANCELLED")

    def say(self, job: str, state: str) -> None:
        """That a job stands there now."""
        self.jobs[job] = replace(self.jobs[job], state=state, node="n1")

    def sacct(self, jobs: Iterable[str]) -> list[Job]:
        return []

    def limits(self) -> dict[str, str]:
        self._reach()
        return {"MaxArraySize": str(self.array)}

    def there(self) -> None:
        pass

    def _reach(self) -> None:
        if self.away:
            raise Unanswered("Unable to contact slurm controller")


def until(supervisor: Supervisor, holds: Callable[[], bool]) -> None:
    """Its looks at everything, as many as it takes: what it asks is answered by a thread."""
    end = time.monotonic() + 300
    while not holds():
        assert time.monotonic() < end
        supervisor.tick()
        time.sleep(0.005)
