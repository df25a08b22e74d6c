"""Each test gets a working directory, and leaves no process behind."""

import os
import shlex
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from graftui.registry.store import Store
from graftui.scheduler import identity
from graftui.settings import at
from tests.scheduler.forked import use_forked
from tests.scheduler.scheduler_bench import Bench

ROOT = Path(__file__).parents[2]
FAKE = Path(__file__).with_name("fake_engine.py")


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_registry: Path) -> Iterator[Bench]:
    use_forked(monkeypatch)
    python = tmp_path / "fake-python"
    call = shlex.join([sys.executable, "-S", str(FAKE)])
    python.write_text(f'#!/bin/sh\nexec {call} "$3"\n')
    python.chmod(0o755)
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    root = tmp_path / "work"
    root.mkdir()
    shutil.copy(empty_registry, root)
    machine = tmp_path / "machine.json"  # of one core, wherever the tests run
    machine.write_text('{"cores": 1, "memory_gib": 1024}')
    made = Bench(at(root, python=str(python), poll_s=0.05, grace_s=5.0, inventory=str(machine)))
    yield made
    _end_all(made)


@pytest.fixture
def processes(monkeypatch: pytest.MonkeyPatch) -> dict[int, tuple[str, int]]:
    """The processes that can be seen: pid to state and start in ticks. There are no others."""
    seen: dict[int, tuple[str, int]] = {}
    monkeypatch.setattr(identity, "_state_and_ticks", seen.get)
    return seen


def _end_all(made: Bench) -> None:
    """Nothing of a test outlives it."""
    with suppress(FileNotFoundError, IndexError, ProcessLookupError):
        os.kill(made.supervisor(), signal.SIGKILL)
    with Store.open(made.settings.db) as store:
        for run in store.active():
            with suppress(ProcessLookupError):
                if run.attempt.pid is not None:
                    os.killpg(run.attempt.pid, signal.SIGKILL)
