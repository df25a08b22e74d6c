"""`--set path=value`: read once, put into the parts that have the setting, or refused by name."""

from typing import Any

import pytest

from engine.contract.kinds.finetune import FinetuneConfig
from engine.contract.sections import ModelConfig
from graftui.errors import UsageError
from graftui.planning import recipes
from graftui.planning.overrides import Override, Source, parse
from tests.each import each
from tests.planning.test_recipes import both

TWO = """
[finetune]
[small]
kind = "graft"
of = "finetune"
sparsity = 1e-4
[large]
kind = "graft"
of = "finetune"
"""


def two(*texts: str) -> dict[str, Any]:
    recipe = recipes.loads(TWO, "two")
    return {**recipe.configs(parse(texts, recipe.kinds))}


def test_set_reaches_every_part_that_has_the_setting() -> None:
    tuning, graft = both("task.k=8", "train.lr=0.5", "graft.sparsities=[1e-4, 50]")
    assert (tuning.task.k, graft.task.k) == (8, 8)
    assert tuning.train.lr == 0.5
    assert graft.curve == (1e-4, 50)


def test_set_with_the_name_of_a_part_reaches_that_part_alone() -> None:
    tuning, graft = both("graft.task.k=8")
    assert (tuning.task.k, graft.task.k) == (64, 8)
    made = two("small.sparsity=5", "large.graft.sparsity=6", "small.task.k=3")
    assert (made["small"].sparsity, made["large"].sparsity) == (5, 6)
    assert [made[part].task.k for part in ("finetune", "small", "large")] == [16, 3, 16]
    assert [two("graft.sparsity=7")[part].sparsity for part in ("small", "large")] == [7, 7]


def test_what_is_said_of_one_part_counts_wherever_it_is_said() -> None:
    for texts in (("task.k=8", "graft.task.k=16"), ("graft.task.k=16", "task.k=8")):
        tuning, graft = both(*texts)
        assert (tuning.task.k, graft.task.k) == (8, 16)


def test_an_entry_of_a_table_is_put_into_it() -> None:
    tuning, _ = both("task.label_words.0=bad", "task.label_words.1=fine")
    assert tuning.task.label_words == {"0": "bad", "1": "fine"}
    table, entry = "task.label_words={0=bad, 1=good}", "task.label_words.1=fine"
    for texts in ((table, entry), (entry, table)):
        sets = parse(texts)
        for _ in range(2):  # the first time leaves the values as they were
            recipe = recipes.loads("[finetune]\n", "plain")
            made = recipe.configs(sets)["finetune"]
            assert isinstance(made, FinetuneConfig)
            assert made.task.label_words == {"0": "bad", "1": "fine"}
        assert parse((table,))[0].value == {"0": "bad", "1": "good"}


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("task.label_words.0= false", {"0": " false"}),
        ("task.label_words.0=true", {"0": "true"}),
        ("task.label_words.0='quoted'", {"0": "quoted"}),
        ("task.label_words.a.b=dotted", {"a.b": "dotted"}),
        ("task.label_words={'0':'bad','1':'good'}", {"0": "bad", "1": "good"}),
        ('task.label_words={0="bad", 1="good"}', {"0": "bad", "1": "good"}),
    ],
)
def test_label_words_are_words(override: str, words: dict[str, str]) -> None:
    made = recipes.loads("[finetune]\n", "plain").configs(parse([override]))["finetune"]
    assert isinstance(made, FinetuneConfig)
    assert made.task.label_words == words


def test_values_are_typed_from_the_start() -> None:
    """The check of what runs hears no text that it would have to understand once more."""
    assert parse(["model.name=2024", "task.also_test=[mr]", "train.lr=1e-3"]) == (
        Override("model.name", "2024", Source.command_line),
        Override("task.also_test", ["mr"], Source.command_line),
        Override("train.lr", 1e-3, Source.command_line),
    )
    of_form = (Override("model.name", "true", Source.form),)
    made = recipes.loads("[finetune]\n", "plain").configs(of_form)["finetune"]
    assert made == FinetuneConfig(model=ModelConfig(name="true"))


@pytest.mark.parametrize("second", ["train.lr=0.5", "train.lr=0.4", " train.lr =0.4"])
def test_a_setting_is_set_once(second: str) -> None:
    with pytest.raises(UsageError, match="--set train.lr is given twice: '0.5' and"):
        both("train.lr=0.5", "task.k=8", second)


@each(
    ("text", "says"),
    [
        ("train.lr", "give it as setting=value"),
        ("=1", "give it as setting=value"),
        ("train.lrr=1", "--set train.lrr: there is no such setting. Did you mean train.lr?"),
        ("lr=1", "--set lr: there is no such setting"),
        ("small.lrr=1", "--set small.lrr: there is no such setting"),
        ("train.lr=fast", "--set train.lr=fast: should be a valid number, such as 0.001"),
        ("train.steps=1e3", "--set train.steps=1e3: should be a valid integer"),
        ("small.learn=maybe", "--set small.learn=maybe: should be yes or no"),
        (
            "task.also_test=[mr",
            '--set task.also_test=[mr: should be a list, written ["one", "two"]',
        ),
        ("task.label_words=bad", "--set task.label_words=bad: should be a table"),
        ("train.lr=" + "x" * 5000, "xxx...: should be a valid number"),
        ("train.lr=0", "train.lr = 0: should be greater than 0"),
        ("train.optimizer=adam", "one of sgd, adamw"),
    ],
)
def test_what_is_wrong_is_named_as_it_was_typed(text: str, says: str) -> None:
    with pytest.raises(UsageError) as refusal:
        two(text)
    assert says in refusal.value.message
    assert len(refusal.value.message) < 500
    assert refusal.value.hint


def test_who_gave_a_setting_its_value_is_known() -> None:
    recipe = recipes.loads(TWO, "two")
    typed = parse(["large.lr=1", "task.k=8", "task.label_words.0=x"], recipe.kinds)
    _, told = recipe.asked(typed)
    assert told["small"].keys() == {"graft.sparsity", "task.k", "task.label_words.0"}
    assert told["small"]["graft.sparsity"].source is Source.recipe
    assert told["large"]["graft.lr"] == Override("large.lr", 1, Source.command_line)
    assert "task.k" in told["finetune"]
    assert recipe.asked()[1]["finetune"] == {}
