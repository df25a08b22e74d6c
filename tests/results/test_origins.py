"""Where values of a config came from: against who is known to have said them."""

import json
from pathlib import Path

from engine.contract.config import dumps
from engine.contract.identity import config_hash
from graftui import settings as knobs
from graftui.models import Run
from graftui.planning import library
from graftui.planning.overrides import parse
from graftui.results.origins import Origin, told


def test_each_value_is_whose_word_it_was(tmp_path: Path) -> None:
    settings = knobs.at(tmp_path)
    recipe = library.load("pocket", settings)
    sets = parse(["train.lr=0.2", "graft.examples=64", "task.k=16"], recipe.kinds)
    made = recipe.configs(sets)
    runs = {
        kind: Run(id=kind, name=kind, kind=kind, config=json.loads(dumps(config)), recipe="pocket",
                  config_hash=config_hash(config), created_at=0.0)
        for kind, config in made.items()
    }  # fmt: skip
    tune = {line.path: line for line in told(runs["finetune"], settings)}
    graft = {line.path: line for line in told(runs["graft"], settings)}
    assert tune["train.lr"].origin is Origin.set
    assert (tune["train.lr"].value, tune["train.lr"].otherwise) == (0.2, 0.05)
    assert tune["train.steps"].origin is Origin.recipe
    assert tune["train.clip"].origin is Origin.default
    assert tune["task.k"].origin is Origin.recipe, "set to what the recipe says"
    assert graft["graft.examples"].origin is Origin.set
    assert graft["graft.examples"].otherwise == graft["graft.examples"].default == 1024
    assert graft["graft.lr"].origin is Origin.recipe
    assert graft["model.name"].origin is Origin.input
    assert {line.origin for line in told(runs["graft"], settings)} == {*Origin}
    gone = Run(id="x", name="x", kind="finetune", config=runs["finetune"].config, recipe="no such",
               config_hash="", created_at=0.0)  # fmt: skip
    alone = {line.path: line.origin for line in told(gone, settings)}
    assert alone["train.steps"] is Origin.set
    assert alone["train.clip"] is Origin.default
    other = Run(id="x", name="x", kind="other", config={"a": 1}, config_hash="", created_at=0.0)
    assert [(line.path, line.origin) for line in told(other, settings)] == [("other.a", Origin.set)]
