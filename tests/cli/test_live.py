"""What a terminal shows of runs under way: one bar a run, over all its phases."""

import io
from dataclasses import replace
from pathlib import Path

import pytest

from graftui.cli.commands.live import Watch
from graftui.models import Run, RunStatus
from graftui.settings import Settings
from graftui.terminal import Console

RUN = Run(
    id="k3f9qz", name="sst2", kind="finetune", config={}, config_hash="", created_at=0.0,
    status=RunStatus.running, phase="finetune", step=171, total=400,
)  # fmt: skip


@pytest.fixture
def watch(tmp_path: Path) -> Watch:
    settings = Settings(
        root=tmp_path, db=tmp_path / "runs.db", runs=tmp_path / "runs", cache=tmp_path / "cache",
        grace_s=1.0, poll_s=0.1, jobs=1, python="python",
    )  # fmt: skip
    console = Console(file=io.StringIO(), force_terminal=True, width=120, _environ={})
    return Watch(settings, [RUN], console)


def line(watch: Watch, run: Run) -> str:
    watch._show(run)
    shown = Console(file=io.StringIO(), record=True, width=120)
    shown.print(watch._progress.get_renderable())
    return " ".join(shown.export_text().split())


def test_the_bar_is_of_the_whole_run(watch: Watch) -> None:
    text = line(watch, replace(RUN, done=0.431, left_s=250.0))
    assert text.startswith("k3f9qz finetune ")
    assert " 43 % " in text
    assert text.endswith("about 4 min left finetune 171/400")
    assert watch._progress.tasks[0].percentage == pytest.approx(43.1)


def test_no_time_and_no_share_before_they_are_known(watch: Watch) -> None:
    text = line(watch, replace(RUN, phase="load", step=1, total=2))
    assert "left" not in text
    assert " 0 % " in text
    assert watch._progress.tasks[0].total is None, "it moves, and says nothing"
    assert RUN.progress == 171 / 400, "of its phase, where a table has no better"
