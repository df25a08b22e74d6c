"""A working directory with an engine that needs no model, and `graftui` as a process in it."""

import os
import shlex
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from graftui.registry.store import Store
from tests.cli import study
from tests.cli.workplace import Workplace, in_process

Graftui = Callable[..., str]
"""Types a command in this process; what it prints, after checking its exit code, unless
that is None."""
ROOT = Path(__file__).parents[2]
FAKE = ROOT / "tests" / "scheduler" / "fake_engine.py"
RECIPE = """
title = "both parts, by an engine that only pretends"
[finetune]
model.name = "finish"
task.name = "pocket-film"
[graft]
of = "finetune"
sparsity = 1e-3
"""


@contextmanager
def workplace(folder: Path) -> Iterator[Workplace]:
    """A working directory in `folder`; what still runs at the end is killed."""
    python = folder / "fake-python"
    python.write_text(f'#!/bin/sh\nexec {shlex.join([sys.executable, "-S", str(FAKE)])} "$3"\n')
    python.chmod(0o755)
    path = folder / "work"
    path.mkdir()
    (path / "both.toml").write_text(RECIPE)
    settings = {"PYTHON": str(python), "POLL": "0.05", "GRACE": "5"}
    env = os.environ | {f"GRAFTUI_{key}": value for key, value in settings.items()}
    env |= {"PYTHONPATH": str(ROOT), "COLUMNS": "160"}
    work = Workplace(path, env)
    yield work
    with Store.open(path / "runs.db") as store:
        for run in store.active():
            with suppress(ProcessLookupError):
                if run.attempt.pid is not None:
                    os.killpg(run.attempt.pid, signal.SIGKILL)


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Workplace]:
    with workplace(tmp_path) as work:
        yield work


@pytest.fixture
def done(work: Workplace) -> Workplace:
    """A workplace with a fine-tuning and two grafts of it."""
    return _two_grafts(work)


@pytest.fixture(scope="session")
def seen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    """As `done`, for tests that only look."""
    with workplace(tmp_path_factory.mktemp("seen")) as work:
        yield _two_grafts(work)


def _two_grafts(work: Workplace) -> Workplace:
    work.run("run", "both.toml", "--set", "graft.steps=3")
    work.run("run", "both.toml", "--set", "graft.sparsity=1e-2", "--name", "other")
    return work


@pytest.fixture
def graftui(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, empty_registry: Path) -> Graftui:
    """Types a command where the films are, in this process."""
    shutil.copy(empty_registry, tmp_path)
    study.films(tmp_path)
    monkeypatch.chdir(tmp_path)

    def typed(*arguments: str, code: int | None = 0) -> str:
        left, text = in_process(monkeypatch, list(arguments))
        assert code is None or left == code, text
        return text

    return typed
