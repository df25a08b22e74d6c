"""runs.db is only a view of the run directories: deleting it loses nothing."""

import json
import os
from dataclasses import fields, replace

import pytest

from graftui.models import Run, RunStatus
from graftui.registry import attempts
from graftui.registry.ingest import adopt, rebuild
from graftui.registry.store import Store
from graftui.scheduler.cancel import cancel
from graftui.scheduler.look import ensure
from tests.scheduler.scheduler_bench import Bench, plan

# Signs of life of the scheduler itself, which no file holds.
_NOT_KEPT = {"heard_at": None, "seen_at": None, "cancel_asked": None}


pytestmark = pytest.mark.usefixtures("migrated_registries")  # copies are as old as each other

GONE = 2**22 + 1
"""No process has this number."""


def delete(bench: Bench, *ends: str) -> None:
    for end in ends:
        bench.settings.db.with_name(f"runs.db{end}").unlink(missing_ok=True)


def same(a: Run, b: Run) -> bool:
    a, b = replace(a, **_NOT_KEPT), replace(b, **_NOT_KEPT)  # type: ignore[arg-type]
    return {f.name: getattr(a, f.name) for f in fields(Run)} == {
        f.name: getattr(b, f.name) for f in fields(Run)
    }


def test_deleted_in_mid_run_the_supervisor_takes_the_runs_in_again(bench: Bench) -> None:
    first, second = bench.launch(plan("sleep"), plan("finish"))
    before = bench.at_work(first.id)
    delete(bench, "")  # leaving -wal and -shm, as one does
    after = bench.until_there(first.id, lambda run: run.step == 3)
    assert after.status is RunStatus.running
    assert (after.attempt.pid, after.attempt.pid_ticks) == (
        before.attempt.pid,
        before.attempt.pid_ticks,
    )
    assert bench.until_there(second.id).status is RunStatus.queued
    assert cancel(bench.settings, first.id).message == "stopped at step 3"
    assert bench.ended(second.id).status is RunStatus.finished


def test_rebuilt_rows_are_the_rows_that_were(bench: Bench) -> None:
    bench.settings = replace(bench.settings, grace_s=0.3)
    ways = ("finish", "fail", "crash", "mute")
    runs = bench.launch(*map(plan, ways), plan("finish", "graft", after=0))
    for run in runs:
        bench.ended(run.id)
    (deaf,) = bench.launch(plan("deaf"))
    bench.at_work(deaf.id)
    cancel(bench.settings, deaf.id)
    before = [bench.until(run.id, reaped) for run in (*runs, deaf)]
    delete(bench, "", "-wal", "-shm")
    after = [bench.look(run.id) for run in before]
    for a, b in zip(before, after, strict=True):
        assert same(a, b), f"{a}\n{b}"
    with Store.open(bench.settings.db) as store:
        assert rebuild(store, bench.settings) == len(before)
        assert all(same(a, store.get(a.id)) for a in before)
        assert store.series(before[0].id)[0].steps == (1, 2, 3)


def reaped(run: Run) -> bool:
    """Whether the supervisor has noted its end: it alone knows the memory, after who killed it."""
    return run.attempt.peak_bytes is not None


def test_a_queued_run_is_taken_in_as_queued_and_still_runs(bench: Bench) -> None:
    first, second = bench.submit(plan("finish"), plan("finish", "graft", after=0))
    delete(bench, "", "-wal", "-shm")
    assert same(bench.look(second.id), second)
    ensure(bench.settings)
    assert bench.ended(second.id).status is RunStatus.finished


def test_a_cancelled_queued_run_does_not_come_back(bench: Bench) -> None:
    (run,) = bench.submit(plan("finish"))
    cancel(bench.settings, run.id)
    delete(bench, "", "-wal", "-shm")
    assert bench.look(run.id).status is RunStatus.cancelled


def test_a_config_that_cannot_be_read_is_reported_not_fatal(bench: Bench) -> None:
    good, broken, newer = bench.submit(plan("finish"), plan("finish"), plan("finish"))
    delete(bench, "", "-wal", "-shm")
    (bench.settings.runs / broken.id / "config.json").write_text("{")
    path = bench.settings.runs / newer.id / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "unheard": 1}))
    (bench.settings.runs / "notes").mkdir()
    (bench.settings.runs / "notes.txt").write_text("not a run")
    with Store.open(bench.settings.db) as store:
        found = adopt(store, bench.settings)
        assert set(found.added) == {good.id, newer.id}
        assert [skipped.folder.endswith(broken.id) for skipped in found.skipped] == [True]
        assert "unheard" in store.get(newer.id).warnings[0]


def test_a_vanished_directory_is_a_lost_run(bench: Bench) -> None:
    (run,) = bench.submit(plan("finish"))
    (bench.settings.runs / run.id).rename(bench.settings.root / "elsewhere")
    run = bench.look(run.id)
    assert (run.status, "directory is gone" in run.message) == (RunStatus.lost, True)


def test_an_attempt_that_began_on_a_full_disk_is_not_forgotten(bench: Bench) -> None:
    """Its file found no room, and whoever started it was killed."""
    run = bench.started(pid=GONE, host=os.uname().nodename)
    attempts.unwrite(bench.settings.run_dir(run.id), 1)
    before = bench.look(run.id)
    assert before.status is RunStatus.lost
    delete(bench, "", "-wal", "-shm")
    after = bench.look(run.id)
    assert (after.attempt.n, after.attempt.pid) == (1, GONE)
    assert same(before, after)
