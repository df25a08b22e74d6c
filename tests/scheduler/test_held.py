"""What is found as a folder is never started unasked."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from engine.contract import events as ev
from graftui.errors import UsageError
from graftui.models import Run, RunStatus
from graftui.planning import reruns
from graftui.registry.held import runs_foreign_code
from graftui.registry.store import Store
from graftui.scheduler.cancel import cancel, remove
from graftui.scheduler.queue.arrange import release
from graftui.scheduler.queue.claims import claim_next
from graftui.scheduler.queue.work import work
from graftui.scheduler.resume import resume
from tests.scheduler.scheduler_bench import Bench, plan


def planted(bench: Bench, trust: bool = False, **card: Any) -> Run:
    """A run whose folder somebody put there, with a card if there is anything to put on it."""
    (run,) = bench.submit(plan("finish"))
    with Store.open(bench.settings.db) as store:
        store.delete(run.id)
    place = bench.settings.run_dir(run.id)
    config = json.loads(place.config.read_text())
    config["model"]["trust_remote_code"] = trust
    place.config.write_text(json.dumps(config))
    if card:
        place.card.write_text(json.dumps({**json.loads(place.card.read_text()), **card}))
    else:
        place.card.unlink()
    return bench.look(run.id)


def nothing_to_do(bench: Bench) -> bool:
    with Store.open(bench.settings.db) as store:
        return not work(bench.settings, store) and claim_next(bench.settings, store) is None


@pytest.mark.parametrize(
    "how",
    [{}, {"trust": True}, {"registry": ""}, {"registry": "/of/another.db"}],
    ids=["config alone", "config alone that runs code", "an old card", "of another registry"],
)
def test_a_folder_that_was_not_queued_here_is_held(bench: Bench, how: dict[str, Any]) -> None:
    run = planted(bench, **how)
    assert run.status is RunStatus.held
    assert f"graftui release {run.id}" in run.hint
    assert nothing_to_do(bench)
    assert bench.look(run.id) == run
    if registry := how.get("registry"):
        assert registry in run.message


def test_no_card_says_that_a_run_is_queued_or_of_another_host_ours(bench: Bench) -> None:
    """A verdict that is no end; a copy of the data folder, at the same path of another machine."""
    ours = bench.settings.registry
    no_end: dict[str, Any] = {"verdict": {"status": "queued"}}
    assert planted(bench, trust=True, **no_end).status is RunStatus.held
    assert planted(bench, registry="", **no_end).status is RunStatus.held
    assert planted(bench, registry=ours, host="elsewhere").status is RunStatus.held
    assert nothing_to_do(bench)


def test_what_this_registry_queued_is_queued_again_but_for_code_of_others(bench: Bench) -> None:
    ours = bench.settings.registry
    assert planted(bench, registry=ours).status is RunStatus.queued
    assert planted(bench, trust=True, registry=ours).status is RunStatus.held


@pytest.mark.parametrize(
    "later",
    [{}, {"kind": "distill"}, {"train": {"optimizer": "lion"}}, {"warmth": 3}],
    ids=["version alone", "a kind", "a value", "a setting"],
)
def test_what_a_newer_graftui_queued_is_listed_and_never_run(
    bench: Bench, later: dict[str, Any]
) -> None:
    run = planted(bench, registry=bench.settings.registry)
    with Store.open(bench.settings.db) as store:
        store.delete(run.id)
    config = bench.settings.run_dir(run.id).config
    config.write_text(json.dumps({**json.loads(config.read_text()), "version": 99, **later}))
    newer = bench.look(run.id)
    assert newer.status is RunStatus.held
    assert newer.kind == later.get("kind", "finetune")
    assert "newer graftui" in newer.message
    assert newer.hint.startswith("Update graftui here")
    assert newer.warnings[0].startswith("config.json: version = 99: written by a newer graftui")
    assert nothing_to_do(bench)
    resumed = bench.change(run.id, status=RunStatus.failed)
    refusals = (
        lambda: resume(bench.settings, [resumed]),
        lambda: reruns.rerun(newer, (), bench.settings),
        lambda: reruns.of_run(newer),
    )
    for refused in refusals:
        with pytest.raises(UsageError, match="written by a newer graftui"):
            refused()
    bench.change(run.id, status=RunStatus.held)
    with pytest.raises(UsageError, match="written by a newer graftui"):
        release(bench.settings, [newer])


def test_released_it_is_queued_and_stays_so(bench: Bench) -> None:
    run, code = planted(bench), planted(bench, trust=True)
    assert [runs_foreign_code(each.config) for each in (run, code)] == [False, True]
    (queued,) = bench.submit(plan("finish"))
    with pytest.raises(UsageError, match=f"{queued.id} is queued, not held"):
        release(bench.settings, [run, queued])
    assert bench.get(run.id).status is RunStatus.held
    release(bench.settings, [run])
    assert (bench.get(run.id).status, bench.get(run.id).message) == (RunStatus.queued, "")
    bench.settings.db.unlink()
    assert bench.look(run.id).status is RunStatus.queued, "its card says who queued it"


def test_held_runs_are_cancelled_and_deleted(bench: Bench) -> None:
    first, second = planted(bench), planted(bench)
    assert cancel(bench.settings, first.id).status is RunStatus.cancelled
    remove(bench.settings, [first.id, second.id], now=True)
    assert not list(bench.settings.runs.iterdir())


def test_what_another_registry_starts_is_seen_to_run(bench: Bench) -> None:
    """Two working folders that share a data folder, with a registry each."""
    run = planted(bench, registry="/of/another.db")
    started = ev.Started(t=1.0, pid=1, host="h", device="cpu", config_hash="")
    events = bench.settings.run_dir(run.id).events
    events.write_bytes(ev.dumps(started))
    assert bench.look(run.id).status is RunStatus.running
    assert nothing_to_do(bench)
    with events.open("ab") as file:
        file.write(ev.dumps(ev.Finished(t=2.0, seconds=1.0)))
    assert bench.look(run.id).status is RunStatus.finished


def test_a_held_run_whose_folder_is_taken_away_again(bench: Bench) -> None:
    run = planted(bench)
    shutil.rmtree(Path(bench.settings.runs, run.id))
    assert bench.look(run.id).status is RunStatus.lost
