"""Claimed by a supervisor, and not started: tried again, once; and what only looks like that."""

import json
import time

import pytest

from engine.contract import events as ev
from graftui.models import RunStatus
from graftui.registry.store import Store
from graftui.scheduler import identity, reconcile, spawn
from graftui.scheduler.identity import here
from graftui.scheduler.reconcile import SILENCE_S
from tests.scheduler.scheduler_bench import Bench, plan


def test_a_claim_of_a_supervisor_that_was_killed_is_tried_again_once(bench: Bench) -> None:
    (run,) = bench.submit(plan("finish"))
    for claim, then in ((1, RunStatus.queued), (2, RunStatus.failed)):
        with Store.open(bench.settings.db) as store:
            claimed = store.claim_next(1, here(bench.settings))
        assert claimed
        assert claimed.claims == claim
        assert bench.look(run.id).status is RunStatus.starting, "it may be just about to"
        bench.change(run.id, seen_at=time.time() - 60)
        assert bench.look(run.id).status is then
    assert "never came up" in bench.get(run.id).message


@pytest.mark.parametrize("told", [False, True], ids=["silent so far", "said that it started"])
def test_an_engine_that_came_up_unseen_is_known_by_its_card(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, told: bool
) -> None:
    """Its supervisor is killed right after the start. The first event has a pid, and no ticks."""
    (run,) = bench.submit(plan("sleep"))
    with Store.open(bench.settings.db) as store:
        store.claim_next(1, here(bench.settings))
    monkeypatch.setattr(spawn, "_introduce", lambda *_: None)
    process = spawn.start(bench.settings, run)
    who = identity.identity(process.pid)
    if told:
        bench.change(run.id, status=RunStatus.running, pid=process.pid)
    seen = bench.look(run.id)
    assert who
    assert (seen.pid, seen.pid_ticks) == (who.pid, who.pid_ticks)
    assert seen.status.active
    process.kill()
    process.wait()
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
        claimed = store.claim_next(1, here(bench.settings))
    assert claimed
    assert claimed.id == run.id, "nor does it hold up others"
    bench.change("zzzzzz", seen_at=time.time() - SILENCE_S - 1)
    assert bench.look("zzzzzz").status is RunStatus.lost


def test_a_supervisor_at_work_is_not_interfered_with(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    (run,) = bench.submit(plan("finish"))
    with Store.open(bench.settings.db) as store:
        store.claim_next(1, here(bench.settings))
    bench.change(run.id, seen_at=0.0)
    monkeypatch.setattr(reconcile, "supervised", lambda _: True)
    assert bench.look(run.id).status is RunStatus.starting
