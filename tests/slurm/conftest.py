"""A real Slurm, where it is installed, and a working folder that submits to it."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from graftui.registry.store import Store
from graftui.scheduler import handing
from graftui.scheduler.executors.slurm import executor, sights
from graftui.settings import at
from tests.scheduler.scheduler_bench import Bench
from tests.slurm.cluster import Cluster, missing


@pytest.fixture(scope="session")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    if why := missing():
        pytest.skip(why)
    made = Cluster(tmp_path_factory.mktemp("cluster"))
    try:
        made.start()
    except (OSError, subprocess.SubprocessError, AssertionError) as error:
        made.stop()
        pytest.skip(f"Slurm's daemons do not come up here: {error!r:.300}")
    yield made
    made.stop()


@pytest.fixture
def bench(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    """With an engine that pretends, and a Slurm that is asked every second."""
    monkeypatch.setenv("SLURM_CONF", str(cluster.conf))
    monkeypatch.setenv("REAL_PYTHON", sys.executable)
    for module, name, value in (
        (handing, "_EVERY_S", 0.1), (executor, "EVERY_S", 1.0), (sights, "SETTLE_S", 2.0),
    ):  # fmt: skip
        monkeypatch.setattr(module, name, value)
    engine = tmp_path / "python"
    shutil.copy(Path(__file__).with_name("engine.sh"), engine)
    engine.chmod(0o755)
    root = tmp_path / "work"
    root.mkdir()
    made = Bench(at(root, python=str(engine), poll_s=0.05, grace_s=8.0))
    yield made
    cluster.ask("scancel", "--me")
    log = made.settings.data / "supervisor.log"
    if log.exists():
        with Store.open(made.settings.db):
            os.kill(made.supervisor(), signal.SIGKILL)
