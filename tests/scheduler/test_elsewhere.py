"""Runs of another data folder, and of another host: shown, waited for, never judged in haste."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from engine.contract import events as ev
from graftui.errors import UsageError
from graftui.models import RunStatus
from graftui.registry.card import read_card
from graftui.registry.ingest import rebuild
from graftui.registry.store import Store
from graftui.scheduler import identity
from graftui.scheduler.cancel import cancel, remove
from graftui.scheduler.queue.arrange import release
from graftui.scheduler.queue.claims import claim_next
from graftui.scheduler.queue.work import work
from graftui.scheduler.reconcile import SILENCE_S
from tests.scheduler.scheduler_bench import Bench, condition, plan


@pytest.fixture
def other(bench: Bench) -> Bench:
    """Another working folder, with the same registry."""
    runs = bench.settings.root.with_name("other") / "data" / "runs"
    return Bench(replace(bench.settings, root=runs.parents[1], runs=runs))


@pytest.fixture
def away(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on, one looks from another host."""
    monkeypatch.setattr(identity, "host", lambda: "other")


def say(bench: Bench, id: str, *events: ev.Event) -> None:
    with bench.settings.run_dir(id).events.open("ab") as file:
        file.write(b"".join(map(ev.dumps, events)))


# Of another data folder


@pytest.mark.parametrize("made", [False, True], ids=["no runs folder there", "one there"])
def test_a_look_from_another_folder_changes_nothing(
    bench: Bench, other: Bench, processes: dict[int, tuple[str, int]], made: bool
) -> None:
    at_work = bench.started(pid=44)  # its process is gone, which is its own folder's business
    queued, waits = bench.submit(plan("finish"), plan("finish", "graft", after=0))
    if made:
        other.settings.runs.mkdir(parents=True)
    for run in (at_work, queued, waits):
        assert other.look(run.id) == run
        assert condition(other, run) == "elsewhere"
        assert condition(bench, run) == ""
        assert bench.settings.run_dir(run.id).path.is_dir()
    assert bench.look(at_work.id).status is RunStatus.lost


@pytest.mark.parametrize("act", [cancel, lambda s, id: remove(s, [id])])
def test_what_would_touch_it_names_its_folder(bench: Bench, other: Bench, act: object) -> None:
    (run,) = bench.submit(plan("finish"))
    with pytest.raises(UsageError) as refusal:
        act(other.settings, run.id)  # type: ignore[operator]
    assert str(bench.settings.data) in refusal.value.message
    assert f"GRAFTUI_DATA={bench.settings.data}" in refusal.value.hint
    assert other.look(run.id) == run


def test_each_supervisor_starts_its_own(bench: Bench, other: Bench) -> None:
    first, second = bench.submit(plan("finish"), plan("finish"))
    (third,) = other.submit(plan("finish"))
    with Store.open(bench.settings.db) as store:
        assert [work(bench.settings, store), work(other.settings, store)] == [True, True]
        claimed = [claim_next(other.settings, store) for _ in range(2)]
        assert [run and run.id for run in claimed] == [third.id, None]
        claimed = [claim_next(replace(bench.settings, jobs=2), store) for _ in range(2)]
        assert [run and run.id for run in claimed] == [first.id, second.id]


def test_two_folders_drain_one_registry(bench: Bench, other: Bench) -> None:
    (first,) = bench.launch(plan("finish"))
    (second,) = other.launch(plan("finish"))
    assert bench.ended(first.id).status is RunStatus.finished
    assert bench.ended(second.id).status is RunStatus.finished
    assert (other.settings.runs / second.id / "checkpoint").is_dir()


def test_one_folder_by_two_names(bench: Bench, tmp_path: Path) -> None:
    (run,) = bench.submit(plan("finish"))
    (tmp_path / "link").symlink_to(bench.settings.data)
    linked = Bench(replace(bench.settings, runs=tmp_path / "link" / "runs"))
    assert linked.look(run.id) == run
    assert cancel(linked.settings, run.id).status is RunStatus.cancelled


def test_a_disk_that_is_not_mounted_loses_nothing(bench: Bench) -> None:
    (run,) = bench.submit(plan("finish"))
    bench.settings.runs.rename(bench.settings.data / "unmounted")
    assert bench.look(run.id) == run
    (bench.settings.data / "unmounted").rename(bench.settings.runs)
    assert bench.look(run.id) == run


def test_a_project_that_was_moved_is_at_home_where_it_is(bench: Bench, other: Bench) -> None:
    queued, done = bench.submit(plan("finish"), plan("finish"))
    cancel(bench.settings, done.id)
    other.settings.data.parent.mkdir()
    bench.settings.data.rename(other.settings.data)
    moved = other.look(queued.id)
    assert (moved.status, moved.folder) == (RunStatus.held, other.settings.folder)
    assert str(bench.settings.runs) in moved.message
    remove(other.settings, [done.id])
    release(other.settings, [moved])
    assert other.look(queued.id).status is RunStatus.queued


def test_a_copy_is_not_the_run(bench: Bench, other: Bench) -> None:
    (run,) = bench.submit(plan("finish"))
    copy = other.settings.run_dir(run.id)
    copy.path.mkdir(parents=True)
    copy.config.write_bytes(bench.settings.run_dir(run.id).config.read_bytes())
    assert other.look(run.id) == run
    with Store.open(other.settings.db) as store:
        assert rebuild(store, other.settings) == 0
        assert store.get(run.id) == run


def test_rows_from_before_folders_were_noted_are_taken_home(bench: Bench, other: Bench) -> None:
    (run,) = bench.submit(plan("finish"))
    bench.change(run.id, folder="")
    assert other.look(run.id).status is RunStatus.queued
    home = bench.look(run.id)
    assert (home.status, home.folder) == (RunStatus.queued, bench.settings.folder)


# Of another host


@pytest.mark.usefixtures("away")
def test_the_heartbeat_of_another_host_is_believed(bench: Bench) -> None:
    run = bench.started(pid=44, host="home")
    (waits,) = bench.submit(plan("finish", "graft", after=run.id))
    assert bench.look(run.id) == run
    assert condition(bench, run) == "elsewhere"
    card = read_card(bench.settings.run_dir(run.id))
    assert card
    assert card.verdict is None
    with pytest.raises(UsageError, match="on host home"):
        cancel(bench.settings, run.id)
    with Store.open(bench.settings.db) as store:
        assert not work(bench.settings, store), "no supervisor of this host has a say in it"

    long_ago = time.time() - SILENCE_S - 60
    bench.change(run.id, seen_at=long_ago, heard_at=long_ago)
    say(bench, run.id, ev.Log(t=1.0, message="by a clock that is wrong"))
    assert bench.look(run.id).status is RunStatus.running, "it changed, whatever its clock says"
    assert bench.get(run.id).seen_at == pytest.approx(time.time(), abs=60)
    assert bench.get(waits.id).status is RunStatus.queued


@pytest.mark.usefixtures("away")
def test_lost_is_a_guess_that_a_sign_of_life_takes_back(bench: Bench) -> None:
    run = bench.started(pid=44, host="home")
    (waits,) = bench.submit(plan("finish", "graft", after=run.id))
    silent = time.time() - SILENCE_S - 60
    bench.change(run.id, seen_at=silent)
    lost = bench.look(run.id)
    assert (lost.status, "silent" in lost.message, "home" in lost.message) == (
        RunStatus.lost, True, True,
    )  # fmt: skip
    assert bench.look(waits.id).status is RunStatus.queued
    with Store.open(bench.settings.db) as store:
        assert store.waits_in_vain(store.get(waits.id))
    cancel(bench.settings, waits.id)
    with pytest.raises(UsageError, match="may still be alive") as refusal:
        remove(bench.settings, [run.id])
    when = time.strftime("%H:%M", time.localtime(silent + 3600))
    assert f"deleted after {when}" in refusal.value.hint

    say(bench, run.id, ev.Metric(t=2.0, step=1, values={"train/loss": 1.0}))
    back = bench.look(run.id)
    assert (back.status, back.ended_at, back.message) == (RunStatus.running, None, "")
    card = read_card(bench.settings.run_dir(run.id))
    assert card
    assert card.verdict is None
    say(bench, run.id, ev.Finished(t=3.0, seconds=1.0))
    assert bench.look(run.id).status is RunStatus.finished


@pytest.mark.usefixtures("away")
def test_what_has_been_silent_for_very_long_can_be_deleted(bench: Bench) -> None:
    run = bench.started(pid=44, host="home", seen_at=time.time() - 4000)
    (waits,) = bench.submit(plan("finish", "graft", after=run.id))
    assert bench.look(run.id).status is RunStatus.lost
    cancel(bench.settings, waits.id)
    remove(bench.settings, [run.id])
    assert not (bench.settings.runs / run.id).exists()


def test_what_is_gone_for_certain_is_waited_for_by_nobody(
    bench: Bench, processes: dict[int, tuple[str, int]]
) -> None:
    run = bench.started(pid=44)
    (waits,) = bench.submit(plan("finish", "graft", after=run.id))
    assert bench.look(run.id).status is RunStatus.lost
    assert bench.look(waits.id).status is RunStatus.cancelled


def test_after_a_day_a_guess_is_believed(bench: Bench) -> None:
    run = bench.started(pid=44, host="home", status=RunStatus.lost, ended_at=time.time() - 90000)
    (waits,) = bench.submit(plan("finish"))
    with Store.open(bench.settings.db) as store, store.write() as db:
        db.execute("INSERT INTO inputs VALUES (?, 0, 'finetuned', ?)", (waits.id, run.id))
    assert bench.look(waits.id).status is RunStatus.cancelled


def test_called_lost_by_mistake_it_comes_back(
    bench: Bench, processes: dict[int, tuple[str, int]]
) -> None:
    """By an older graftui, say, that went by the clock."""
    processes[44] = ("S", 7)
    run = bench.started(pid=44, ticks=7, status=RunStatus.lost, ended_at=time.time())
    assert bench.look(run.id).status is RunStatus.running
    with pytest.raises(UsageError, match="is running"):
        remove(bench.settings, [run.id])


def test_runs_of_other_hosts_take_no_place_here(bench: Bench) -> None:
    bench.started(pid=44, host="home")
    (mine,) = bench.submit(plan("finish"))
    with Store.open(bench.settings.db) as store:
        claimed = claim_next(bench.settings, store)
    assert claimed
    assert claimed.id == mine.id
