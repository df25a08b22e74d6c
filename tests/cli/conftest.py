"""A working directory with an engine that needs no model, and `graftui` as a process in it."""

import os
import shlex
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from workplace import Workplace

ROOT = Path(__file__).parents[2]
FAKE = ROOT / "tests" / "launcher" / "fake_engine.py"
RECIPE = """
title = "both parts, by an engine that only pretends"
[finetune]
model.name = "finish"
task.name = "pocket-film"
[graft]
of = "finetune"
sparsity = 1e-3
"""


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Workplace]:
    python = tmp_path / "fake-python"
    python.write_text(f'#!/bin/sh\nexec {shlex.join([sys.executable, str(FAKE)])} "$3"\n')
    python.chmod(0o755)
    place = tmp_path / "work"
    place.mkdir()
    (place / "both.toml").write_text(RECIPE)
    settings = {"PYTHON": str(python), "POLL": "0.05", "GRACE": "5"}
    env = os.environ | {f"GRAFTUI_{key}": value for key, value in settings.items()}
    env |= {"PYTHONPATH": str(ROOT), "COLUMNS": "160"}
    made = Workplace(place, env)
    yield made
    for run in made.json("ls", "--filter", "status=running"):
        with suppress(ProcessLookupError):
            os.killpg(run["pid"], signal.SIGKILL)
