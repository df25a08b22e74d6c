"""Claimed by a supervisor, and not started: tried again, once; and what only looks like that."""

import json
import time

import pytest

from engine.contract import events as ev
from graftui.models import RunStatus
from graftui.registry import attempts
from graftui.registry.store import Store
from graftui.scheduler import identity, reconcile
from graftui.scheduler.executors.base import How
from graftui.scheduler.executors.local import Local
from graftui.scheduler.identity import Life
from graftui.scheduler.queue.claims import claim_next
from graftui.scheduler.reconcile import SILENCE_S
from tests.scheduler.scheduler_bench import Bench, plan


def test_a_claim_of_a_supervisor_that_was_killed_is_tried_again_once(bench: Bench) -> None:
    (run,) = bench.submit(plan("finish"))
    for claim, then in ((1, RunStatus.queued), (2, RunStatus.failed)):
        with Store.open(bench.settings.db) as store:
            claimed = claim_next(bench.settings, store)
        assert claimed
        assert claimed.attempt.n == claim
        assert bench.look(run.id).status is RunStatus.starting, "it may be just about to"
        bench.change(run.id, seen_at=time.time() - 60)
        assert bench.look(run.id).status is then
    assert "never came up" in bench.get(run.id).message


def test_a_claim_of_a_resumed_run_counts_by_itself(bench: Bench) -> None:
    """Its supervisor is killed between claim and start; what came up before is no trouble."""
    (run,) = bench.submit(plan("finish"))
    with Store.open(bench.settings.db) as store:
        for _ in range(2):
            claimed = claim_next(bench.settings, store)
            assert claimed
            with store.write() as db:
                attempts.change(db, claimed.attempt, pid=7, ended_at=1.0, signal=9)
            store.update(run.id, status=RunStatus.queued)
        claim_next(bench.settings, store)
    bench.change(run.id, seen_at=time.time() - 60)
    assert bench.look(run.id).status is RunStatus.queued


@pytest.mark.parametrize("told", [False, True], ids=["silent so far", "said that it started"])
def test_an_engine_that_came_up_unseen_is_known_by_its_file(bench: Bench, told: bool) -> None:
    """Its supervisor is killed right after the start. The first event has a pid, and no ticks."""
    bench.submit(plan("sleep"))
    with Store.open(bench.settings.db) as store:
        run = claim_next(bench.settings, store)
    assert run
    local = Local(bench.settings)
    attempt = local.start(run)
    who = identity.identity(attempt.pid or 0)
    if told:
        bench.change(run.id, status=RunStatus.running, pid=attempt.pid)
    seen = bench.look(run.id)
    assert who
    assert (seen.attempt.pid, seen.attempt.pid_ticks) == (who.pid, who.pid_ticks)
    assert seen.status.active
    local.stop(attempt, How.kill)
    while local.poll([attempt])[0].life is not Life.gone:
        time.sleep(0.01)
    assert bench.look(run.id).status is RunStatus.lost


def test_what_nobody_here_claimed_is_not_queued(bench: Bench) -> None:
    """A folder with events and no card: it began somewhere, and nothing of it is started here."""
    planted = bench.settings.run_dir("zzzzzz")
    planted.path.mkdir(parents=True)
    (run,) = bench.submit(plan("finish"))
    planted.config.write_text(json.dumps(run.config))
    planted.events.write_bytes(ev.dumps(ev.Log(t=1.0, message="hello")))
    assert bench.look("zzzzzz").status is RunStatus.starting
    bench.change("zzzzzz", seen_at=time.time() - 60)
    assert bench.look("zzzzzz").status is RunStatus.starting
    with Store.open(bench.settings.db) as store:
        claimed = claim_next(bench.settings, store)
    assert claimed
    assert claimed.id == run.id, "nor does it hold up others"
    bench.change("zzzzzz", seen_at=time.time() - SILENCE_S - 1)
    assert bench.look("zzzzzz").status is RunStatus.lost


def test_a_supervisor_at_work_is_not_interfered_with(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    (run,) = bench.submit(plan("finish"))
    with Store.open(bench.settings.db) as store:
        claim_next(bench.settings, store)
    bench.change(run.id, seen_at=0.0)
    monkeypatch.setattr(reconcile, "supervised", lambda _: True)
    assert bench.look(run.id).status is RunStatus.starting
