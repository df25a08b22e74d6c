"""Skills in checkpoint folders: in and out bit for bit, whole at every instant, what is refused."""

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from transformers import AutoModel, AutoModelForCausalLM, AutoModelForMaskedLM

from engine.contract.questions.skills import InstallSkill, ShowSkill, UninstallSkill
from engine.graft import checkpoint, install
from engine.graft.apply import State, installed
from engine.graft.delta import Delta
from engine.graft.info import SkillError
from engine.graft.skill import Skill, cut, write
from engine.tools.answering import answer
from tests.engine.engine_zoo import FAMILIES, VOCAB, WIDTH

LAYER = "roberta.encoder.layer"
TOUCHED = (f"{LAYER}.0.attention.self.query.weight", f"{LAYER}.1.output.dense.bias")
WORDS = "roberta.embeddings.word_embeddings.weight"
DECODER = "lm_head.decoder.weight"


@dataclass(frozen=True)
class Case:
    """A base in a folder, and a skill that was cut from it as the engine does."""

    folder: Path
    skill: Skill


def skill_of(
    folder: Path, names: tuple[str, ...], auto: Any = AutoModelForMaskedLM, **head: Any
) -> Skill:
    """Of every named tensor some entries, the last one among them; fine-tuned by noise."""
    lm = auto.from_pretrained(folder, dtype=torch.float32)
    weights = dict(lm.named_parameters())
    torch.manual_seed(1)
    delta = Delta(lm, {n: weights[n].detach() + torch.randn(weights[n].shape) for n in names})
    mask = [i for _, place in delta.places() for i in (*range(place.start, place.stop - 1, 7),
                                                       place.stop - 1)]  # fmt: skip
    shapes = {n: list(weights[n].shape) for n in names}
    about: dict[str, Any] = {
        "base": "tiny", "task": "SST-2", "prompt": "", "label_words": {}, "sparsity": 0.1,
        "scores": {}, "config_hash": "",
    }  # fmt: skip
    return cut(delta, torch.tensor(mask), shapes, head or None, **about)


FORMS = [(form, dtype) for form in ("single", "sharded") for dtype in ("float32", "bfloat16")]


@pytest.fixture(params=FORMS, ids=lambda form: "-".join(form))
def case(request: pytest.FixtureRequest, tmp_path: Path) -> Case:
    form, dtype = request.param
    model = FAMILIES["roberta"].build().to(getattr(torch, dtype))
    model.save_pretrained(tmp_path / "m", max_shard_size="6KB" if form == "sharded" else "1GB")
    shards = list((tmp_path / "m").glob("*.safetensors"))
    assert (len(shards) > 2) == (form == "sharded")
    return Case(tmp_path / "m", skill_of(tmp_path / "m", TOUCHED))


@pytest.fixture
def single(tmp_path: Path) -> Case:
    FAMILIES["roberta"].build().save_pretrained(tmp_path / "m")
    return Case(tmp_path / "m", skill_of(tmp_path / "m", TOUCHED))


def content(folder: Path) -> dict[str, bytes]:
    """Every file of a folder, hidden ones too."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def tensors(folder: Path) -> dict[str, torch.Tensor]:
    found: dict[str, torch.Tensor] = {}
    for path in folder.glob("*.safetensors"):
        found |= safetensors.torch.load_file(path)
    return found


def put_by_hand(case: Case) -> dict[str, torch.Tensor]:
    """The folder's tensors with the skill in them, entry by entry."""
    expected = tensors(case.folder)
    for name, index in case.skill.indices.items():
        flat = expected[name].view(-1)
        for at, value in zip(index.tolist(), case.skill.values[name], strict=True):
            flat[at] = value.to(flat.dtype)
    return expected


def same(one: dict[str, torch.Tensor], two: dict[str, torch.Tensor]) -> bool:
    return one.keys() == two.keys() and all(
        one[n].dtype == two[n].dtype
        and one[n].contiguous().view(torch.uint8).equal(two[n].contiguous().view(torch.uint8))
        for n in one
    )


def test_in_and_out_bit_for_bit(case: Case) -> None:
    before, expected = content(case.folder), put_by_hand(case)
    assert install.verify(case.skill, case.folder).state is State.base
    done = install.install(case.skill, case.folder)
    assert same(tensors(case.folder), expected)
    assert content(case.folder).keys() == before.keys()
    assert install.verify(case.skill, case.folder).state is State.skill
    half = next(iter(expected.values())).dtype is torch.bfloat16
    assert (done.entries, done.rounded > 0) == (case.skill.info.weights, half)
    install.uninstall(case.skill, case.folder)
    assert content(case.folder) == before


def test_a_copy_leaves_the_folder_alone(case: Case, tmp_path: Path) -> None:
    before, expected, out = content(case.folder), put_by_hand(case), tmp_path / "new" / "copy"
    assert install.install(case.skill, case.folder, out).folder == out
    assert content(case.folder) == before
    assert same(tensors(out), expected)
    assert content(out).keys() == before.keys()
    assert out.stat().st_mode & 0o055 == 0o055
    install.uninstall(case.skill, out, tmp_path / "back")
    assert content(tmp_path / "back") == before
    for place in (out, case.folder / "inside"):
        with pytest.raises(SkillError, match=f"{place} "):
            install.install(case.skill, case.folder, place)
    assert sorted(p.name for p in out.parent.iterdir()) == ["copy"]


def test_the_installed_folder_is_the_model_with_the_skill(single: Case) -> None:
    live = AutoModelForMaskedLM.from_pretrained(single.folder)
    ids = torch.arange(4, 10).unsqueeze(0)
    with torch.no_grad(), installed(single.skill, live):
        expected = live(ids).logits
    install.install(single.skill, single.folder)
    with torch.no_grad():
        assert AutoModelForMaskedLM.from_pretrained(single.folder)(ids).logits.equal(expected)


def test_twice_is_refused(case: Case) -> None:
    with pytest.raises(SkillError, match="not installed"):
        install.uninstall(case.skill, case.folder)
    install.install(case.skill, case.folder)
    after = content(case.folder)
    with pytest.raises(SkillError, match="already installed"):
        install.install(case.skill, case.folder)
    assert content(case.folder) == after


def altered(folder: Path, name: str) -> None:
    """Another model: one number of one tensor differs."""
    for path in folder.glob("*.safetensors"):
        found = safetensors.torch.load_file(path)
        if name in found:
            found[name].view(-1)[1] += 1
            safetensors.torch.save_file(found, path, {"format": "pt"})


def test_another_base_is_refused_and_left_alone(case: Case, tmp_path: Path) -> None:
    altered(case.folder, TOUCHED[1])
    before = content(case.folder)
    assert install.verify(case.skill, case.folder).other == [TOUCHED[1]]
    for work in (install.install, install.uninstall):
        with pytest.raises(SkillError, match=f"1 of 2 tensors of {case.folder}.*: {TOUCHED[1]}"):
            work(case.skill, case.folder)
        with pytest.raises(SkillError, match=TOUCHED[1]):
            work(case.skill, case.folder, tmp_path / "out")
    assert content(case.folder) == before
    assert not (tmp_path / "out").exists()


def test_what_was_changed_after_the_install_is_not_undone(single: Case) -> None:
    install.install(single.skill, single.folder)
    altered(single.folder, TOUCHED[0])
    after = content(single.folder)
    with pytest.raises(SkillError, match=TOUCHED[0]):
        install.uninstall(single.skill, single.folder)
    assert content(single.folder) == after


def test_another_tensor_is_of_no_account(single: Case) -> None:
    altered(single.folder, "lm_head.dense.weight")
    before = content(single.folder)
    install.install(single.skill, single.folder)
    install.uninstall(single.skill, single.folder)
    assert content(single.folder) == before


class Killed(BaseException):
    """As a signal: nothing catches it."""


@contextmanager
def failing(monkeypatch: pytest.MonkeyPatch, after: int) -> Iterator[None]:
    """Renames fail once `after` of them are done."""
    done: Iterator[int] = iter(range(after))
    whole = Path.replace

    def replace(self: Path, target: Path) -> Path:
        if next(done, None) is None:
            raise Killed
        return whole(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", replace)
        yield


def test_killed_before_the_first_rename_the_folder_is_whole(
    case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content(case.folder)
    with failing(monkeypatch, after=0), pytest.raises(Killed):
        install.install(case.skill, case.folder)
    assert content(case.folder) == before


def test_a_full_disk_leaves_the_folder_whole(case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    before = content(case.folder)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, "put", full)
    with pytest.raises(OSError, match="No space"):
        install.install(case.skill, case.folder)
    assert content(case.folder) == before


@pytest.mark.parametrize("onwards", [True, False])
def test_killed_between_two_shards_either_verb_takes_it_from_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, onwards: bool
) -> None:
    FAMILIES["roberta"].build().save_pretrained(tmp_path / "m", max_shard_size="12KB")
    case = Case(tmp_path / "m", skill_of(tmp_path / "m", TOUCHED))
    before, expected = content(case.folder), put_by_hand(case)
    with failing(monkeypatch, after=1), pytest.raises(Killed):
        install.install(case.skill, case.folder)
    found = install.verify(case.skill, case.folder)
    assert (found.state, len(found.base), len(found.skill)) == (State.part, 1, 1)
    if onwards:
        install.install(case.skill, case.folder)
        assert same(tensors(case.folder), expected)
    else:
        install.uninstall(case.skill, case.folder)
        assert content(case.folder) == before


def test_tied_weights_that_are_stored_once(tmp_path: Path) -> None:
    FAMILIES["roberta"].build().save_pretrained(tmp_path / "m")
    case = Case(tmp_path / "m", skill_of(tmp_path / "m", (WORDS,)))
    assert DECODER not in tensors(case.folder)
    before = content(case.folder)
    install.install(case.skill, case.folder)
    model = AutoModelForMaskedLM.from_pretrained(case.folder)
    assert model.lm_head.decoder.weight is model.get_input_embeddings().weight
    assert model.lm_head.decoder.weight.view(-1)[-1] == case.skill.values[WORDS][-1]
    install.uninstall(case.skill, case.folder)
    assert content(case.folder) == before


@pytest.mark.parametrize("tied", [True, False])
def test_tied_weights_that_are_stored_twice_change_together(tmp_path: Path, tied: bool) -> None:
    folder = tmp_path / "m"
    FAMILIES["roberta"].build().save_pretrained(folder)
    found = tensors(folder)
    found[DECODER] = found[WORDS].clone()
    safetensors.torch.save_file(found, folder / "model.safetensors", {"format": "pt"})
    config = json.loads((folder / "config.json").read_text()) | {"tie_word_embeddings": tied}
    (folder / "config.json").write_text(json.dumps(config))
    case = Case(folder, skill_of(folder, (WORDS,)))
    before = content(folder)
    install.install(case.skill, folder)
    after = tensors(folder)
    assert after[WORDS].equal(put_by_hand(case)[WORDS])
    assert after[DECODER].equal(after[WORDS] if tied else found[DECODER])
    install.uninstall(case.skill, folder)
    assert content(folder) == before


def test_tensors_that_are_equal_by_chance_are_not_tied(tmp_path: Path) -> None:
    """Fresh norms are all ones; layers that were copied are layers still."""
    model = FAMILIES["roberta"].build()
    norms = ("roberta.embeddings.LayerNorm.weight", "lm_head.layer_norm.weight")
    layers = [f"{LAYER}.{i}.intermediate.dense.weight" for i in (0, 1)]
    with torch.no_grad():
        weights = dict(model.named_parameters())
        for name in norms:
            weights[name].fill_(1)
        weights[layers[1]].copy_(weights[layers[0]])
    model.save_pretrained(tmp_path / "m")
    case = Case(tmp_path / "m", skill_of(tmp_path / "m", (norms[0], layers[0])))
    expected = put_by_hand(case)
    install.install(case.skill, case.folder)
    assert same(tensors(case.folder), expected)


@pytest.mark.parametrize("family", ["bert", "distilbert", "gpt2", "llama", "gpt-neox"])
def test_every_family_s_names(tmp_path: Path, family: str) -> None:
    FAMILIES[family].build().save_pretrained(tmp_path / "m")
    auto = AutoModelForCausalLM if family in ("gpt2", "llama", "gpt-neox") else AutoModelForMaskedLM
    names = [n for n, _ in auto.from_pretrained(tmp_path / "m").named_parameters()]
    case = Case(tmp_path / "m", skill_of(tmp_path / "m", tuple(names), auto))
    before, expected = content(case.folder), put_by_hand(case)
    install.install(case.skill, case.folder)
    assert same(tensors(case.folder), expected)
    install.uninstall(case.skill, case.folder)
    assert content(case.folder) == before


def test_a_linear_head_comes_and_goes_with_the_skill(tmp_path: Path) -> None:
    """Cut from the encoder alone, whose names lack the prefix."""
    folder = tmp_path / "m"
    FAMILIES["roberta"].build().save_pretrained(folder)
    names = ("encoder.layer.0.output.dense.weight",)
    head = {"weight": torch.randn(2, WIDTH), "bias": torch.randn(2)}
    skill, before = skill_of(folder, names, AutoModel, **head), content(folder)
    install.install(skill, folder)
    there = safetensors.torch.load_file(folder / "linear_head.safetensors")
    assert same(there, head)
    full = tensors(folder)[f"roberta.{names[0]}"].view(-1)
    assert full[skill.indices[names[0]]].equal(skill.values[names[0]])
    install.uninstall(skill, folder)
    assert content(folder) == before
    safetensors.torch.save_file({"weight": torch.zeros(2, 2)}, folder / "linear_head.safetensors")
    with pytest.raises(SkillError, match="1 of 2 tensors.*linear_head"):
        install.install(skill, folder)


def test_into_a_checkpoint_of_the_encoder_alone(single: Case, tmp_path: Path) -> None:
    AutoModel.from_pretrained(single.folder).save_pretrained(tmp_path / "encoder")
    before = content(tmp_path / "encoder")
    install.install(single.skill, tmp_path / "encoder")
    name = TOUCHED[0]
    full = tensors(tmp_path / "encoder")[name.removeprefix("roberta.")].view(-1)
    assert full[single.skill.indices[name]].equal(single.skill.values[name])
    install.uninstall(single.skill, tmp_path / "encoder")
    assert content(tmp_path / "encoder") == before


def test_format_1_goes_in_and_never_out(single: Case, tmp_path: Path) -> None:
    old = Skill(single.skill.info, single.skill.indices, single.skill.values, {})
    expected = put_by_hand(single)
    install.install(old, single.folder)
    assert same(tensors(single.folder), expected)
    with pytest.raises(SkillError, match="format 1"):
        install.uninstall(old, single.folder)


def broken_index(folder: Path) -> None:
    (folder / "model.safetensors").unlink()
    (folder / "model.safetensors.index.json").write_text('{"weight_map": {"w": "../w"}}')


def quantised(folder: Path) -> None:
    tensors = safetensors.torch.load_file(folder / "model.safetensors")
    tensors[TOUCHED[0]] = tensors[TOUCHED[0]].to(torch.float8_e4m3fn)
    safetensors.torch.save_file(tensors, folder / "model.safetensors")


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (quantised, "is stored as F8_E4M3"),
        (lambda f: (f / "model.safetensors").unlink(), "has no model.safetensors"),
        (lambda f: (f / "model.safetensors").write_bytes(b"{}"), "cannot be read"),
        (lambda f: (f / "model.safetensors").write_bytes(
            (f / "model.safetensors").read_bytes()[:-1]), "cannot be read"),
        (broken_index, "which file holds which tensor"),
    ],
)  # fmt: skip
def test_a_damaged_folder_is_refused(single: Case, damage: Any, words: str) -> None:
    damage(single.folder)
    with pytest.raises(SkillError, match=words):
        install.install(single.skill, single.folder)


def test_a_model_of_another_build_is_refused(single: Case, tmp_path: Path) -> None:
    FAMILIES["gpt2"].build().save_pretrained(tmp_path / "gpt2")
    with pytest.raises(SkillError, match=f"{tmp_path / 'gpt2'} has no tensor {TOUCHED[0]}"):
        install.verify(single.skill, tmp_path / "gpt2")


def test_a_wider_vocabulary_is_another_base(tmp_path: Path) -> None:
    FAMILIES["roberta"].build().save_pretrained(tmp_path / "m")
    skill = skill_of(tmp_path / "m", (WORDS,))
    shutil.rmtree(tmp_path / "m")
    FAMILIES["roberta"].build(vocab_size=VOCAB - 50).save_pretrained(tmp_path / "m")
    assert install.verify(skill, tmp_path / "m").other == [WORDS]


def ignore(_: object) -> None:
    pass


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_skill_that_is_no_numbers_is_refused_unless_asked_for(
    single: Case, tmp_path: Path, value: float
) -> None:
    single.skill.values[TOUCHED[0]][0] = value
    write(single.skill, tmp_path / "bad.safetensors")
    bad = str(tmp_path / "bad.safetensors")
    asked = InstallSkill(skill=bad, model=str(single.folder))
    with pytest.raises(SkillError, match="holds 1 values that are NaN or infinite, in "):
        answer(asked, ignore)
    assert answer(ShowSkill(skill=bad), ignore).not_finite == 1
    before = content(single.folder)
    answer(asked.model_copy(update={"allow_nan": True}), ignore)
    flat = tensors(single.folder)[TOUCHED[0]].view(-1)
    assert not flat[single.skill.indices[TOUCHED[0]][0]].isfinite()
    answer(UninstallSkill(skill=bad, model=str(single.folder)), ignore)
    assert content(single.folder) == before


def test_values_beyond_the_folder_s_precision_are_refused(single: Case, tmp_path: Path) -> None:
    half = AutoModelForMaskedLM.from_pretrained(single.folder).half()
    half.save_pretrained(tmp_path / "half")
    skill = skill_of(tmp_path / "half", TOUCHED)
    skill.values[TOUCHED[1]][0] = 1e6
    before = content(tmp_path / "half")
    with pytest.raises(SkillError, match=f"1 of the skill's values for {TOUCHED[1]}.*F16"):
        install.install(skill, tmp_path / "half")
    assert content(tmp_path / "half") == before


def test_weights_that_the_base_has_already_are_counted(single: Case) -> None:
    name = TOUCHED[0]
    single.skill.values[name].copy_(single.skill.base[name])
    done = install.install(single.skill, single.folder)
    assert done.unchanged == len(single.skill.indices[name])
    assert done.entries + done.unchanged == single.skill.info.weights
