"""Recipes: links, inheritance; writing one and reading it back changes nothing."""

import contextlib
from collections.abc import Sequence
from pathlib import Path

import pytest
import tomli_w
from hypothesis import given
from hypothesis import strategies as st

from engine.contract import schema
from engine.contract.kinds.finetune import FinetuneConfig
from engine.contract.kinds.graft import GraftConfig
from engine.contract.layout import shipped
from engine.contract.sections import RunConfig
from graftui.errors import UsageError
from graftui.planning import recipes
from graftui.planning.evidence.controls import expanded
from graftui.planning.overrides import parse
from tests.each import each
from tests.strange import VALUES

BOTH = """
[finetune]
model.name = "roberta-base"
task = { name = "SST-2", k = 64 }
[graft]
of = "finetune"
task.test_rows = 100
sparsity = 1e-3
"""
SHIPPED = sorted((shipped() / "recipes").glob("*.toml"))


def configs_of(text: str, name: str, overrides: Sequence[str]) -> dict[str, RunConfig]:
    recipe = recipes.loads(text, name)
    return recipe.configs(parse(overrides, recipe.kinds))


def both(*overrides: str) -> tuple[FinetuneConfig, GraftConfig]:
    made = configs_of(BOTH, "both", overrides)
    tuning, graft = made["finetune"], made["graft"]
    assert isinstance(tuning, FinetuneConfig)
    assert isinstance(graft, GraftConfig)
    return tuning, graft


def test_a_linked_part_takes_over_what_it_does_not_say() -> None:
    tuning, graft = both()
    assert graft.model == tuning.model
    assert graft.task == tuning.task.model_copy(update={"test_rows": 100})


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_recipes_are_valid_and_have_a_title(path: Path) -> None:
    recipe = recipes.loads(path.read_text(), path.stem)
    assert recipe.title
    configs = recipe.configs()
    assert {part: config.kind for part, config in configs.items()} == recipe.kinds
    assert set(recipe.results) <= set(configs)
    if recipe.evidence is not None:
        assert expanded(recipe).refused == {}


@given(st.data())
def test_written_and_read_back_it_is_the_same(data: st.DataObject) -> None:
    """Any setting changed to any value of its type survives TOML."""
    recipe = recipes.loads(BOTH, "both")
    for part, kind in recipe.kinds.items():
        setting = data.draw(st.sampled_from([s for s in schema.settings(kind) if not s.choices]))
        values = {
            "text": st.text(st.characters(exclude_categories=["Cs"])),
            "integer": st.integers(1, 10**9),
            "number": st.floats(1e-9, 1),
            "fraction or count": st.floats(1e-9, 1) | st.integers(1, 10**9),
            "yes/no": st.booleans(),
            "list": st.lists(st.floats(1e-9, 1), unique=True),
            "table": st.dictionaries(st.text(min_size=1), st.text()),
        }
        body = recipe.parts[part]
        for key in setting.keys[:-1]:
            body = body.setdefault(key, {})
        body[setting.keys[-1]] = data.draw(values[setting.type])
    again = recipes.loads(recipes.dumps(recipe), "both")
    assert (again.parts, again.kinds, again.inputs) == (recipe.parts, recipe.kinds, recipe.inputs)


def test_a_wrong_value_names_the_setting_and_the_recipe() -> None:
    with pytest.raises(UsageError, match=r"both: .*train\.lr.*greater than 0"):
        both("train.lr=0")


@each(
    ("text", "overrides", "named"),
    [
        ('[a]\nkind = ["graft"]', (), "['graft']"),
        ("[a]\nkind = { graft = 1 }", (), "{'graft': 1}"),
        ('[finetune]\n[graft]\nof = ["finetune"]', (), "['finetune']"),
        ('[finetune]\nmodel = "x"', (), "model = 'x'"),
        ('[finetune]\nmodel = "x"', ("model.name=y",), "model = 'x'"),
        ("[finetune]\ntrain = 3\n[graft]\nof = 'finetune'\nmodel = 3", (), "train = 3"),
        ("[finetune]\nx = " + "[" * 40 + "]" * 40, (), "nested more than 32"),
        ("[finetune]\nx = " + "[" * 5000 + "]" * 5000, (), "nested more than 32"),
        ("[finetune]\n" + ".".join("x" * 40) + " = 1", (), "nested more than 32"),
        ("[finetune]\n", ("train.lr=" + "[" * 5000 + "]" * 5000,), "train.lr"),
        ("[finetune]\n", ("task.label_words=" + "{" * 5000,), "task.label_words"),
        ("[finetune]\n", ("task.label_words=" + "-" * 100_000 + "1",), "task.label_words"),
    ],
)
def test_wrong_types_and_endless_nesting_are_refused_by_name(
    text: str, overrides: tuple[str, ...], named: str
) -> None:
    with pytest.raises(UsageError) as caught:
        configs_of(text, "r", overrides)
    assert named in caught.value.message
    assert len(caught.value.message) < 1000


@given(part=st.sampled_from(["kind", "of", "model", "train", "task", "lr", "compute"]),
       value=VALUES)  # fmt: skip
def test_any_value_in_a_recipe_is_met_or_refused(part: str, value: object) -> None:
    try:
        text = tomli_w.dumps({"finetune": {}, "graft": {"of": "finetune", part: value}})
    except (TypeError, UnicodeEncodeError, ValueError):  # TOML has no null
        return
    with contextlib.suppress(UsageError):
        configs_of(text, "r", ("model.name=x", "train.lr=1e-3"))
