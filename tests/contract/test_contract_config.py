"""Configs: round trips, and what the hash does and does not depend on."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from engine.contract import config as configs
from engine.contract import schema
from engine.contract.combining import methods
from engine.contract.identity import config_hash
from engine.contract.kinds import kinds
from engine.contract.kinds.finetune import FinetuneConfig
from engine.contract.kinds.graft import GraftConfig, check_settings
from engine.contract.schema import Setting
from engine.contract.sections import TaskConfig

NOT_HASHED = {
    "compute.device",
    "compute.gpu_memory_gib",
    "compute.memory_gib",
    "compute.save_every_s",
    "compute.threads",
    "compute.batch_tokens",
    "finetuned.path",
    "region.mask",
    "grafted.path",
    "combine.skills",
    "combine.finetuned",
    "evaluate.skills",
}
# What stored configs mean must not change: these digests are those of version 0.1.0.
PINNED = {
    "combine": "317dcb6ee8688458",
    "continual": "dd54d07fb5b80cc7",
    "control": "9eb654cdfca50b46",
    "evaluate": "fd970b5e4b139e32",
    "finetune": "a4b5dbdd0d5e3a87",
    "graft": "cb05f9bd8a197468",
    "retrain": "ed66717f118d91a6",
}


def other(setting: Setting) -> Any:
    """An allowed value of `setting` that is not its default."""
    if setting.path == "compute.device":
        return "cpu"
    if setting.type == "list":
        numbers = {"region.layers": [1], "evaluate.alphas": [0.5]}
        plain = [0.5] if setting.items != "text" else ["mr"]
        return numbers.get(setting.path, plain)
    if setting.choices:
        return next(choice for choice in setting.choices if choice != setting.default)
    values: dict[str, Any] = {
        "yes/no": not setting.default,
        "text": f"{setting.default}x",
        "table": {"0": "bad"},
        "integer": setting.default + 1 if setting.type == "integer" else None,
        "number": (setting.default or 1) / 2 if setting.type == "number" else None,
        "fraction or count": 7,
    }
    return values[setting.type]


READ_BY = {
    "region.like": "random", "region.seed": "random", "region.sparsity": "movement",
    "region.magnitude_of": "magnitude", "region.layers": "layer", "region.modules": "module",
}  # fmt: skip
"""The source of a region that reads a setting which the default one does not."""


def unchanged(kind: str, setting: Setting) -> dict[str, Any]:
    """A raw config whose result hangs on `setting`, with that at its default."""
    source = READ_BY.get(setting.path)
    users = (entry.name for entry in methods().values() if setting.keys[0] in entry.uses)
    method = {"method": next(users, "union")} if kind == "combine" else {}
    return {"kind": kind, **method, **({"region": {"source": source}} if source else {})}


def changed(kind: str, setting: Setting, value: Any) -> Any:
    raw = unchanged(kind, setting)
    inner = raw
    for key in setting.keys[:-1]:
        inner = inner.setdefault(key, {})
    inner[setting.keys[-1]] = value
    return configs.parse(raw)


@pytest.mark.parametrize("kind", kinds())
def test_hash_depends_on_what_determines_the_result(kind: str) -> None:
    for setting in schema.settings(kind):
        plain = configs.parse(unchanged(kind, setting))
        config = changed(kind, setting, other(setting))
        assert config != plain, setting.path
        same = config_hash(config) == config_hash(plain)
        assert same == (setting.path in NOT_HASHED), setting.path
        assert configs.loads(configs.dumps(config)) == config, setting.path


@pytest.mark.parametrize("kind", kinds())
def test_hash_of_the_defaults_is_pinned(kind: str) -> None:
    assert config_hash(kinds()[kind].config()) == PINNED[kind]


def test_hash_knows_no_order_of_keys() -> None:
    words = {"0": "bad", "1": "good"}
    turned = dict(reversed(words.items()))
    one, two = ({"kind": "finetune", "task": {"label_words": w}} for w in (words, turned))
    assert config_hash(configs.parse(one)) == config_hash(configs.parse(two))


def test_one_weight_is_not_all_of_them() -> None:
    """A whole number is a count, a float a fraction: 1 and 1.0 must stay apart in the file."""
    count, fraction = (configs.parse({"kind": "graft", "sparsity": s}) for s in (1, 1.0))
    assert config_hash(count) != config_hash(fraction)
    kept = [configs.loads(configs.dumps(c)) for c in (count, fraction)]
    assert [type(c.sparsity) for c in kept if isinstance(c, GraftConfig)] == [int, float]


@given(
    lr=st.floats(min_value=0, exclude_min=True, allow_infinity=False),
    prompt=st.text(),
    words=st.dictionaries(st.text(), st.text(), max_size=3),
    sparsities=st.lists(
        st.integers(1, 2**40) | st.floats(1e-12, 1, exclude_max=True), unique=True, max_size=4
    ),
)
def test_round_trip(lr: float, prompt: str, words: dict[str, str], sparsities: list[float]) -> None:
    config = GraftConfig(
        lr=lr,
        sparsities=tuple(sparsities),
        task=TaskConfig(prompt=prompt, label_words=words),
    )
    text = configs.dumps(config)
    assert configs.loads(text) == config
    assert configs.dumps(configs.loads(text)) == text
    assert config_hash(configs.loads(text)) == config_hash(config)


def test_a_config_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        FinetuneConfig().train.lr = 1.0  # type: ignore[misc]


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({"base_patch": "a-mask", "sparsities": [0.1, 0.2]}, "graft.sparsities does not go"),
        ({"base_patch": "a-mask", "recover": 0.9}, "graft.recover does not go"),
        ({"learn": False, "localizer": "saliency"}, "the base patch alone"),
    ],
)
def test_settings_without_effect_are_refused_but_read(raw: dict[str, Any], words: str) -> None:
    """Runs that were made with them must not be lost with runs.db."""
    config = configs.parse({"kind": "graft", **raw})
    assert isinstance(config, GraftConfig)
    found = check_settings(config)
    assert found is not None
    assert words in found[0]
    assert check_settings(GraftConfig(learn=False)) is None


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ({"sparsities": [0.1], "recover": 0.9}, "finds one sparsity"),
        ({"sparsities": [0.1, 0.1]}, "twice"),
    ],
)
def test_settings_that_exclude_each_other(raw: dict[str, Any], words: str) -> None:
    with pytest.raises(ValidationError, match=words):
        configs.parse({"kind": "graft", **raw})


@pytest.mark.parametrize("kind", kinds())
def test_stored_configs_of_0_1_still_read(kind: str) -> None:
    """They held the sizes of batches in examples; other unknown keys are still refused."""
    graft = {"micro_batch": 8, "sparsities": [0.1, 0.2]} if kind == "graft" else {}
    raw = {"kind": kind, **graft, "compute": {"eval_batch": 64, "bf16": True}}
    now = configs.parse(raw)
    assert now.model_dump()["compute"]["bf16"]
    assert configs.loads(configs.dumps(now)) == now
    with pytest.raises(ValidationError):
        configs.parse({**raw, "mini_batch": 8})
