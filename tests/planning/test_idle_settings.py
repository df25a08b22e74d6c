"""Settings of other localizers than the chosen one: refused where somebody gives them now."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from engine.contract.config import dumps
from engine.contract.identity import config_hash
from engine.contract.kinds.graft import GraftConfig
from graftui.errors import UsageError
from graftui.models import Run
from graftui.planning import plans, recipes, reruns
from graftui.planning.overrides import parse
from graftui.registry.store import Store
from graftui.settings import Settings, at

FOR_LEARNT = """
[finetune]
[graft]
of = "finetune"
steps = 40
lr = 1e6
"""
FOR_FISHER = FOR_LEARNT + 'localizer = "fisher"\n'


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    return at(tmp_path)


def planned(here: Settings, text: str, *sets: str) -> plans.Planned:
    recipe = recipes.loads(text, "mine")
    return plans.plan(recipe, here, parse(sets, recipe.kinds))


def refused(here: Settings, text: str, *sets: str) -> str:
    with pytest.raises(UsageError) as caught:
        planned(here, text, *sets)
    return f"{caught.value.message} {caught.value.hint}"


def test_what_is_given_beside_another_localizer_is_refused(here: Settings) -> None:
    """The setting, the localizer, and those that use it are named."""
    told = refused(here, FOR_LEARNT, "graft.localizer=fisher", "graft.steps=9", "graft.lr=0")
    assert "graft.steps and graft.lr are not used by graft.localizer = fisher" in told
    assert "graft.steps is for hard-concrete, learnt, straight-through" in told
    assert "graft.lr is for learnt" in told
    assert "graft.steps" in refused(here, FOR_FISHER)
    assert "graft.lr is not used" in refused(
        here, FOR_LEARNT, "graft.localizer=hard-concrete", "graft.lr=1"
    )
    assert "graft.seed is not used by graft.localizer = movement" in refused(
        here, FOR_LEARNT, "graft.localizer=movement", "graft.seed=3"
    )


def test_what_a_recipe_says_for_its_own_localizer_is_said(here: Settings) -> None:
    """Where an override chooses another one."""
    for text, sets in ((FOR_LEARNT, ["fisher"]), (FOR_FISHER, ["saliency"])):
        made = planned(here, text, *(f"graft.localizer={name}" for name in sets))
        told = [remark for remark in made.remarks if "graft.steps, graft.lr: no effect" in remark]
        assert len(told) == 1
        graft: Any = made.plans[-1].config
        plain = GraftConfig(localizer=sets[0], finetuned=graft.finetuned)
        assert config_hash(graft) == config_hash(plain)
    assert not planned(here, FOR_FISHER, "graft.localizer=learnt").remarks
    assert not planned(here, FOR_LEARNT, "graft.steps=9").remarks


def test_what_one_part_uses_is_no_fault_of_another(here: Settings) -> None:
    """`--set graft.steps` is for every graft of a recipe."""
    both = FOR_LEARNT + '[fisher]\nkind = "graft"\nof = "finetune"\nlocalizer = "fisher"\n'
    made = planned(here, both, "graft.steps=9")
    assert made.remarks == ("graft.steps: no effect with graft.localizer = fisher",)
    assert "graft.steps is not used" in refused(here, both, "fisher.steps=9")


def test_a_base_patch_alone_only_says_so(here: Settings) -> None:
    made = planned(here, FOR_LEARNT, "graft.learn=false", "graft.steps=9")
    assert made.remarks == ("graft.steps, graft.lr: no effect with graft.learn = no",)


@pytest.fixture
def old(here: Settings) -> Run:
    """A run of the first version, which took any of them."""
    config = GraftConfig(version=1, localizer="fisher", lr=1e6, steps=40)
    raw = {**config.model_dump(mode="json"), "finetuned": {"path": "tuned", "config_hash": ""}}
    del raw["version"]
    (here.root / "tuned").mkdir()
    (here.root / "tuned" / "config.json").write_text("{}")
    run = Run(
        id="aaaaaa", name="old", kind="graft", config=raw, config_hash="1", created_at=0.0,
        folder=here.folder,
    )  # fmt: skip
    with Store.open(here.db) as store:
        store.add([run])
    return run


def test_a_stored_run_brings_its_own_along(here: Settings, old: Run) -> None:
    made, changes = reruns.rerun(old, (), here)
    (again,) = made.plans
    assert again.config.lr == 1e6, "so that another localizer can be chosen"  # type: ignore[attr-defined]
    assert (changes, again.name) == ({}, "old")
    assert made.remarks == ("graft.steps, graft.lr: no effect with graft.localizer = fisher",)
    assert '"version": 2' in dumps(again.config)
    with pytest.raises(UsageError, match="graft.steps is not used"):
        reruns.rerun(old, parse(["graft.steps=9"]), here)
    made, changes = reruns.rerun(old, parse(["graft.localizer=learnt"]), here)
    assert set(changes) == {"graft.localizer"}
    assert not made.remarks


def test_so_does_a_recipe_that_was_saved_of_one(here: Settings, old: Run) -> None:
    text = recipes.dumps(reruns.of_run(old))
    made = planned(here, text)
    assert made.remarks == ("graft.steps, graft.lr: no effect with graft.localizer = fisher",)
    assert "graft.steps is not used" in refused(here, text, "graft.steps=9")


def test_a_run_of_a_newer_version_is_not_run_again(here: Settings, old: Run) -> None:
    """What it knows beside what is known here may change what its settings mean."""
    newer = replace(old, config={**old.config, "version": 99})
    with pytest.raises(UsageError, match="version = 99: written by a newer graftui"):
        reruns.rerun(newer, (), here)
