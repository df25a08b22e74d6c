"""Other settings for runs that wait: in registry and folder, and for what is made from them."""

import json
import os
from pathlib import Path
from types import ModuleType

import pytest

from engine.contract.config import loads
from engine.contract.identity import config_hash
from graftui.errors import UsageError
from graftui.models import Run
from graftui.planning.edits import edited
from graftui.registry.card import read_card
from graftui.registry.query.grammar import words
from graftui.registry.store import Store
from graftui.scheduler.queue import rewrite as rewriting
from graftui.scheduler.queue import together
from graftui.scheduler.queue.rewrite import finish, rewrite
from graftui.scheduler.queue.together import Change
from graftui.scheduler.submit import submit
from graftui.settings import Settings, at
from tests.scheduler.scheduler_bench import plan


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return at(tmp_path)


def edit(settings: Settings, run: Run, *texts: str, **turn: int) -> None:
    with Store.open(settings.db) as store:
        remade = edited(settings, store, [store.get(run.id)], texts)
    turns = [Change(run, turn, turn)] if turn else []
    rewrite(settings, [each.rewritten for each in remade], turns)


def files(settings: Settings) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in settings.runs.rglob("*") if path.is_file()}


def test_what_is_made_from_it_follows(settings: Settings) -> None:
    tuning, graft = submit(settings, [plan("finish"), plan("finish", "graft", after=0)])
    edit(settings, tuning, "task.k=8", "train.lr=0.5")
    with Store.open(settings.db) as store:
        now, then = store.get(tuning.id), store.get(graft.id)
        assert {run.id for run in store.list(where=words("8"))} == {tuning.id, graft.id}
    for run in (now, then):
        stored = loads(settings.run_dir(run.id).config.read_bytes())
        assert json.loads(stored.model_dump_json()) == run.config
        assert config_hash(stored) == run.config_hash
    assert now.config_hash != tuning.config_hash
    assert then.config["finetuned"] == {
        "path": graft.config["finetuned"]["path"], "config_hash": now.config_hash,
    }  # fmt: skip
    assert (then.config["task"]["k"], then.inputs) == (8, graft.inputs)
    origin = json.loads(settings.run_dir(graft.id).origin("finetuned").read_bytes())
    assert origin == now.config


@pytest.mark.parametrize(
    "text", ["finetuned.path=x", "task.k=4", "compute.bf16=true", "graft.lr=-1", "graft.no=1"]
)
def test_what_is_refused_changes_nothing(settings: Settings, text: str) -> None:
    _, graft = submit(settings, [plan("finish"), plan("finish", "graft", after=0)])
    before = files(settings)
    with pytest.raises(UsageError):
        edit(settings, graft, text)
    assert files(settings) == before


def test_where_and_how_it_is_computed_is_each_runs_own(settings: Settings) -> None:
    tuning, graft = submit(settings, [plan("finish"), plan("finish", "graft", after=0)])
    edit(settings, graft, "compute.save_every_s=7")
    edit(settings, tuning, "compute.save_every_s=8", "compute.threads=2")
    with Store.open(settings.db) as store:
        now, source = store.get(graft.id), store.get(tuning.id)
    assert now.config_hash == graft.config_hash
    told = [(run.config["compute"]["save_every_s"], run.config["compute"]["threads"])
            for run in (now, source)]  # fmt: skip
    assert told == [(7, 2), (8, 2)], "what it was told itself stays, the rest follows"


def test_a_run_that_has_started_stays(settings: Settings) -> None:
    (run,) = submit(settings, [plan("finish")])
    settings.run_dir(run.id).events.touch()
    with pytest.raises(UsageError, match="has started") as refusal:
        edit(settings, run, "task.k=4")
    assert f"graftui rerun {run.id}" in refusal.value.hint


@pytest.mark.parametrize("when", [rewriting, together], ids=["settings", "turn"])
def test_a_disk_that_fills_in_between_leaves_all_as_it_was(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, when: ModuleType
) -> None:
    tuning, _ = submit(settings, [plan("finish"), plan("finish", "graft", after=0)])
    before = files(settings)

    def full(*_: object) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(when, "write_card", full)
    with pytest.raises(OSError, match="No space"):
        edit(settings, tuning, "task.k=8", priority=3)
    assert files(settings) == before
    with Store.open(settings.db) as store:
        assert store.get(tuning.id) == tuning


def test_settings_and_turn_of_one_edit_go_together(settings: Settings) -> None:
    (run,) = submit(settings, [plan("finish")])
    edit(settings, run, "task.k=8", priority=3)
    card = read_card(settings.run_dir(run.id))
    with Store.open(settings.db) as store:
        now = store.get(run.id)
    assert (now.config["task"]["k"], now.priority, card and card.priority) == (8, 3, 3)


def test_one_that_was_killed_in_between_is_as_the_registry_says(settings: Settings) -> None:
    (run,) = submit(settings, [plan("finish")])
    run_dir = settings.run_dir(run.id)
    (run_dir.path / ".editing").touch()
    run_dir.config.write_text("{}")
    with Store.open(settings.db) as store:
        finish(settings, store, store.get(run.id))
    assert json.loads(run_dir.config.read_bytes()) == run.config
    assert not (run_dir.path / ".editing").exists()
