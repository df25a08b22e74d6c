"""Which control runs a card takes: as parts of the recipe, each once, the rest refused in words."""

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import pytest

from engine.contract.identity import config_hash
from engine.contract.kinds import kinds
from engine.contract.kinds.finetune import FinetuneConfig
from graftui.errors import UsageError
from graftui.planning import plans, recipes
from graftui.planning.evidence import controls
from graftui.planning.evidence.asked import asked, parsed
from graftui.planning.evidence.controls import REGION, Line, expanded
from graftui.planning.evidence.planning import counts, needed
from graftui.planning.overrides import parse
from graftui.planning.plans import TAG
from graftui.settings import at

RECIPE = """
[finetune]
train.lr = 0.05
[graft]
of = "finetune"
[evidence]
seeds = 1
"""


def test_the_controls_of_a_card() -> None:
    made = expanded(recipes.loads(RECIPE, "r"))
    per_line = {line: [c for c in made.runs if c.line is line] for line in Line}
    assert {line: len(runs) for line, runs in per_line.items()} == {
        Line.exchange: 1, Line.retraining: 3 * 6, Line.data: 1, Line.model: 1, Line.size: 4,
    }  # fmt: skip
    rates = {round(c.lr, 6) for c in per_line[Line.retraining] if c.region == REGION}
    assert rates == {0.05, 0.15, 0.5}
    configs = made.recipe.configs()
    hashes = [config_hash(configs[control.part]) for control in made.runs]
    assert made.graft == "graft"
    assert not made.refused
    tuned = configs["finetune"]
    assert config_hash(tuned) in hashes, "re-training of everything at its own rate is itself"
    seeds = {configs[c.part].model_dump()["task"]["data_seed"] for c in per_line[Line.data]}
    assert seeds == {21}


def test_what_is_overridden_is_so_in_the_controls_too() -> None:
    made = expanded(recipes.loads(RECIPE, "r"), parse(["task.data_seed=21", "train.steps=7"]))
    configs = made.recipe.configs()
    (data,) = (c for c in made.runs if c.line is Line.data)
    assert configs[data.part].model_dump()["task"]["data_seed"] == 13
    steps = {c.model_dump()["train"]["steps"] for c in configs.values() if hasattr(c, "train")}
    assert steps == {7}


@pytest.mark.parametrize(("localizer", "anew"), [("random", True), ("movement", False)])
def test_a_region_that_is_drawn_is_drawn_anew_for_another_seed(localizer: str, anew: bool) -> None:
    """With the same draws a random region would be found again, whatever the data are."""
    made = expanded(
        recipes.loads(RECIPE.replace("seeds = 1", "seeds = 2"), "r"),
        parse([f"graft.localizer={localizer}"]),
    )
    configs = made.recipe.configs()
    for line in (Line.data, Line.model):
        drawn = [configs[c.part].model_dump()["seed"] for c in made.runs if c.line is line]
        own = configs["graft"].model_dump()["seed"]
        assert drawn == ([own + 1, own + 2] if anew else [own, own])


def test_a_training_that_is_refused_is_said_of_the_line_that_it_is_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    entry = kinds()["finetune"]
    own = expanded(recipes.loads(RECIPE, "r"))
    seed = own.recipe.configs()["finetune"].model_dump()["train"]["seed"]

    def check(config: FinetuneConfig, linked: Collection[str]) -> tuple[str, str] | None:
        return ("no such seed", "") if config.train.seed != seed else entry.check(config, linked)

    other = {**kinds(), "finetune": replace(entry, check=check)}
    monkeypatch.setattr(controls, "kinds", lambda: other)
    made = expanded(recipes.loads(RECIPE, "r"))
    assert made.refused == {Line.model: "no such seed"}
    assert {c.line for c in made.runs} == set(Line) - {Line.model}


def test_a_plan_has_each_run_once_and_says_which_are_there_for_the_card(tmp_path: Path) -> None:
    planned = plans.plan(recipes.loads(RECIPE, "r"), at(tmp_path))
    assert planned.controls
    twin = next(c.part for c in planned.controls.runs if c.region == "everything")
    assert planned.places[twin] == planned.places["finetune"] == 0
    tagged = [TAG in plan.tags for plan in planned.plans]
    assert tagged.count(False) == 2
    assert counts(planned)[Line.retraining] == (18, 0)
    assert len(planned.plans) == 2 + 1 + 17 + 2 * 2 + 4
    for number, plan in enumerate(planned.plans):
        assert all(s < number for given in plan.inputs.values() for s in given)  # type: ignore[operator]
    assert needed(planned).plans == planned.plans


def test_a_recipe_without_it_is_planned_as_ever(tmp_path: Path) -> None:
    text = RECIPE.partition("[evidence]")[0]
    planned = plans.plan(recipes.loads(text, "r"), at(tmp_path))
    assert planned.controls is None
    assert len(planned.plans) == 2
    kept = recipes.loads(recipes.dumps(recipes.loads(RECIPE, "r")), "r")
    assert kept.evidence == {"seeds": 1}


def test_what_cannot_be_is_said() -> None:
    def refusal(text: str, *sets: str) -> str:
        with pytest.raises(UsageError) as caught:
            expanded(recipes.loads(text, "r"), parse(sets))
        return caught.value.message

    assert "regions = 1" in refusal(RECIPE + "regions = 1")
    assert "sorts" in refusal(RECIPE + "sorts = 1")
    assert "is no graft" in refusal(RECIPE + 'of = "finetune"')
    assert "one graft" in refusal(RECIPE, "graft.sparsities=[0.1, 0.2]")
    alone = '[graft]\nfinetuned.path = "x"\n[evidence]\n'
    made = expanded(recipes.loads(alone, "r"))
    assert set(made.refused) >= {Line.retraining, Line.data, Line.model}
    with pytest.raises(UsageError, match="given twice"):
        parsed(["draws=3", "draws=4"])
    with pytest.raises(UsageError, match="SETTING=VALUE"):
        parsed(["draws"])
    assert parsed(["of=graft", "draws = 3"]) == {"of": "graft", "draws": 3}
    with pytest.raises(UsageError, match="draws = 'zero'.*valid integer"):
        asked(parsed(["draws=zero"]), "--set")
