"""Job scripts: what graftui submits, whole, so that it can be read and submitted by hand too.

Owns the options and the list of attempts; what a job then does is job.sh or pilot.sh, with what
both need in common.sh.
"""

import shlex
from collections.abc import Sequence
from pathlib import Path

from graftui.models import Attempt
from graftui.scheduler.environment import own_of_engines
from graftui.scheduler.executors.slurm.profile import Profile
from graftui.settings import Settings

_BODIES = Path(__file__).parent
_CHECK = """\
cd "$root" || exit 1
setup
made=$?
version=$("$python" -c 'import sys, engine, graftui; print(sys.version.split()[0])')
gpus=$("$python" -c 'import torch; print(torch.cuda.device_count())')
printf '{"host": "%s", "setup": "%s", "python": "%s", "devices": "%s", "gpus": "%s"}' \\
    "$(hostname)" "$made" "$version" "$CUDA_VISIBLE_DEVICES" "$gpus" > "$batch/answer.part"
mv "$batch/answer.part" "$batch/answer.json"
"""
_WARNING_S = 120
"""So long before its time is up a job is told: a state is saved, and the task goes on later."""


def job_script(
    settings: Settings, profile: Profile, batch: Path, attempts: Sequence[Attempt]
) -> str:
    """The script of an array of jobs, one an attempt.

    `batch`: folder of what Slurm itself says of them.
    """
    width = f"%{profile.width}" if profile.width else ""
    head = _head(settings, profile, batch, f"0-{len(attempts) - 1}{width}")
    return _whole(head, attempts, "job.sh")


def pilot_script(
    settings: Settings, profile: Profile, batch: Path, attempts: Sequence[Attempt]
) -> str:
    """The script of pilot jobs that share all of `attempts`."""
    pilots = min(profile.pilots, len(attempts))
    head = _head(settings, profile, batch, f"0-{pilots - 1}")
    return _whole([*head, f"batch={shlex.quote(str(batch))}"], attempts, "pilot.sh")


def _whole(head: Sequence[str], attempts: Sequence[Attempt], body: str) -> str:
    listed = [
        f"runs=({' '.join(shlex.quote(attempt.run) for attempt in attempts)})",
        f"attempts=({' '.join(str(attempt.n) for attempt in attempts)})",
    ]
    texts = ((_BODIES / name).read_text(encoding="utf-8") for name in ("common.sh", body))
    return "\n".join([*head, *listed, "", *texts])


def check_script(settings: Settings, profile: Profile, batch: Path) -> str:
    """A job that says in answer.json of `batch` what it finds."""
    answer = [f"batch={shlex.quote(str(batch))}", "", _CHECK]
    return "\n".join([*_head(settings, profile, batch, "0"), *answer])


def _head(settings: Settings, profile: Profile, batch: Path, tasks: str) -> list[str]:
    return [
        "#!/bin/bash",
        *(f"#SBATCH {option}" for option in _options(settings, profile, batch, tasks)),
        "",
        f"root={shlex.quote(str(settings.root))}",
        f"folder={shlex.quote(str(settings.runs.absolute()))}",
        f"python={shlex.quote(settings.python)}",
        *(f"export {name}={shlex.quote(text)}" for name, text in own_of_engines().items()),
        "setup() {",
        *(f"    {line} || return 125" for line in profile.setup),
        "    return 0",
        "}",
    ]


def _options(settings: Settings, profile: Profile, batch: Path, tasks: str) -> list[str]:
    asked = {
        "partition": profile.partition, "account": profile.account, "qos": profile.qos,
        "time": profile.time, "mem": profile.memory, "gres": profile.gres,
        "cpus-per-task": profile.cpus or "",
    }  # fmt: skip
    return [
        f"--job-name={batch.name}",
        f"--array={tasks}",
        "--ntasks=1",
        f"--chdir={_quoted(str(settings.root))}",
        f"--output={_quoted(str(batch).replace('%', '%%') + '/%a.out')}",
        f"--signal=B:USR1@{_WARNING_S}",
        "--requeue",
        "--open-mode=append",
        *(f"--{name}={value}" for name, value in asked.items() if value),
        *profile.args,
    ]


def _quoted(path: str) -> str:
    return f'"{path}"' if " " in path else path
