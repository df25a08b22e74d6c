"""Skills of models whose tensors are named or arranged otherwise on disk, against transformers."""

import json
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
import transformers as tf

from engine.contract.sections import FreezeConfig
from engine.graft import install, stream
from engine.graft.apply import State, installed
from engine.graft.info import SkillError
from tests.engine.engine_zoo import BERT_LIKE, FAMILIES
from tests.engine.graft.test_graft_install import content, skill_of, tensors

HEADS = {"num_key_value_heads": 1, "num_experts_per_tok": 2}
EXPERTS: dict[str, Any] = {
    "mixtral": lambda: tf.MixtralForCausalLM(
        tf.MixtralConfig(**BERT_LIKE, **HEADS, num_local_experts=3)
    ),
    "qwen2-moe": lambda: tf.Qwen2MoeForCausalLM(
        tf.Qwen2MoeConfig(
            **BERT_LIKE, **HEADS, num_experts=3, moe_intermediate_size=8,
            shared_expert_intermediate_size=8,
        )
    ),
    "olmoe": lambda: tf.OlmoeForCausalLM(tf.OlmoeConfig(**BERT_LIKE, **HEADS, num_experts=3)),
    "phimoe": lambda: tf.PhimoeForCausalLM(
        tf.PhimoeConfig(**BERT_LIKE, **HEADS, num_local_experts=3)
    ),
}  # fmt: skip


def experts(family: str, folder: Path, **how: Any) -> Any:
    torch.manual_seed(0)
    lm = EXPERTS[family]()
    lm.save_pretrained(folder, **how)
    return lm


@pytest.mark.parametrize(
    ("family", "size"), [*((family, "6KB") for family in EXPERTS), ("mixtral", "1GB")]
)
def test_experts_fused_in_memory_and_apart_on_disk(tmp_path: Path, family: str, size: str) -> None:
    folder = tmp_path / "m"
    experts(family, folder, max_shard_size=size)
    before = content(folder)
    live = tf.AutoModelForCausalLM.from_pretrained(folder)
    names = tuple(name for name, _ in live.named_parameters() if ".experts." in name)
    assert names
    assert not set(names) & tensors(folder).keys()
    skill = skill_of(folder, names, tf.AutoModelForCausalLM)
    assert install.verify(skill, folder).state is State.base
    install.install(skill, folder)
    assert install.verify(skill, folder).state is State.skill
    with installed(skill, live):
        expected = {n: p.clone() for n, p in live.named_parameters()}
    there = dict(tf.AutoModelForCausalLM.from_pretrained(folder).named_parameters())
    assert all(there[name].equal(value) for name, value in expected.items())
    install.uninstall(skill, folder)
    assert content(folder) == before


def test_a_skill_is_cut_from_experts_that_lie_apart(tmp_path: Path) -> None:
    """Against movement in memory."""
    lm = experts("mixtral", tmp_path / "a")
    pre = {n: p.detach().clone() for n, p in lm.named_parameters()}
    with torch.no_grad():
        for parameter in lm.parameters():
            parameter.add_(torch.randn_like(parameter))
    lm.save_pretrained(tmp_path / "b", max_shard_size="20KB")
    about = {"base": "", "task": "", "prompt": "", "label_words": {}, "scores": {}}
    made = stream.cut(
        tmp_path / "a",
        tmp_path / "b",
        200,
        FreezeConfig(),
        lambda *_: None,
        config_hash="",
        **about,
    ).skill
    inside = [n for n in pre if ".layers." in n]
    moved = torch.cat(
        [(p - pre[n]).abs().flatten() for n, p in lm.named_parameters() if n in inside]
    )
    least = moved.sort(descending=True).values[199]
    for name, parameter in lm.named_parameters():
        chosen = ((parameter - pre[name]).abs().flatten() >= least).nonzero().flatten()
        kept = made.indices.get(name, torch.empty(0, dtype=torch.int64))
        assert kept.equal(chosen if name in inside else kept[:0]), name
    assert any("experts" in name for name in made.indices)


def test_norms_by_their_old_names(tmp_path: Path) -> None:
    """As in bert-base-uncased's file."""
    folder = tmp_path / "m"
    FAMILIES["bert"].build().save_pretrained(folder)
    names = (("LayerNorm.weight", "LayerNorm.gamma"), ("LayerNorm.bias", "LayerNorm.beta"))
    old = tensors(folder)
    for new, older in names:
        old = {name.replace(new, older): value for name, value in old.items()}
    safetensors.torch.save_file(old, folder / "model.safetensors", {"format": "pt"})
    before = content(folder)
    norm = "bert.encoder.layer.1.output.LayerNorm"
    skill = skill_of(folder, (f"{norm}.weight", f"{norm}.bias"), tf.AutoModelForMaskedLM)
    install.install(skill, folder)
    for part, name in (("weight", "gamma"), ("bias", "beta")):
        flat = tensors(folder)[f"{norm}.{name}"]
        assert flat[skill.indices[f"{norm}.{part}"]].equal(skill.values[f"{norm}.{part}"])
    install.uninstall(skill, folder)
    assert content(folder) == before


def test_a_tensor_that_the_index_lacks_is_named(tmp_path: Path) -> None:
    folder = tmp_path / "m"
    experts("mixtral", folder, max_shard_size="6KB")
    names = ("model.layers.0.self_attn.q_proj.weight", "model.layers.0.mlp.experts.down_proj")
    skill = skill_of(folder, names, tf.AutoModelForCausalLM)
    index = folder / "model.safetensors.index.json"
    whole = json.loads(index.read_text())
    del whole["weight_map"][names[0]]
    index.write_text(json.dumps(whole))
    with pytest.raises(
        SkillError, match=rf"{index} lacks {names[0]}, which the model of its config"
    ):
        install.verify(skill, folder)


def test_what_is_more_than_a_rearrangement_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from transformers.core_model_loading import MergeModulelist

    whole = MergeModulelist.convert
    experts("mixtral", tmp_path / "m")
    name = "model.layers.0.mlp.experts.down_proj"
    skill = skill_of(tmp_path / "m", (name,), tf.AutoModelForCausalLM)

    def convert(self: Any, *args: Any, **kwargs: Any) -> dict[str, torch.Tensor]:
        return {key: value.transpose(-1, -2) for key, value in whole(self, *args, **kwargs).items()}

    monkeypatch.setattr(MergeModulelist, "convert", convert)
    with pytest.raises(SkillError, match=f"stores {name} in another arrangement") as refused:
        install.verify(skill, tmp_path / "m")
    assert "save_pretrained" in refused.value.hint
