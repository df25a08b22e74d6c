"""Slurm's own commands, run and read. Owns what of the environment they and their jobs inherit.

Each is given a while, and then it is no answer: that a controller is away is no news of a job.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from graftui.errors import EnvironmentProblem, UsageError
from graftui.scheduler.environment import for_engines

# Of a job that this is typed in, these would choose partition, task number or processors of ours.
_OTHERS = re.compile(r"(SLURM|SBATCH|SRUN|SALLOC|SQUEUE|SCANCEL|SACCT|SCONTROL|PMIX?|OMPI)_")
_DEVICES = {
    "CUDA_VISIBLE_DEVICES", "ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES", "GPU_DEVICE_ORDINAL",
}  # fmt: skip
_KEPT = {"SLURM_CONF", "SLURM_CONF_SERVER", "SLURM_JWT"}
"""By which Slurm is found at all."""
ASK_S = 20.0
_SUBMIT_S = 60.0
_AWAY = re.compile(
    r"unable to contact|socket timed out|connection (refused|timed out|reset)|not responding|"
    r"unable to establish|communication|zero bytes|slurm_receive_msg|try again|timed out",
    re.IGNORECASE,
)
_NOWHERE = re.compile(r"DNS SRV lookup failed", re.IGNORECASE)
"""Neither a slurm.conf nor a name server tells of a cluster."""
_FULL = re.compile(
    r"submit limit|MaxSubmit|MaxJobs?PerAccount|too many|job limit|array (index|size)|"
    r"Invalid job array|Resource temporarily unavailable|AssocMax|QOSMax",
    re.IGNORECASE,
)


class Unanswered(EnvironmentProblem):
    """The controller did not answer: what was asked of it may have been done all the same."""


class NoRoom(EnvironmentProblem):
    """It takes no more jobs now, or none so many at once; or this host starts no more processes."""


class Refused(UsageError):
    """It will not have such a job."""


@dataclass(frozen=True, slots=True)
class Job:
    """A job, or a task of an array, as Slurm knows it."""

    id: str
    """Such as 17, or 17_3."""
    state: str
    """In Slurm's capitals."""
    reason: str = ""
    """Why it waits."""
    node: str = ""
    name: str = ""
    left: str = ""
    """Of its time limit, in Slurm's words: 1-02:03:04."""


def scrubbed(environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` without what belongs to a job that this process may itself be part of."""
    return {
        name: value
        for name, value in environment.items()
        if name in _KEPT or not (_OTHERS.match(name) or name in _DEVICES)
    }


def there() -> None:
    """Raises Refused where this host has none of Slurm's commands."""
    if shutil.which("sbatch") is None:
        raise _missing("sbatch")


def sbatch(script: str) -> str:
    """Submit a job script; the job's number. Raises Unanswered, NoRoom, Refused."""
    printed = _run(["sbatch", "--parsable"], _SUBMIT_S, script)
    number = printed.strip().splitlines()[-1].partition(";")[0] if printed.strip() else ""
    if not number.isdigit():
        raise Unanswered(f"sbatch said {printed!r}, and no number of a job.")
    return number


def squeue() -> list[Job]:
    """All jobs of this user that it still knows, tasks of arrays one by one. Raises as sbatch."""
    form = "--format=%i|%T|%r|%N|%L|%j"
    return _jobs(_run(["squeue", "--me", "-r", "-t", "all", "--noheader", form], ASK_S))


def sacct(jobs: Iterable[str]) -> list[Job]:
    """What accounting knows of jobs that squeue has forgotten; none where there is no accounting.

    Raises Unanswered.
    """
    numbers = ",".join(sorted(jobs))
    asked = ["sacct", "-n", "-P", "-X", "-j", numbers, "--format=JobID,State,NodeList"]
    try:
        rows = [line.split("|") for line in _run(asked, ASK_S).splitlines()]
    except (NoRoom, Refused):
        return []
    # "CANCELLED by 1000"
    return [Job(row[0], row[1].split()[0], node=row[2]) for row in rows if len(row) > 2 and row[1]]


def scancel(job: str, kill: bool = False) -> None:
    """Cancel a job; nothing happens where it is over. Raises Unanswered, Refused."""
    _run(["scancel", *(["--signal=KILL", "--full"] if kill else []), job], ASK_S)


def limits() -> dict[str, str]:
    """What `scontrol show config` says. Raises as sbatch."""
    pairs = (
        line.split("=", 1) for line in _run(["scontrol", "show", "config"], ASK_S).splitlines()
    )
    return {pair[0].strip(): pair[1].strip() for pair in pairs if len(pair) == 2}


def partitions() -> list[list[str]]:
    """Name, time limit, nodes, their state, memory in MB, processors and devices of each partition.

    Raises as sbatch.
    """
    printed = _run(["sinfo", "--noheader", "--format=%P|%l|%D|%T|%m|%c|%G"], ASK_S)
    return [line.split("|") for line in printed.splitlines()]


def _jobs(printed: str) -> list[Job]:
    rows = (line.split("|", 5) for line in printed.splitlines())
    return [Job(*row[:4], *row[:3:-1]) for row in rows if len(row) == 6]


def _run(command: Sequence[str], wait_s: float, text: str = "") -> str:
    try:
        ended = subprocess.run(
            command, input=text, capture_output=True, text=True, timeout=wait_s, errors="replace",
            env=scrubbed({**os.environ, **for_engines()}), check=False,
        )  # fmt: skip
    except FileNotFoundError as error:
        raise _missing(command[0]) from error
    except OSError as error:  # no memory for another process, say
        raise NoRoom(f"{command[0]} could not be started: {error}") from error
    except subprocess.TimeoutExpired as error:
        raise Unanswered(f"{command[0]} had no answer for {wait_s:g} s.") from error
    if ended.returncode == 0:
        return ended.stdout
    if ended.returncode < 0:
        raise Unanswered(f"{command[0]} was killed by signal {-ended.returncode}.")
    said = " ".join((ended.stderr.strip() or ended.stdout.strip()).split())
    if _AWAY.search(said):
        raise Unanswered(f"{command[0]}: {said}", "Is slurmctld up? `scontrol ping` says.")
    if _FULL.search(said):
        raise NoRoom(f"{command[0]}: {said}")
    if _NOWHERE.search(said):
        raise Refused(
            f"{command[0]} knows of no cluster here.",
            "Type it on a login node, or have SLURM_CONF name the cluster's slurm.conf.",
        )
    raise Refused(
        f"{command[0]}: {said}", "See [slurm] in graftui.toml, and `graftui slurm check`."
    )


def _missing(command: str) -> Refused:
    return Refused(
        f"There is no {command} here.",
        "Type it on a login node of the cluster, or `module load slurm` first.",
    )
