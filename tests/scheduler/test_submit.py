"""Queueing is all or nothing."""

import os
import sqlite3
from pathlib import Path

import pytest

from engine.contract.config import loads
from graftui.errors import UsageError
from graftui.registry.card import read_card
from graftui.registry.ingest import adopt
from graftui.registry.store import Store
from graftui.scheduler import submit
from graftui.scheduler.cancel import cancel
from tests.scheduler.scheduler_bench import Bench, plan


def leftovers(bench: Bench) -> list[Path]:
    with Store.open(bench.settings.db) as store:
        assert store.count() == 0
    return list(bench.settings.runs.iterdir())


def test_the_directory_says_all_that_the_row_says(bench: Bench) -> None:
    first, second = bench.submit(plan("finish"), plan("finish", "graft", after=0))
    place = bench.settings.run_dir(second.id)
    card = read_card(place)
    assert card
    assert (card.id, card.name, card.parent) == (second.id, second.name, first.id)
    assert loads(place.config.read_bytes()).model_dump(mode="json") == second.config
    assert second.parent == first.id


@pytest.mark.parametrize("step", ["write_card", "dumps", "_show"])
def test_a_failure_on_the_way_leaves_nothing(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    calls = []
    real = getattr(submit, step)

    def second_time_full(*args: object) -> object:
        calls.append(step)
        if len(calls) == (1 if step == "_show" else 2):
            raise OSError(28, "No space left on device", "somewhere")
        return real(*args)

    monkeypatch.setattr(submit, step, second_time_full)
    with pytest.raises(OSError, match="No space"):
        bench.submit(plan("finish"), plan("finish", "graft", after=0))
    assert leftovers(bench) == []


def test_a_failure_between_the_two_renames_undoes_the_first(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, calls = os.rename, []

    def once(source: Path, target: Path) -> None:
        calls.append(source)
        if len(calls) == 2:
            raise PermissionError(13, "Permission denied", str(target))
        real(source, target)

    monkeypatch.setattr(os, "rename", once)
    with pytest.raises(PermissionError):
        bench.submit(plan("finish"), plan("finish"))
    assert leftovers(bench) == []


def test_taken_in_by_another_before_the_row_is_there(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one waits for the transaction, and then finds the row."""
    real = submit._show

    def look_after(*args: object) -> None:
        real(*args)  # type: ignore[arg-type]
        with Store.open(bench.settings.db) as other:
            other.db.execute("PRAGMA busy_timeout = 50")
            with pytest.raises(sqlite3.OperationalError, match="locked"):
                adopt(other, bench.settings)

    monkeypatch.setattr(submit, "_show", look_after)
    (run,) = bench.submit(plan("finish"))
    with Store.open(bench.settings.db) as store:
        assert adopt(store, bench.settings).added == ()
        assert [r.id for r in store.list()] == [run.id]


def test_a_parent_that_will_give_no_result_is_refused(bench: Bench) -> None:
    (parent,) = bench.submit(plan("finish"))
    cancel(bench.settings, parent.id)
    with pytest.raises(UsageError, match="which is cancelled"):
        bench.submit(plan("finish", "graft", after=parent.id))
    with pytest.raises(UsageError, match="does not come before"):
        bench.submit(plan("finish", "graft", after=0))
