"""A look at the cluster: what it is and allows, and whether a job there sees what it needs.

Submits one tiny job and waits for it, but not for ever.
"""

import json
import secrets
import shutil
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from engine.contract.layout import read_whole, write_whole
from graftui.errors import GraftuiError
from graftui.scheduler.executors.slurm import commands
from graftui.scheduler.executors.slurm.profile import Profile, profile
from graftui.scheduler.executors.slurm.script import check_script
from graftui.settings import Settings

_LIMITS = {
    "ClusterName": "name", "SLURM_VERSION": "version", "MaxArraySize": "tasks of an array",
    "MaxJobCount": "jobs at once", "MinJobAge": "an ended job is remembered for",
    "KillWait": "from SIGTERM to SIGKILL", "JobRequeue": "jobs may be requeued",
    "PreemptMode": "preemption", "AccountingStorageType": "accounting",
}  # fmt: skip
_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at."""

    about: str
    text: str
    good: bool | None = None
    """None: it is as it is."""
    hint: str = ""


def cluster() -> list[Finding]:
    """What Slurm says of itself. Raises GraftuiError where it does not answer."""
    limits = commands.limits()
    told = [Finding(title, limits[key]) for key, title in _LIMITS.items() if key in limits]
    for name, limit, nodes, state, memory, cpus, devices in commands.partitions():
        text = f"{nodes} nodes {state}, each {cpus} cpus, {memory} MB, {devices}; at most {limit}"
        told.append(Finding(f"partition {name}", text))
    return told


def tiny_job(settings: Settings, executor: str, wait_s: float) -> list[Finding]:
    """What a job of that executor's profile finds. Raises GraftuiError."""
    asked = profile(settings.root, executor)
    folder = settings.data / "slurm" / f"graftui-check-{secrets.token_hex(3)}"
    folder.mkdir(parents=True)
    script = check_script(settings, asked, folder)
    write_whole(folder / "job.sh", script)
    number = commands.sbatch(script)
    try:
        answer = _answer(folder, wait_s)
        return _waits(number, wait_s) if answer is None else _findings(settings, asked, answer)
    finally:
        with suppress(GraftuiError):
            commands.scancel(number)
        shutil.rmtree(folder, ignore_errors=True)


def _answer(folder: Path, wait_s: float) -> dict[str, str] | None:
    until = time.monotonic() + wait_s
    while time.monotonic() < until:
        with suppress(OSError, ValueError):
            raw = json.loads(read_whole(folder / "answer.json"))
            return {key: str(value) for key, value in raw.items()}
        time.sleep(_EVERY_S)
    return None


def _waits(number: str, wait_s: float) -> list[Finding]:
    state = next((job for job in commands.squeue() if job.id.partition("_")[0] == number), None)
    stands = f"{state.state} ({state.reason})" if state else "not known to Slurm"
    hint = (
        "If it ended, its node sees no such folder. If it waits, the cluster is busy, or has no "
        "such nodes: --wait gives it longer."
    )
    return [Finding("a job", f"no answer within {wait_s:g} s; it is {stands}", False, hint)]


def _findings(settings: Settings, asked: Profile, answer: dict[str, str]) -> list[Finding]:
    python = answer["python"]
    gpus, seen = answer["devices"], answer["gpus"]
    wants = "gpu" in asked.gres or any("gpu" in text for text in asked.args)
    return [
        Finding("a job", f"ran on {answer['host']} and sees this folder", True),
        Finding(
            "setup", "done" if answer["setup"] == "0" else "a line of it failed",
            answer["setup"] == "0", "See `setup` in [slurm] of graftui.toml.",
        ),
        Finding(
            "python", f"{settings.python}: {python or 'not there, or has no graftui'}",
            bool(python), "Set GRAFTUI_PYTHON to one that the nodes have, or use `setup`.",
        ),
        Finding(
            "GPU",
            f"CUDA_VISIBLE_DEVICES={gpus or 'not set'}; torch sees {seen or 'nothing, it failed'}",
            int(seen or 0) > 0 if wants else None,
            "Ask for one with gres = \"gpu:1\", and have a torch with CUDA.",
        ),
    ]  # fmt: skip
