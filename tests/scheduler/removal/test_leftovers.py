"""What a killed command leaves half-deleted or half-made is cleared by whoever comes by."""

import os
import time
from pathlib import Path

import pytest

from graftui.doctor import examine
from graftui.errors import EnvironmentProblem
from graftui.registry.store import Store
from graftui.scheduler import look, supervise
from graftui.scheduler.cancel import cancel, remove
from graftui.scheduler.removal import leftovers
from graftui.settings import Settings
from tests.scheduler.scheduler_bench import Bench, plan


def half_deleted(bench: Bench) -> Path:
    gone = bench.settings.runs / ".gone-aaaaaa"
    (gone / "checkpoint").mkdir(parents=True)
    (gone / "checkpoint" / "model").write_text("x")
    return gone


def test_the_next_look_sees_to_it(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = half_deleted(bench)
    asked: list[Settings] = []
    monkeypatch.setattr(look, "ensure", asked.append)
    with Store.open(bench.settings.db) as store:
        look.first_look(bench.settings, store)
        assert asked == [bench.settings]
        assert any(str(gone) in check.text for check in examine(bench.settings))
        supervise.Supervisor(bench.settings).drain()
        assert not gone.exists()
        look.first_look(bench.settings, store)
    assert asked == [bench.settings]


def test_so_does_the_next_rm(bench: Bench) -> None:
    gone = half_deleted(bench)
    (run,) = bench.submit(plan("finish"))
    cancel(bench.settings, run.id)
    remove(bench.settings, [run.id])
    assert not gone.exists()


def test_what_is_being_made_is_left_alone(bench: Bench) -> None:
    bench.settings.runs.mkdir(parents=True)
    young, old = (bench.settings.runs / f".new-{name}" for name in ("young", "old"))
    young.mkdir()
    old.mkdir()
    before = time.time() - 2 * leftovers._MAKING_S
    os.utime(old, (before, before))
    leftovers.clear_leftovers(bench.settings.runs)
    assert [path.name for path in bench.settings.runs.iterdir()] == [".new-young"]


@pytest.mark.parametrize("there", [True, False], ids=["whole", "dangling"])
def test_of_a_link_only_the_link_is_deleted(bench: Bench, tmp_path: Path, there: bool) -> None:
    """Checkpoints fill a disk, and people move a run's folder to another."""
    (run,) = bench.submit(plan("finish"))
    cancel(bench.settings, run.id)
    place, target = bench.settings.runs / run.id, tmp_path / "bigger-disk"
    place.rename(target)
    place.symlink_to(target if there else tmp_path / "nowhere")
    remove(bench.settings, [run.id], now=True)
    assert not list(bench.settings.runs.iterdir())
    assert (target / "config.json").is_file()


def test_a_link_that_was_hidden_before(bench: Bench, tmp_path: Path) -> None:
    target = tmp_path / "bigger-disk"
    target.mkdir()
    bench.settings.runs.mkdir(parents=True)
    (bench.settings.runs / ".gone-aaaaaa").symlink_to(target)
    leftovers.clear_leftovers(bench.settings.runs)
    assert not list(bench.settings.runs.iterdir())
    assert target.is_dir()


def test_what_cannot_be_cleared_is_said(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    (run,) = bench.submit(plan("finish"))
    cancel(bench.settings, run.id)
    monkeypatch.setattr("shutil.rmtree", lambda *_, **__: None)
    with pytest.raises(EnvironmentProblem, match=f".gone-{run.id}"):
        remove(bench.settings, [run.id], now=True)
    with Store.open(bench.settings.db) as store:
        assert store.count() == 0
