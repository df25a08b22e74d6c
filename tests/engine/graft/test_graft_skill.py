"""The skill file: there and back bit for bit, in and out of a model, and what is refused."""

import hashlib
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

from engine.graft.apply import State, installed, verify
from engine.graft.delta import Delta
from engine.graft.info import SkillError, digest
from engine.graft.skill import Skill, cut, load, write

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
Change = Callable[[dict[str, torch.Tensor], dict[str, Any]], None]


def pretrained() -> Any:
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


def test_the_same_skill_is_the_same_bytes(path: Path) -> None:
    """The library writes its metadata in an order that chance says, anew for each file."""
    written = path.read_bytes()
    for _ in range(16):
        write(a_skill()[0], path)
        assert path.read_bytes() == written
    end = 8 + int.from_bytes(written[:8], "little")
    assert end % 8 == 0, "tensors begin at a multiple of their width"
    assert list(json.loads(written[8:end])["__metadata__"]) == ["sha256", "skill"]


def test_a_skill_holds_what_the_mask_says() -> None:
    skill, delta = a_skill()
    assert {n: i.tolist() for n, i in skill.indices.items()} == {
        "0.weight": [0, 11],
        "0.bias": [0, 3],
        "1.bias": [1],
    }
    assert torch.equal(torch.cat(list(skill.values.values())), delta.tuned[MASK])
    assert torch.equal(torch.cat(list(skill.base.values())), delta.pre[MASK])
    assert (skill.info.weights, skill.info.maskable) == (5, 26)
    assert skill.info.shapes == {n: SHAPES[n] for n in skill.indices}
    before = values(pretrained())
    assert skill.info.digests == {n: digest(before[n]) for n in skill.indices}


def test_there_and_back(path: Path) -> None:
    skill, found = a_skill()[0], load(path)
    assert found.info == skill.info
    assert list(found.indices) == list(skill.indices)
    for name in skill.indices:
        assert torch.equal(found.indices[name], skill.indices[name])
    assert same(found.values, skill.values)
    assert same(found.base, skill.base)
    assert ABOUT.items() <= {k: getattr(found.info, k) for k in ABOUT}.items()


def test_the_file_is_plain_safetensors(path: Path) -> None:
    tensors = safetensors.torch.load_file(path)
    assert tensors["0.weight.indices"].dtype == torch.int32
    parts = ("indices", "values", "base")
    assert set(tensors) == {f"{n}.{k}" for n in load(path).indices for k in parts}


def test_a_tensor_past_2_to_31_has_wide_indices(tmp_path: Path) -> None:
    skill = a_skill()[0]
    skill.indices["0.weight"] = torch.tensor([5, 2**31])
    skill.info.shapes["0.weight"] = [2**31 + 1]
    write(skill, tmp_path / "wide")
    assert load(tmp_path / "wide").indices["0.weight"].tolist() == [5, 2**31]


def test_an_empty_skill_changes_nothing(tmp_path: Path) -> None:
    write(a_skill([])[0], tmp_path / "none")
    model = pretrained()
    before = values(model)
    with installed(load(tmp_path / "none"), model):
        assert same(values(model), before)


def test_installed_changes_these_entries_alone_and_restores(path: Path) -> None:
    model, (_, delta) = pretrained(), a_skill()
    before = values(model)
    flat = torch.cat([p.flatten() for p in before.values()])
    flat[MASK] = delta.tuned[MASK]
    with installed(load(path), model):
        assert torch.equal(torch.cat([p.flatten() for p in values(model).values()]), flat)
    assert same(values(model), before)


def test_a_block_that_fails_leaves_the_model_as_it_was(path: Path) -> None:
    model = pretrained()
    before = values(model)
    with pytest.raises(ZeroDivisionError), installed(load(path), model):
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
    with installed(load(tmp_path / "odd"), model):
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
        pytest.raises(SkillError, match="2 of 3 tensors of the model .*: 0.bias, 1.bias") as caught,
        installed(load(path), model),
    ):
        pytest.fail("installed into another base")
    assert "roberta-base" in caught.value.hint
    assert same(values(model), before)


def test_a_model_of_another_build_is_refused(path: Path) -> None:
    with (
        pytest.raises(SkillError, match="the model has no tensor 0.weight"),
        installed(load(path), nn.Linear(3, 4)),
    ):
        pytest.fail("installed into another model")


def sealed(tensors: dict[str, torch.Tensor], text: str) -> str:
    """The file's digest, by its definition."""
    found = hashlib.sha256(text.encode())
    for name, value in sorted(tensors.items()):
        found.update(f"\n{name} {value.dtype} {list(value.shape)}\n".encode())
        found.update(value.numpy().tobytes())
    return found.hexdigest()


def rewritten(path: Path, change: Change, seal: bool = True) -> Path:
    """The file at `path` with its tensors and metadata changed; sealed anew, or with no seal."""
    with safetensors.safe_open(path, "pt") as file:
        about = json.loads(file.metadata()["skill"])
    tensors = safetensors.torch.load_file(path)
    change(tensors, about)
    metadata = {"skill": json.dumps(about)}
    if seal:
        metadata["sha256"] = sealed(tensors, metadata["skill"])
    safetensors.torch.save_file(tensors, path, metadata)
    return path


@pytest.mark.parametrize("indices", [[11, 0], [3, 3], [-1, 4], [4, 12], [4], []])
def test_damaged_indices_are_refused(path: Path, indices: list[int]) -> None:
    def change(tensors: dict[str, torch.Tensor], _: dict[str, Any]) -> None:
        tensors["0.weight.indices"] = torch.tensor(indices, dtype=torch.int32)

    with pytest.raises(SkillError, match="0.weight are damaged"):
        load(rewritten(path, change))


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda t, a: a.update(format=3), "skill format 3; this version reads up to 2"),
        (lambda t, a: a.pop("format"), "skill format None"),
        (lambda t, a: t.pop("0.bias.values"), "0.bias.values"),
        (lambda t, a: t.pop("0.bias.base"), "0.bias.base"),
        (lambda t, a: t.pop("0.bias.indices"), "0.bias.indices"),
        (lambda t, a: a.pop("base"), "not a skill file"),
        (lambda t, a: a["shapes"].pop("0.bias"), "0.bias"),
        (lambda t, a: a.update(digests=None), "skill"),
        (lambda t, a: a.update(shapes={"0.weight": "wide"}), "not a skill file"),
        (lambda t, a: t.update({"0.bias.values": torch.zeros(2, 1)}), "0.bias"),
        (lambda t, a: t.update({"0.bias.values": torch.zeros(2).int()}), "0.bias"),
        (lambda t, a: t.update({"0.bias.base": torch.zeros(3)}), "0.bias"),
        (lambda t, a: t.update({"0.bias.indices": torch.zeros(2, 1).int()}), "0.bias"),
        (lambda t, a: t.update({"0.bias.indices": torch.tensor([0.0, 1.0])}), "0.bias"),
    ],
)
def test_a_damaged_file_is_refused(path: Path, damage: Change, words: str) -> None:
    with pytest.raises(SkillError, match=words):
        load(rewritten(path, damage))


def as_format_1(tensors: dict[str, torch.Tensor], about: dict[str, Any]) -> None:
    about["format"] = 1
    for name in [name for name in tensors if name.endswith(".base")]:
        del tensors[name]


def test_format_1_is_read_and_written_still(path: Path, tmp_path: Path) -> None:
    new = load(path)
    old = load(rewritten(path, as_format_1, seal=False))
    assert (old.info.format, old.base) == (1, {})
    assert same(old.values, new.values)
    write(old, tmp_path / "again")
    assert load(tmp_path / "again").info == old.info
    model = pretrained()
    with installed(old, model), installed(new, model, verified=True):
        assert not torch.equal(model[1].bias, pretrained()[1].bias)
    assert same(values(model), values(pretrained()))


def test_format_2_without_its_digest_is_refused(path: Path) -> None:
    with pytest.raises(SkillError, match=f"{path} is damaged"):
        load(rewritten(path, lambda t, a: None, seal=False))


def test_what_is_no_skill_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SkillError, match="cannot be read"):
        load(tmp_path / "absent")
    with pytest.raises(SkillError, match="cannot be read"):
        load(tmp_path)
    safetensors.torch.save_file({"w": torch.zeros(2)}, tmp_path / "model.safetensors")
    with pytest.raises(SkillError, match="not a skill file"):
        load(tmp_path / "model.safetensors")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(data=st.data())
def test_any_damage_is_refused_or_of_no_account(path: Path, data: st.DataObject) -> None:
    """Cut anywhere, or a byte turned: SkillError that names the file, or the very same skill."""
    good = a_skill()[0]
    write(good, path)
    whole = bytearray(path.read_bytes())
    if data.draw(st.booleans()):
        del whole[data.draw(st.integers(0, len(whole) - 1)) :]
    else:
        whole[data.draw(st.integers(0, len(whole) - 1))] ^= data.draw(st.integers(1, 255))
    path.write_bytes(whole)
    found = refused = None
    try:
        found = load(path)
    except SkillError as error:
        refused = error.message
    if found is None:
        assert refused is not None
        assert str(path) in refused
        return
    assert found.info == good.info
    for part in ("indices", "values", "base"):
        ours, theirs = getattr(good, part), getattr(found, part)
        assert list(ours) == list(theirs)
        assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_a_turned_bit_in_a_value_is_found(path: Path) -> None:
    whole = bytearray(path.read_bytes())
    whole[-1] ^= 1
    path.write_bytes(whole)
    with pytest.raises(SkillError, match="damaged"):
        load(path)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_a_half_precision_model_gets_rounded_values_and_its_own_back(dtype: torch.dtype) -> None:
    model = pretrained().to(dtype)
    before = values(model)
    lm = pretrained()
    with torch.no_grad():
        for name, parameter in lm.named_parameters():
            parameter.copy_(before[name])  # what the engine loads: float32 of the same values
    torch.manual_seed(1)
    delta = Delta(lm, {n: p.detach() + torch.randn(p.shape) for n, p in lm.named_parameters()})
    skill = cut(delta, torch.tensor(MASK), SHAPES, **ABOUT)
    with installed(skill, model):
        flat = torch.cat([p.flatten() for p in values(model).values()])
        assert torch.equal(flat[MASK], delta.tuned[MASK].to(dtype))
        assert verify(skill, model).state is State.skill
    assert all(torch.equal(p.view(torch.int16), before[n].view(torch.int16))
               for n, p in values(model).items())  # fmt: skip


def test_verified_skips_the_look_and_restores_all_the_same(path: Path) -> None:
    model = pretrained()
    with torch.no_grad():
        model[0].bias[1] += 1  # another base, unless one looks
    before = values(model)
    with installed(load(path), model, verified=True):
        assert not torch.equal(model[0].bias, before["0.bias"])
    assert same(values(model), before)


def test_twice_is_refused(path: Path) -> None:
    model, skill = pretrained(), load(path)
    with (
        installed(skill, model),
        pytest.raises(SkillError, match="already in the model"),
        installed(skill, model),
    ):
        pytest.fail("installed twice")
    assert same(values(model), values(pretrained()))


def test_values_of_the_base_itself_change_nothing() -> None:
    lm = pretrained()
    delta = Delta(lm, values(lm))
    skill, model = cut(delta, torch.tensor(MASK), SHAPES, **ABOUT), pretrained()
    with installed(skill, model):
        assert same(values(model), values(pretrained()))


def test_the_base_model_s_prefix_may_lack_or_be_there(path: Path) -> None:
    skill = load(path)
    wrapped = nn.ModuleDict({"lm": pretrained(), "head": nn.Linear(2, 2)})
    with installed(skill, wrapped):
        assert verify(skill, wrapped).skill == frozenset(skill.indices)
    assert same(values(wrapped["lm"]), values(pretrained()))
    two = nn.ModuleDict({"one": pretrained(), "two": pretrained()})
    with pytest.raises(SkillError) as caught, installed(skill, two):
        pytest.fail("which of the two?")
    assert "several prefixes" in caught.value.hint


def test_the_state_of_a_model_by_its_tensors(path: Path) -> None:
    skill, model = load(path), pretrained()
    assert verify(skill, model).state is State.base
    with torch.no_grad():
        model[0].bias[skill.indices["0.bias"]] = skill.values["0.bias"]
    found = verify(skill, model)
    assert (found.state, found.skill) == (State.part, frozenset({"0.bias"}))
    with torch.no_grad():
        model[0].bias[1] += 1
    found = verify(skill, model)
    assert (found.state, found.other) == (State.other, ["0.bias"])
    model[0].bias = nn.Parameter(torch.zeros(1))
    assert verify(skill, model).other == ["0.bias"]
