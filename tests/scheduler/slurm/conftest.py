"""In place of Slurm's commands, a pretend cluster."""

import pytest

from graftui.scheduler.executors.slurm import commands
from tests.scheduler.slurm.pretend import Pretend


@pytest.fixture
def pretend(monkeypatch: pytest.MonkeyPatch) -> Pretend:
    made = Pretend()
    for name in ("sbatch", "squeue", "scancel", "sacct", "limits", "there"):
        monkeypatch.setattr(commands, name, getattr(made, name))
    return made
