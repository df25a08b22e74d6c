"""Runs that ended early go on as their next attempt; those that may not are refused with a hint."""

import os
import shutil
import signal
import time
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest

from engine.contract import events as ev
from engine.contract.layout import RunDir
from graftui.errors import UsageError
from graftui.models import Run, RunCard, RunStatus
from graftui.registry.attempts import write
from graftui.registry.card import read_card, write_card
from graftui.registry.store import Store
from graftui.scheduler import reconcile
from graftui.scheduler.cancel import cancel
from graftui.scheduler.identity import boot_id, here
from graftui.scheduler.lock import supervising
from graftui.scheduler.queue import queue_file, requeue, together
from graftui.scheduler.resume import resume
from graftui.scheduler.settle import settle_stranded
from graftui.scheduler.supervise import Supervisor
from graftui.settings import at
from tests.scheduler.scheduler_bench import Bench, plan

ENDED = {"ended_at": 1.0, "message": "so", "hint": "do", "log_tail": "last"}
GONE = 2**22 + 1
"""No process has that number."""


def ended(bench: Bench, *, like: Run | None = None, **changes: Any) -> Run:
    """A run that had one attempt, whose process is gone."""
    run = like or bench.submit(plan("finish"))[0]
    me = here(bench.settings)
    who = {"host": me.host, "boot_id": me.boot_id, "pid": GONE, "pid_ticks": 7}
    return bench.change(run.id, **{**who, **ENDED, "seen_at": time.time(), **changes})


def stranded(bench: Bench) -> None:
    with Store.open(bench.settings.db) as store:
        settle_stranded(bench.settings, store)


@pytest.mark.parametrize(
    "how",
    [
        {"status": RunStatus.failed, "reason": "killed"},
        {"status": RunStatus.cancelled, "cancel_asked": 1.0},
        {"status": RunStatus.lost},
    ],
    ids=["killed", "cancelled", "lost"],
)
def test_a_run_that_ended_early_waits_for_its_next_attempt(bench: Bench, how: Any) -> None:
    run = ended(bench, **how)
    (queued,) = resume(bench.settings, [run])
    assert (queued.id, queued.status, queued.reason) == (run.id, RunStatus.queued, None)
    assert (queued.message, queued.hint, queued.log_tail, queued.ended_at) == ("", "", "", None)
    assert queued.cancel_asked is None
    card = read_card(bench.settings.run_dir(run.id))
    assert card
    assert card.verdict is None
    assert card.registry == bench.settings.registry
    with Store.open(bench.settings.db) as store:
        assert [attempt.n for attempt in store.attempts(run.id)] == [1]


@pytest.mark.parametrize(
    ("how", "hint"),
    [
        ({"status": RunStatus.finished}, "graftui rerun"),
        ({"status": RunStatus.failed, "reason": "diverged"}, "train.lr"),
        ({"status": RunStatus.held}, "graftui release"),
        ({"status": RunStatus.queued}, "graftui watch"),
        ({"status": RunStatus.lost, "host": "another"}, "Resume it on another"),
        ({"status": RunStatus.failed, "pid": os.getpid()}, "Wait until it is gone"),
    ],
    ids=["finished", "diverged", "held", "queued", "lost elsewhere", "process there"],
)
def test_others_are_refused_and_with_them_all(
    bench: Bench, how: Any, hint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    if how.get("pid"):
        monkeypatch.setattr("graftui.scheduler.identity._state_and_ticks", lambda _: ("S", 7))
    good = ended(bench, status=RunStatus.lost, pid=None) if how.get("pid") else ended(
        bench, status=RunStatus.failed, reason="killed"
    )  # fmt: skip
    bad = ended(bench, **how)
    with pytest.raises(UsageError) as refused:
        resume(bench.settings, [good, bad])
    assert hint in refused.value.hint
    assert bad.id in refused.value.message
    assert bench.get(good.id).status is good.status, "all or none"


def test_a_card_that_cannot_be_written_leaves_all_as_they_were(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs = [ended(bench, status=RunStatus.failed, reason="killed") for _ in range(2)]
    cards = [read_card(bench.settings.run_dir(run.id)) for run in runs]
    write = write_card

    def full(run_dir: RunDir, card: RunCard) -> None:
        if run_dir.path.name == runs[1].id:
            raise OSError(28, os.strerror(28))
        write(run_dir, card)

    monkeypatch.setattr(together, "write_card", full)
    with pytest.raises(OSError, match="No space"):
        resume(bench.settings, runs)
    assert [bench.get(run.id) for run in runs] == [*runs]
    assert [read_card(bench.settings.run_dir(run.id)) for run in runs] == cards


def test_what_was_cancelled_for_want_of_it_comes_back(bench: Bench) -> None:
    """And theirs; but not what its user cancelled, and not what lacks something else."""
    tuning, graft = bench.submit(plan("finish"), plan("finish", "graft", after=0))
    (own,) = bench.submit(plan("finish", "graft", after=tuning.id))
    bench.change(own.id, status=RunStatus.cancelled, message="It was cancelled before it started.")
    ended(bench, like=tuning, status=RunStatus.failed, reason="killed")
    stranded(bench)
    assert bench.get(graft.id).status is RunStatus.cancelled
    queued = resume(bench.settings, [bench.get(tuning.id)])
    assert [run.id for run in queued] == [tuning.id, graft.id]
    assert bench.get(graft.id).status is RunStatus.queued
    assert bench.get(own.id).status is RunStatus.cancelled


def test_what_a_run_is_made_from_comes_with_it(bench: Bench) -> None:
    tuning, graft = bench.submit(plan("finish"), plan("finish", "graft", after=0))
    ended(bench, like=tuning, status=RunStatus.cancelled)
    stranded(bench)
    queued = resume(bench.settings, [bench.get(graft.id)])
    assert {run.id for run in queued} == {tuning.id, graft.id}
    for run in queued:
        bench.change(run.id, status=RunStatus.cancelled)
    with Store.open(bench.settings.db) as store:
        store.delete(tuning.id)
    shutil.rmtree(bench.settings.run_dir(tuning.id).path)
    with pytest.raises(UsageError, match="deleted"):
        resume(bench.settings, [bench.get(graft.id)])


NO_MORE = {"status": RunStatus.failed, "reason": "killed", "n": 3}
OTHER_CONTAINER = {"status": RunStatus.lost, "boot_id": f"{boot_id().split()[0]} pid:[1]"}


@pytest.mark.parametrize(
    ("how", "again"),
    [
        ({"status": RunStatus.failed, "reason": "killed"}, True),
        ({"status": RunStatus.failed, "reason": "crashed"}, False),
        ({"status": RunStatus.failed, "reason": "diverged"}, False),
        ({"status": RunStatus.cancelled, "cancel_asked": None}, True),
        ({"status": RunStatus.cancelled, "cancel_asked": 1.0}, False),
        ({"status": RunStatus.lost}, True),
        ({"status": RunStatus.lost, "boot_id": "before the restart"}, True),
        (OTHER_CONTAINER, False),
        ({"status": RunStatus.lost, "host": "another"}, False),
        ({"status": RunStatus.finished}, False),
        (NO_MORE, False),
    ],
)
def test_retry_puts_back_what_was_killed_preempted_or_lost(
    bench: Bench, how: dict[str, Any], again: bool
) -> None:
    run = ended(bench, **how)
    for retries, wanted in ((0, False), (2, again)):
        settings = at(bench.settings.root, retry=retries)
        with Store.open(settings.db) as store:
            assert requeue.retry(settings, store, run) is wanted
            assert (store.get(run.id).status is RunStatus.queued) is wanted


def test_retry_is_what_graftui_toml_says_now(bench: Bench) -> None:
    run = ended(bench, status=RunStatus.failed, reason="killed")
    toml = bench.settings.root / "graftui.toml"
    with Store.open(bench.settings.db) as store:
        assert not requeue.retry(bench.settings, store, run)
        toml.write_text("retry = 1\n")
        told = replace(bench.settings, told=("retry",))
        assert not requeue.retry(told, store, run), "GRAFTUI_RETRY stands above it"
        assert requeue.retry(bench.settings, store, run)


def test_a_supervisor_starts_a_killed_run_again_by_itself_and_its_dependants_wait(
    bench: Bench,
) -> None:
    """Twice killed with retry = 1: then it has failed, and what waits for it with it."""
    tuning, graft = bench.submit(plan("sleep"), plan("finish", "graft", after=0))
    supervisor = Supervisor(at(bench.settings.root, retry=1, python=bench.settings.python))
    for n in (1, 2):
        run = ticking(supervisor, bench, tuning.id, lambda run, n=n: at_work(run, n))
        assert run.attempt.n == n
        assert bench.get(graft.id).status is RunStatus.queued
        assert run.attempt.pid
        os.kill(run.attempt.pid, signal.SIGKILL)
    run = ticking(supervisor, bench, tuning.id, lambda run: not run.status.active)
    assert (run.status, run.reason) == (RunStatus.failed, "killed")
    assert bench.get(graft.id).status is RunStatus.cancelled
    with Store.open(bench.settings.db) as store:
        assert [attempt.signal for attempt in store.attempts(tuning.id)] == [9, 9]


def at_work(run: Run, n: int) -> bool:
    return run.attempt.n == n and run.status is RunStatus.running and run.step == 3


def ticking(supervisor: Supervisor, bench: Bench, id: str, holds: Any) -> Run:
    until = time.monotonic() + 300
    while not holds(run := bench.get(id)):
        assert time.monotonic() < until, run
        supervisor.tick()
        time.sleep(0.02)
    return run


def test_a_lost_run_that_lives_takes_its_dependants_back(bench: Bench) -> None:
    tuning, graft = bench.submit(plan("finish"), plan("finish", "graft", after=0))
    ended(bench, like=tuning, status=RunStatus.lost, ended_at=time.time())
    stranded(bench)
    assert bench.get(graft.id).status is RunStatus.cancelled
    said = ev.Finished(seconds=1.0, summary={"accuracy": 0.5})
    bench.settings.run_dir(tuning.id).events.write_bytes(ev.dumps(said))
    assert bench.look(tuning.id).status is RunStatus.finished
    assert bench.get(graft.id).status is RunStatus.queued


def test_one_that_waits_to_go_on_still_does_when_the_registry_is_deleted(bench: Bench) -> None:
    """However its last attempt ended; until another one has begun."""
    run = ended(bench, status=RunStatus.cancelled)
    with Store.open(bench.settings.db) as store:
        write(bench.settings.run_dir(run.id), store.get(run.id).attempt)
    said = ev.Cancelled(seconds=1.0, message="stopped", attempt=1)
    bench.settings.run_dir(run.id).events.write_bytes(ev.dumps(said))
    resume(bench.settings, [run])
    bench.settings.db.unlink()
    again = bench.look(run.id)
    assert (again.status, again.message, again.attempt.n) == (RunStatus.queued, "", 1)
    with Store.open(bench.settings.db) as store:
        write(bench.settings.run_dir(run.id), replace(again.attempt, n=2))
    bench.settings.db.unlink()
    assert bench.look(run.id).status is not RunStatus.queued


def test_one_that_another_supervisor_started_is_tried_again_whoever_sees_it_lost(
    bench: Bench, processes: dict[int, tuple[str, int]]
) -> None:
    run = bench.started(pid=44)
    settings = at(bench.settings.root, retry=1, poll_s=0.01)
    with (
        patch.object(reconcile, "_REAPING_S", 0.0),
        supervising(settings),
        Store.open(settings.db) as store,
    ):
        reconcile.reconcile(settings, store)
        assert store.get(run.id).status is RunStatus.queued


def test_one_that_another_supervisor_started_is_tried_again_when_it_is_preempted(
    bench: Bench, processes: dict[int, tuple[str, int]]
) -> None:
    """Whoever sees that leaves it to the supervisor that is there."""
    processes[44] = ("S", 7)
    run = bench.started(pid=44)
    settings = at(bench.settings.root, retry=1, poll_s=0.01)
    queue_file.change(settings, Store.open(settings.db), lambda said: replace(said, paused=True))
    supervisor = Supervisor(settings)
    with supervising(settings), Store.open(settings.db) as store:
        supervisor.tick()
        said = ev.Cancelled(seconds=1.0, message="stopped by SIGTERM", attempt=1)
        settings.run_dir(run.id).events.write_bytes(ev.dumps(said))
        reconcile.reconcile(settings, store)
        assert store.get(run.id).status is RunStatus.cancelled, "its process is still there"
        del processes[44]
        end = time.monotonic() + 300
        while store.get(run.id).status is RunStatus.cancelled:  # it looks now and then
            assert time.monotonic() < end
            supervisor.tick()
        assert store.get(run.id).status is RunStatus.queued


def test_one_that_its_user_cancelled_while_it_waited_stays_so(bench: Bench) -> None:
    run = ended(bench, status=RunStatus.failed, reason="killed")
    resume(bench.settings, [run])
    cancelled = cancel(bench.settings, run.id)
    with Store.open(bench.settings.db) as store:
        assert not requeue.retry(at(bench.settings.root, retry=2), store, cancelled)
