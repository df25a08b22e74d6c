"""Runs pulled from another working folder, by rsync, over a pretend ssh where there is a host."""

import os
import shutil
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from engine.contract import events as ev
from graftui.errors import EnvironmentProblem, UsageError
from graftui.models import Run, RunStatus
from graftui.registry.store import Store
from graftui.scheduler.pulling import Fate, Pulled, Source, pull
from graftui.settings import Settings, at
from tests.each import each
from tests.scheduler.scheduler_bench import Bench, condition, plan

needs_rsync = pytest.mark.skipif(shutil.which("rsync") is None, reason="rsync is not installed")


@pytest.fixture
def there(tmp_path: Path) -> Bench:
    root = tmp_path / "there is" / "work"
    root.mkdir(parents=True)
    return Bench(at(root))


@pytest.fixture
def here(tmp_path: Path) -> Bench:
    root = tmp_path / "home"
    root.mkdir()
    return Bench(at(root))


def begun(bench: Bench, *more: ev.Event) -> Run:
    """A run whose engine has said so much."""
    (run,) = bench.submit(plan("finish"))
    said(bench, run, ev.Started(pid=7, host="gpu1", device="cpu", config_hash="", versions={}))
    said(bench, run, *more)
    return run


def said(bench: Bench, run: Run, *events: ev.Event) -> None:
    run_dir = bench.settings.run_dir(run.id)
    with run_dir.events.open("ab") as file:
        for event in events:
            file.write(ev.dumps(event.model_copy(update={"t": time.time()})))


def finished(bench: Bench) -> Run:
    run = begun(bench, ev.Finished(seconds=1.0, summary={"accuracy": 0.75}))
    checkpoint = bench.settings.run_dir(run.id).checkpoint
    checkpoint.mkdir()
    (checkpoint / "weights").write_bytes(b"w" * 1000)
    (checkpoint / "link").symlink_to("/etc/passwd")
    return run


def everything(_: Settings, store: Store) -> Sequence[Run]:
    return store.list()


def fates(pulled: Sequence[Pulled]) -> dict[str, Fate]:
    return {each.id: each.fate for each in pulled}


@needs_rsync
def test_what_has_ended_comes_whole_and_what_is_at_work_is_elsewhere(
    there: Bench, here: Bench
) -> None:
    done, at_work = finished(there), begun(there, ev.Progress(phase="train", step=1, total=9))
    (waits,) = there.submit(plan("finish"))
    source = Source.of(str(there.settings.root))
    expected = {done.id: Fate.pulled, at_work.id: Fate.at_work, waits.id: Fate.waits}
    assert fates(pull(here.settings, source, everything, dry_run=True)) == expected
    assert os.listdir(here.settings.data) == ["runs"]
    assert os.listdir(here.settings.runs) == []
    assert fates(pull(here.settings, source, everything)) == expected
    assert (here.settings.run_dir(done.id).checkpoint / "weights").read_bytes() == b"w" * 1000
    assert not (here.settings.run_dir(done.id).checkpoint / "link").is_symlink()
    assert here.look(done.id).status is RunStatus.finished
    seen = here.get(at_work.id)
    assert (seen.status, seen.step, condition(here, seen)) == (RunStatus.running, 1, "elsewhere")
    with Store.open(here.settings.db) as store:
        assert store.find(waits.id) is None


@needs_rsync
def test_the_next_pull_takes_what_has_ended_since_and_leaves_the_rest(
    there: Bench, here: Bench
) -> None:
    done, at_work = finished(there), begun(there)
    source = Source.of(f"{there.settings.root}/data/runs/")
    pull(here.settings, source, everything)
    here.change(done.id, note="mine")
    said(there, at_work, ev.Finished(seconds=1.0, summary={"accuracy": 0.5}))
    again = pull(here.settings, source, everything)
    assert fates(again) == {done.id: Fate.here, at_work.id: Fate.pulled}
    ended = here.look(at_work.id)
    assert (ended.status, ended.folder) == (RunStatus.finished, here.settings.folder)
    assert condition(here, ended) == ""
    assert here.get(done.id).note == "mine"


@needs_rsync
def test_what_differs_here_is_not_touched(there: Bench, here: Bench) -> None:
    one, other = finished(there), finished(there)
    source = Source.of(str(there.settings.root))
    pull(here.settings, source, everything)
    said(there, one, ev.Log(message="resumed"))
    config = here.settings.run_dir(other.id).config
    config.write_text(config.read_text() + " ")
    before = here.settings.run_dir(one.id).events.read_bytes(), config.read_text()
    again = pull(here.settings, source, everything)
    assert fates(again) == {one.id: Fate.differs, other.id: Fate.differs}
    assert {each.why for each in again} == {
        "it has gone on since, here or there", "here that is another run",
    }  # fmt: skip
    assert (here.settings.run_dir(one.id).events.read_bytes(), config.read_text()) == before


@needs_rsync
def test_two_at_once_from_one_folder_do_not_mix(there: Bench, here: Bench, tmp_path: Path) -> None:
    done = finished(there)
    source, other = Source.of(str(there.settings.root)), tmp_path / "other" / "data" / "runs"
    other.mkdir(parents=True)

    def meanwhile(_: Settings, store: Store) -> Sequence[Run]:
        with pytest.raises(UsageError, match="Another `graftui pull` from"):
            pull(here.settings, source, everything)
        assert pull(here.settings, Source.of(str(other)), everything) == []
        return store.list()

    assert fates(pull(here.settings, source, meanwhile)) == {done.id: Fate.pulled}
    assert fates(pull(here.settings, source, everything)) == {done.id: Fate.here}


@needs_rsync
def test_over_ssh_and_only_what_is_chosen(
    there: Bench, here: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ssh = tmp_path / "ssh"
    ssh.write_text('#!/bin/sh\n[ "$1" = gpu1 ] || exit 255\nshift\nexec sh -c "$*"\n')
    ssh.chmod(0o755)
    monkeypatch.setenv("RSYNC_RSH", str(ssh))
    one, other = finished(there), finished(there)
    source = Source.of(f"gpu1:{there.settings.root}")
    made = pull(here.settings, source, lambda _, store: [store.get(one.id)])
    assert fates(made) == {one.id: Fate.pulled}
    assert os.listdir(here.settings.runs) == [one.id]
    assert not list((here.settings.data / "pulled").glob("*/runs/*")), other.id
    for typed, hint in (("gpu2:x", "`ssh HOST` must"), ("gpu1:/nowhere", "PATH is the working")):
        with pytest.raises(EnvironmentProblem, match=f"{typed} could not be pulled") as refused:
            pull(here.settings, Source.of(typed), everything)
        assert refused.value.hint.startswith(hint)


def test_without_rsync_that_is_said(
    there: Bench, here: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    there.settings.runs.mkdir(parents=True)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(EnvironmentProblem, match="no rsync here"):
        pull(here.settings, Source.of(str(there.settings.root)), everything)


@each("typed", ["", "/", "gpu1:", ":work", "-e:x", "--rsh=x", "/nowhere"])
def test_what_is_no_place_is_refused(typed: str) -> None:
    with pytest.raises(UsageError):
        Source.of(typed)
