"""[slurm] of graftui.toml, and what of it comes into a job script."""

from pathlib import Path

import pytest

from graftui import settings, trust
from graftui.cli.commands.running import executor
from graftui.errors import UsageError
from graftui.models import Attempt
from graftui.scheduler.executors.slurm import commands
from graftui.scheduler.executors.slurm.commands import NoRoom, Refused, Unanswered, scrubbed
from graftui.scheduler.executors.slurm.profile import Profile, narrowed, profile
from graftui.scheduler.executors.slurm.script import job_script

_TOML = """
jobs = 2
[slurm]
partition = "main"
time = 30
width = 8
setup = ["module load cuda"]
[slurm.big]
memory = "64G"
gres = "gpu:1"
args = ["--exclusive"]
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path


def written(root: Path, text: str) -> Path:
    (root / "graftui.toml").write_text(text)
    return root


def test_a_named_profile_changes_the_plain_one(root: Path) -> None:
    with pytest.raises(trust.NotAllowed, match="module load cuda") as asked:
        profile(written(root, _TOML), "slurm")
    trust.allow(asked.value.file, asked.value.name, asked.value.value)
    plain = profile(root, "slurm")
    assert plain == Profile("main", time="30", width=8, setup=("module load cuda",))
    with pytest.raises(trust.NotAllowed, match="--exclusive") as asked:
        profile(root, "slurm:big")
    trust.allow(asked.value.file, asked.value.name, asked.value.value)
    big = profile(root, "slurm:big")
    assert (big.partition, big.memory, big.gres, big.args) == (
        "main", "64G", "gpu:1", ("--exclusive",),
    )  # fmt: skip


def test_pilots_are_of_a_profile(root: Path) -> None:
    written(root, "[slurm]\npilots = 3\n[slurm.big]\ncpus = 4")
    assert profile(root, "slurm:pilot") == profile(root, "slurm") == Profile(pilots=3)
    assert profile(root, "slurm:big:pilot").cpus == 4
    assert narrowed(profile(root, "slurm:pilot"), 2) == Profile(pilots=2, width=2)
    assert executor("slurm", True) == "slurm:pilot"
    assert executor("slurm:big:pilot", True) == "slurm:big:pilot"
    with pytest.raises(UsageError, match="goes on local"):
        executor("local", True)


def test_none_is_needed(root: Path) -> None:
    assert profile(root, "slurm") == Profile()


@pytest.mark.parametrize(
    ("text", "about"),
    [
        ('[slurm]\npartion = "main"', "partion"),
        ('[slurm]\ntime = "soon"', "soon"),
        ('[slurm]\nmemory = "lots"', "lots"),
        ("[slurm]\ncpus = 0", "cpus"),
        ('[slurm]\npartition = "main\\n#SBATCH --wrap=x"', "partition"),
        ('[slurm]\nsetup = ["a\\nb"]', "setup"),
        ("[slurm]\nsetup = 3", "setup"),
        ("[slurm]\nbig = true", "big"),
        ("[slurm]\npilots = 0", "pilots"),
        ("[slurm.pilot]\ncpus = 1", "'pilot'"),
        ('slurm = "main"', "table"),
        ("[pbs]\nqueue = 1", "pbs"),
    ],
)
def test_what_makes_no_sense_is_refused_by_name(root: Path, text: str, about: str) -> None:
    with pytest.raises(UsageError, match=about):
        profile(written(root, text), "slurm")


def test_a_profile_that_is_not_there_is_named(root: Path) -> None:
    with pytest.raises(UsageError, match="'huge'") as refusal:
        profile(written(root, "[slurm.small]\ncpus = 1"), "slurm:huge")
    assert "small" in refusal.value.hint


def test_the_script_asks_for_what_the_profile_says(tmp_path: Path) -> None:
    given = ("main", "me", "low", "30", "8G", "gpu:1", 4, 2, 1)
    asked = Profile(*given, ("module load x",), ("--x=1",))
    attempts = [Attempt(run=f"run{n}", n=n) for n in (1, 2, 3)]
    place = settings.at(tmp_path / "100% ours", python="/opt/my python")
    text = job_script(place, asked, place.data / "slurm/batch", attempts)
    options = {line.removeprefix("#SBATCH ") for line in text.splitlines() if "#SBATCH" in line}
    assert options >= {
        "--partition=main", "--account=me", "--qos=low", "--time=30", "--mem=8G", "--gres=gpu:1",
        "--cpus-per-task=4", "--array=0-2%2", "--x=1", "--requeue", "--open-mode=append",
        "--signal=B:USR1@120", f'--output="{tmp_path}/100%% ours/data/slurm/batch/%a.out"',
    }  # fmt: skip
    assert "python='/opt/my python'\n" in text
    assert "runs=(run1 run2 run3)\nattempts=(1 2 3)\n" in text
    assert "    module load x || return 125\n" in text


def test_jobs_inherit_nothing_of_a_job_that_submits_them() -> None:
    leaking = {
        "SLURM_ARRAY_TASK_ID": "7", "SLURM_CPU_BIND": "x", "SBATCH_PARTITION": "debug",
        "SQUEUE_FORMAT": "%x", "PMIX_RANK": "0", "PMI_RANK": "0", "CUDA_VISIBLE_DEVICES": "3",
    }  # fmt: skip
    kept = {"SLURM_CONF": "/etc/slurm.conf", "HOME": "/home/me", "HF_HOME": "/models"}
    assert scrubbed({**leaking, **kept}) == kept


@pytest.mark.parametrize(
    ("said", "kind"),
    [
        ("slurm_load_jobs error: Unable to contact slurm controller (connect failure)", Unanswered),
        ("sbatch: error: Batch job submission failed: Socket timed out on send/recv", Unanswered),
        ("sbatch: error: QOSMaxSubmitJobPerUserLimit", NoRoom),
        ("sbatch: error: Batch job submission failed: Invalid job array specification", NoRoom),
        ("sbatch: error: invalid partition specified: nope", Refused),
        ("sbatch: error: Batch job submission failed: Invalid account", Refused),
    ],
)
def test_what_slurm_says_is_understood(
    said: str, kind: type[Exception], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = tmp_path / "sbatch"
    command.write_text(f"#!/bin/sh\necho '{said}' >&2\nexit 1\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(kind):
        commands.sbatch("#!/bin/sh\n")


def test_where_there_is_no_cluster_that_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = tmp_path / "sbatch"
    command.write_text("#!/bin/sh\necho 'fetch_config: DNS SRV lookup failed' >&2\nexit 1\n")
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    with pytest.raises(Refused, match="sbatch knows of no cluster here") as refusal:
        commands.sbatch("#!/bin/sh\n")
    assert "SLURM_CONF" in refusal.value.hint


def test_where_there_is_no_slurm_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(Refused, match="no sbatch here"):
        commands.there()
