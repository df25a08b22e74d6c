"""The pocket models behave as the paper says real ones do: a few weights carry a learnt skill."""

from pathlib import Path
from typing import Any

import pytest

from engine.contract.kinds.finetune import FinetuneConfig
from engine.contract.kinds.graft import GraftConfig
from engine.contract.layout import RunDir, shipped
from engine.contract.sections import Finetuned, Section
from engine.emit import Emitter, StopRequest
from engine.kinds import finetune
from engine.kinds import graft as grafting
from graftui.planning import recipes
from graftui.planning.overrides import parse


class NeverStop(StopRequest):
    """A stop request that leaves the signals of the test run alone."""

    def __init__(self) -> None:
        self._signal = ""


def both_parts(recipe: str, place: Path, *overrides: str) -> tuple[dict[str, float], int]:
    """The summary of a recipe's graft, run in this process, and the number of test rows."""
    text = (shipped() / "recipes" / f"{recipe}.toml").read_text()
    made = recipes.loads(text, recipe).configs(parse(overrides))
    tuning, graft = made["finetune"], made["graft"]
    assert isinstance(tuning, FinetuneConfig)
    assert isinstance(graft, GraftConfig)
    run(finetune.run, tuning, place / "finetune")
    source = Finetuned(path=str(place / "finetune" / "checkpoint"))
    done = run(grafting.run, graft.model_copy(update={"finetuned": source}), place / "graft")
    spec_rows = (shipped() / "pocket" / "tasks" / "film-sentiment" / "test.tsv").read_text()
    return done.summary, spec_rows.count("\n") - 1


def run(work: Any, config: Section, place: Path) -> Any:
    place.mkdir()
    return work(config, RunDir(place), Emitter(place / "events.jsonl"), NeverStop())


# Fewer steps than the recipes' 400 show it as well.
@pytest.mark.parametrize(
    ("recipe", "seed", "steps"), [("pocket", 21, 80), ("pocket-causal", 42, 150)]
)
def test_a_tiny_graft_carries_a_skill_that_the_base_lacks(
    recipe: str, seed: int, steps: int, tmp_path: Path
) -> None:
    sets = (f"task.data_seed={seed}", f"train.steps={steps}", "task.test_rows=200")
    summary, test_rows = both_parts(recipe, tmp_path, *sets)
    assert test_rows >= 500
    assert summary["pretrained"] <= 0.65
    assert summary["finetuned"] >= 0.90
    assert summary["fraction"] <= 0.01
    assert summary["learnt_graft"] >= 0.95 * summary["finetuned"]
    assert summary["learnt_graft"] > summary["base_patch"]
