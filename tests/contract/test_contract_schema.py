"""What a user is told of a wrong setting, and the list of settings itself."""

from typing import Any

import pytest
from pydantic import ValidationError

from engine.contract import config as configs
from engine.contract import schema
from engine.contract.kinds import kinds
from tests.each import each

Raw = dict[str, Any]


def explained(raw: Raw) -> dict[str, str]:
    with pytest.raises(ValidationError) as caught:
        configs.parse(raw)
    return schema.explain(caught.value, raw["kind"])


WRONG: list[tuple[Raw, str, list[str]]] = [
    ({"kind": "finetune", "train": {"lr": -1}}, "train.lr", ["-1", "greater than 0"]),
    ({"kind": "finetune", "train": {"lr": "fast"}}, "train.lr", ["'fast'", "number"]),
    ({"kind": "finetune", "train": {"lr": True}}, "train.lr", ["True", "number"]),
    ({"kind": "finetune", "train": {"lr": float("nan")}}, "train.lr", ["nan", "finite"]),
    ({"kind": "finetune", "train": {"lr": float("inf")}}, "train.lr", ["inf", "finite"]),
    ({"kind": "finetune", "train": {"steps": 0}}, "train.steps", ["0", "1"]),
    ({"kind": "finetune", "train": {"steps": True}}, "train.steps", ["True", "integer"]),
    ({"kind": "finetune", "train": {"steps": 2.5}}, "train.steps", ["2.5", "integer"]),
    ({"kind": "finetune", "train": {"optimizer": "adam"}}, "train.optimizer", ["sgd, adamw"]),
    (
        {"kind": "finetune", "task": {"type": "qa"}},
        "task.type",
        ["prompt, prompt-demo, finetune, autoregressive"],
    ),
    ({"kind": "finetune", "task": {"name": 3}}, "task.name", ["3", "string"]),
    ({"kind": "finetune", "task": {"label_words": {"0": 3}}}, "task.label_words", ["string"]),
    ({"kind": "finetune", "freeze": {"head": "maybe"}}, "freeze.head", ["'maybe'", "boolean"]),
    ({"kind": "finetune", "train": 3}, "finetune.train", ["3"]),
    ({"kind": "finetune", "train": {"lr": {"x": 1}}}, "train.lr", ["number"]),
    ({"kind": "graft", "lr": -1}, "graft.lr", ["greater than or equal to 0"]),
    ({"kind": "graft", "sparsity": 0}, "graft.sparsity", ["1", "greater than 0"]),
    ({"kind": "graft", "sparsity": 1.5}, "graft.sparsity", ["integer", "less than or equal to 1"]),
    ({"kind": "graft", "sparsity": True}, "graft.sparsity", ["True", "integer", "number"]),
    ({"kind": "graft", "sparsities": [0.1, "x"]}, "graft.sparsities", ["'x'", "number"]),
    ({"kind": "graft", "sparsities": "1e-4,1e-3"}, "graft.sparsities", ["list", "[1e-4,1e-3]"]),
    ({"kind": "graft", "sparsities": [0.1, True]}, "graft.sparsities", ["True", "number"]),
    ({"kind": "graft", "compute": {"device": "tpu"}}, "compute.device", ["cuda", "cpu", "auto"]),
]


@each(("raw", "path", "words"), WRONG)
def test_a_wrong_value_is_named_with_what_is_allowed(raw: Raw, path: str, words: list[str]) -> None:
    found = explained(raw)
    assert list(found) == [path]
    assert found[path].startswith(path)
    assert [word for word in words if word not in found[path]] == []


def wrong_values(setting: schema.Setting) -> list[Any]:
    """Values that a setting cannot have, by its type and bounds."""
    if setting.choices:
        return ["nonsense", 3]
    by_type: dict[str, list[Any]] = {
        "text": [3, None],
        "yes/no": ["maybe", 2],
        "integer": ["many", 1.5, -1, None],
        "number": ["much", -1.0, None],
        "fraction or count": ["much", -1.0, None],
        "list": ["one", [None]],
        "table": ["one", {"0": 1}],
    }
    return by_type[setting.type]


@pytest.mark.parametrize("kind", kinds())
def test_every_wrong_value_of_every_setting_is_named(kind: str) -> None:
    wrong = [(one, value) for one in schema.settings(kind) for value in wrong_values(one)]
    assert len(wrong) > 20
    assert [f"{one.path}={value}" for one, value in wrong if not _is_named(kind, one, value)] == []


def _is_named(kind: str, one: schema.Setting, value: Any) -> bool:
    raw: Raw = {"kind": kind}
    inner = raw
    for key in one.keys[:-1]:
        inner = inner.setdefault(key, {})
    inner[one.keys[-1]] = value
    found = explained(raw)
    said = found.get(one.path, "")
    return (
        list(found) == [one.path]
        and said.startswith(f"{one.path} = ")
        and all(choice in said for choice in one.choices)
        and ("should" in said or "one of" in said)
    )


UNKNOWN: list[tuple[Raw, str, str]] = [
    ({"kind": "finetune", "train": {"lrr": 1}}, "train.lrr", "Did you mean train.lr?"),
    (
        {"kind": "finetune", "train": {"warmup_ratio": 1}},
        "train.warmup_ratio",
        "train has: optimizer, lr",
    ),
    (
        {"kind": "finetune", "qqqqq": {}},
        "finetune.qqqqq",
        "compute, demo, freeze, model, task, train",
    ),
    ({"kind": "graft", "sparsty": 1e-4}, "graft.sparsty", "Did you mean graft.sparsity?"),
]


@pytest.mark.parametrize(("raw", "path", "words"), UNKNOWN)
def test_an_unknown_setting_is_named_with_what_there_is(raw: Raw, path: str, words: str) -> None:
    sentence = explained(raw)[path]
    assert f"{path} is not a setting of a {raw['kind']} run" in sentence
    assert words in sentence


def test_the_same_sparsity_twice() -> None:
    assert "twice" in " ".join(explained({"kind": "graft", "sparsities": [0.1, 0.1]}).values())


def test_all_that_is_wrong_is_told_at_once() -> None:
    raw = {"kind": "finetune", "train": {"lr": -1, "steps": 0}, "task": {"k": 0}, "freeeze": {}}
    assert set(explained(raw)) == {"train.lr", "train.steps", "task.k", "finetune.freeeze"}


@pytest.mark.parametrize("kind", kinds())
def test_every_setting_is_described_and_has_its_default(kind: str) -> None:
    """The form, `--set` and docs/ are made from these: a setting without words is no setting."""
    listed = schema.settings(kind)
    assert [s.path for s in listed if not s.help] == []
    flat = schema.flatten(kinds()[kind].config())
    assert flat == {s.path: s.default for s in listed}
    assert len(flat) == len(listed)
