"""What a recipe with a retraining asks for: the fine-tuning's settings, in the graft's region."""

from pathlib import Path
from typing import Any

import pytest

from engine.contract.kinds import kinds
from engine.contract.remarks import remarks
from graftui.errors import UsageError
from graftui.planning import library, recipes
from graftui.planning.overrides import parse
from graftui.planning.wanted import wanted
from graftui.settings import at

RECIPE = """
[finetune]
train = { lr = 0.05, steps = 40 }
task.k = 8
[graft]
of = "finetune"
localizer = "movement"
[retrain]
inputs = { finetuned = "finetune", mask = "graft" }
region.source = "skill"
"""


def asked(folder: Path, text: str, *sets: str) -> dict[str, Any]:
    """Part -> what is wanted of it."""
    recipe = recipes.loads(text, "mine")
    made = wanted(recipe, parse(sets, recipe.kinds), at(folder))
    return {each.part: each for each in made}


def test_a_retraining_takes_over_task_and_training_and_is_told_the_rate_alone(
    tmp_path: Path,
) -> None:
    parts = asked(tmp_path, RECIPE, "retrain.train.lr=0.5")
    config, tuned = parts["retrain"].config, parts["finetune"].config
    assert (config.task, config.train.steps, config.train.lr) == (tuned.task, 40, 0.5)
    assert tuned.train.lr == 0.05
    assert config.region.mask_hash == parts["graft"].hash
    assert config.finetuned.config_hash == parts["finetune"].hash
    assert remarks(config) == []


def test_what_the_region_does_not_read_makes_no_other_run(tmp_path: Path) -> None:
    def of(*sets: str) -> str:
        return str(asked(tmp_path, RECIPE, *sets)["retrain"].hash)

    plain, drawn = of(), of("region.source=random")
    assert of("region.seed=3") == plain
    assert of("graft.sparsity=0.5") != plain, "another mask"
    assert len({plain, drawn, of("region.source=random", "region.seed=3")}) == 3
    biases = of("region.source=biases")
    assert of("region.source=biases", "graft.sparsity=0.5") == biases
    (said,) = remarks(asked(tmp_path, RECIPE, "region.layers=1")["retrain"].config)
    assert said == "region.layers: no effect with region.source = skill"


def test_a_mask_is_a_file_by_its_content_or_a_link(tmp_path: Path) -> None:
    alone = "[retrain]\nregion.source = 'skill'\n"
    with pytest.raises(UsageError, match="region.mask is empty"):
        asked(tmp_path, alone)
    for name, content in (("a", b"1"), ("b", b"1"), ("c", b"2")):
        (tmp_path / name).write_bytes(content)
    a, b, c = (
        asked(tmp_path, alone, f"region.mask={tmp_path / name}")["retrain"].hash for name in "abc"
    )
    assert a == b != c
    with pytest.raises(UsageError, match="made from"):
        asked(tmp_path, RECIPE, f"region.mask={tmp_path / 'a'}")


def test_the_shipped_recipe_holds_its_controls(tmp_path: Path) -> None:
    recipe = library.load("pocket-retrain", at(tmp_path))
    assert recipe.sweep["zip"]["region"]["source"].count("random") == 3
    assert {each.part for each in wanted(recipe, (), at(tmp_path))} == {*recipe.parts}


def test_what_is_retrained_is_taken_wherever_a_skill_is() -> None:
    for kind in kinds().values():
        for role in kind.roles:
            if role.file == "skill.safetensors":
                assert "retrain" in role.of, (kind.name, role.name)
            if role.file == "checkpoint":
                assert "retrain" not in role.of, (kind.name, role.name)
