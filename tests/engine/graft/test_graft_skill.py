"""The skill file: there and back bit for bit, in and out of a model, and what is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import nn

from engine.graft.apply import installed
from engine.graft.delta import Delta
from engine.graft.skill import Skill, SkillError, cut, digest, read, write

SHAPES = {"0.weight": [4, 3], "0.bias": [4], "1.weight": [2, 4], "1.bias": [2]}
ABOUT: dict[str, Any] = {
    "base": "roberta-base",
    "task": "SST-2",
    "prompt": "*cls**sent_0*_It_was*mask*.*sep+*",
    "label_words": {"0": "terrible", "1": "great"},
    "sparsity": 1e-4,
    "scores": {"train_dev_accuracy": 0.9375},
    "config_hash": "63d65b00d1b0cd7c",
    "versions": {"torch": "2.13.0"},
}
MASK = [0, 11, 12, 15, 25]  # all of 0.weight's and 0.bias's ends, and the last weight of all


def pretrained() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.Linear(4, 2))


def a_skill(mask: list[int] = MASK) -> tuple[Skill, Delta]:
    lm = pretrained()
    torch.manual_seed(1)
    delta = Delta(lm, {n: p.detach() + torch.randn(p.shape) for n, p in lm.named_parameters()})
    return cut(delta, torch.tensor(mask, dtype=torch.int64), SHAPES, **ABOUT), delta


@pytest.fixture
def path(tmp_path: Path) -> Path:
    target = tmp_path / "skill.safetensors"
    write(a_skill()[0], target)
    return target


def values(model: nn.Module) -> dict[str, torch.Tensor]:
    return {n: p.detach().clone() for n, p in model.named_parameters()}


def same(one: dict[str, torch.Tensor], two: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(one[n].view(torch.int32), two[n].view(torch.int32)) for n in one)


def test_a_skill_holds_what_the_mask_says() -> None:
    skill, delta = a_skill()
    assert {n: i.tolist() for n, i in skill.indices.items()} == {
        "0.weight": [0, 11],
        "0.bias": [0, 3],
        "1.bias": [1],
    }
    expected = delta.tuned[torch.tensor(MASK)]
    assert torch.equal(torch.cat(list(skill.values.values())), expected)
    assert (skill.info.weights, skill.info.maskable) == (5, 26)
    assert skill.info.shapes == {n: SHAPES[n] for n in skill.indices}
    before = values(pretrained())
    assert skill.info.digests == {n: digest(before[n]) for n in skill.indices}


def test_there_and_back(path: Path) -> None:
    skill, found = a_skill()[0], read(path)
    assert found.info == skill.info
    assert list(found.indices) == list(skill.indices)
    for name in skill.indices:
        assert torch.equal(found.indices[name], skill.indices[name])
    assert same(found.values, skill.values)
    assert ABOUT.items() <= {k: getattr(found.info, k) for k in ABOUT}.items()


def test_the_file_is_plain_safetensors(path: Path) -> None:
    tensors = safetensors.torch.load_file(path)
    assert tensors["0.weight.indices"].dtype == torch.int32
    assert set(tensors) == {f"{n}.{k}" for n in read(path).indices for k in ("indices", "values")}


def test_a_tensor_past_2_to_31_has_wide_indices(tmp_path: Path) -> None:
    skill = a_skill()[0]
    skill.indices["0.weight"] = torch.tensor([5, 2**31])
    skill.info.shapes["0.weight"] = [2**31 + 1]
    write(skill, tmp_path / "wide")
    assert read(tmp_path / "wide").indices["0.weight"].tolist() == [5, 2**31]


def test_an_empty_skill_changes_nothing(tmp_path: Path) -> None:
    write(a_skill([])[0], tmp_path / "none")
    model = pretrained()
    before = values(model)
    with installed(read(tmp_path / "none"), model):
        assert same(values(model), before)


def test_installed_changes_these_entries_alone_and_restores(path: Path) -> None:
    model, (_, delta) = pretrained(), a_skill()
    before = values(model)
    flat = torch.cat([p.flatten() for p in before.values()])
    flat[MASK] = delta.tuned[MASK]
    with installed(read(path), model):
        assert torch.equal(torch.cat([p.flatten() for p in values(model).values()]), flat)
    assert same(values(model), before)


def test_a_block_that_fails_leaves_the_model_as_it_was(path: Path) -> None:
    model = pretrained()
    before = values(model)
    with pytest.raises(ZeroDivisionError), installed(read(path), model):
        raise ZeroDivisionError
    assert same(values(model), before)


def test_odd_numbers_survive(tmp_path: Path) -> None:
    """-0.0 and denormals: restored by bits, not by arithmetic."""
    model = pretrained()
    odd = torch.tensor([-0.0, 1e-45, 3e38, -1e-45])
    with torch.no_grad():
        model[0].bias.copy_(odd)
    before = values(model)
    delta = Delta(pretrained(), {n: p.detach() + 1 for n, p in pretrained().named_parameters()})
    delta.pre[12:16] = odd
    write(cut(delta, torch.arange(12, 16), SHAPES, **ABOUT), tmp_path / "odd")
    with installed(read(tmp_path / "odd"), model):
        assert not torch.equal(model[0].bias, before["0.bias"])
    assert same(values(model), before)


def test_another_base_is_refused_and_named_and_not_changed(path: Path) -> None:
    model = pretrained()
    with torch.no_grad():
        model[0].bias[1] += 1e-6
        model[1].bias[0] += 1
        model[1].weight[0, 0] += 1  # not touched by the skill, so of no account
    before = values(model)
    with (
        pytest.raises(SkillError, match="2 of 3 tensors .*: 0.bias, 1.bias") as caught,
        installed(read(path), model),
    ):
        pytest.fail("installed into another base")
    assert "roberta-base" in caught.value.hint
    assert same(values(model), before)


def test_a_model_of_another_build_is_refused(path: Path) -> None:
    with (
        pytest.raises(SkillError, match="the model has no weights 0.weight"),
        installed(read(path), nn.Linear(3, 4)),
    ):
        pytest.fail("installed into another model")


def rewritten(
    path: Path, change: Callable[[dict[str, torch.Tensor], dict[str, Any]], None]
) -> Path:
    """The file at `path` with its tensors and metadata changed."""
    with safetensors.safe_open(path, "pt") as file:
        about = json.loads(file.metadata()["skill"])
    tensors = safetensors.torch.load_file(path)
    change(tensors, about)
    safetensors.torch.save_file(tensors, path, {"skill": json.dumps(about)})
    return path


@pytest.mark.parametrize("indices", [[11, 0], [3, 3], [-1, 4], [4, 12], [4], []])
def test_damaged_indices_are_refused(path: Path, indices: list[int]) -> None:
    def change(tensors: dict[str, torch.Tensor], _: dict[str, Any]) -> None:
        tensors["0.weight.indices"] = torch.tensor(indices, dtype=torch.int32)

    with pytest.raises(SkillError, match="0.weight are damaged"):
        read(rewritten(path, change))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda t, a: a.update(format=2), "skill format 2; this version reads 1"),
        (lambda t, a: t.pop("0.bias.values"), "0.bias.values"),
        (lambda t, a: t.pop("0.bias.indices"), "0.bias.indices"),
        (lambda t, a: a.pop("base"), "not a skill file"),
        (lambda t, a: a["shapes"].pop("0.bias"), "0.bias"),
        (lambda t, a: a.update(digests=None), "skill"),
        (lambda t, a: a.update(shapes={"0.weight": "wide"}), "not a skill file"),
        (lambda t, a: t.update({"0.bias.values": torch.zeros(2, 1)}), "0.bias"),
        (lambda t, a: t.update({"0.bias.indices": torch.zeros(2, 1).int()}), "0.bias"),
        (lambda t, a: t.update({"0.bias.indices": torch.tensor([0.0, 1.0])}), "0.bias"),
    ],
)
def test_a_damaged_file_is_refused(path: Path, damage: Any, words: str) -> None:
    with pytest.raises(SkillError, match=words):
        read(rewritten(path, damage))


def test_what_is_no_skill_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SkillError, match="cannot be read"):
        read(tmp_path / "absent")
    safetensors.torch.save_file({"w": torch.zeros(2)}, tmp_path / "model.safetensors")
    with pytest.raises(SkillError, match="not a skill file"):
        read(tmp_path / "model.safetensors")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_damage_is_refused_or_leaves_a_skill(path: Path, data: st.DataObject) -> None:
    """Cut anywhere, or a byte turned: SkillError, or a skill whose indices still fit."""
    whole = bytearray((path.parent / "kept").read_bytes() if (path.parent / "kept").exists()
                      else path.read_bytes())  # fmt: skip
    (path.parent / "kept").write_bytes(whole)
    if data.draw(st.booleans()):
        del whole[data.draw(st.integers(0, len(whole) - 1)) :]
    else:
        whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(whole)
    try:
        found = read(path)
    except SkillError:
        return
    for name, index in found.indices.items():
        assert len(index) == len(found.values[name])
        assert int(index[-1]) < torch.Size(found.info.shapes[name]).numel()
