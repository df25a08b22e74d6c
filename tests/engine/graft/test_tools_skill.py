"""The engine's answers about skill files, by the door of `python -m engine.tools`."""

import json
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch
from scipy.stats import hypergeom

from engine.contract.model_folder import pocket_folder
from engine.contract.questions.messages import Answered, Refused, line
from engine.contract.skill_info import SkillInfo
from engine.graft.info import digest
from engine.graft.skill import Skill, load, write
from engine.tools.answering import answered

POCKET = "pocket:masked-lm"
QUERY = "roberta.encoder.layer.0.attention.self.query.weight"
BIAS = "roberta.encoder.layer.2.output.dense.bias"


def pocket_skill(path: Path, entries: dict[str, list[int]], value: float) -> str:
    """A skill of the pocket model with one value everywhere, written to `path`."""
    base = safetensors.torch.load_file(pocket_folder(POCKET) / "model.safetensors")
    info = SkillInfo(
        POCKET, {n: digest(base[n]) for n in entries}, {n: list(base[n].shape) for n in entries},
        "pocket-film", "it was", {"0": " bad"}, 1e-3,
        sum(map(len, entries.values())), 1000, {}, "c",
    )  # fmt: skip
    index = {name: torch.tensor(at) for name, at in entries.items()}
    values = {name: torch.full((len(at),), value) for name, at in entries.items()}
    before = {name: base[name].flatten()[at].float() for name, at in index.items()}
    write(Skill(info, index, values, before), path)
    return str(path)


@pytest.fixture
def one(tmp_path: Path) -> str:
    return pocket_skill(tmp_path / "one", {QUERY: [0, 5, 9], BIAS: [1]}, 0.5)


@pytest.fixture
def two(tmp_path: Path) -> str:
    return pocket_skill(tmp_path / "two", {QUERY: [5, 9, 11, 12]}, 0.25)


def ask(verb: str, *skills: str, ok: bool = True, **more: Any) -> dict[str, Any]:
    """The answer, or with `ok` false the refusal, as it is said."""
    single = verb in ("show", "verify", "install", "uninstall")
    about = {"skill": skills[0]} if single else {"skills": skills}
    said = answered(json.dumps({"name": f"skill.{verb}", **about, **more}), lambda far: None)
    assert isinstance(said, Answered if ok else Refused), said
    raw = json.loads(line(said))
    return raw["answer"] if ok else raw


def told(answer: dict[str, Any]) -> dict[str, Any]:
    """What an answer says beside its name."""
    return {key: value for key, value in answer.items() if key != "name"}


def test_what_a_file_says(one: str) -> None:
    found = ask("show", one)
    assert (found["info"]["base"], found["info"]["weights"], found["head"]) == (POCKET, 4, {})
    sizes = {t["name"]: (t["entries"], t["weights"]) for t in found["tensors"]}
    base = safetensors.torch.load_file(pocket_folder(POCKET) / "model.safetensors")
    assert sizes == {QUERY: (3, base[QUERY].numel()), BIAS: (1, base[BIAS].numel())}


def test_in_and_out_of_a_copy(one: str, two: str, tmp_path: Path) -> None:
    out = str(tmp_path / "copy")
    assert ask("verify", one, model=POCKET)["state"] == "base"
    done = ask("install", one, model=POCKET, out=out)
    assert told(done) == {"folder": out, "entries": 4, "rounded": 0, "unchanged": 0}
    assert told(ask("verify", one, model=out)) == {
        "state": "skill", "tensors": 2, "skill": [QUERY, BIAS], "other": [],
    }  # fmt: skip
    assert ask("verify", two, model=out)["other"] == [QUERY]
    assert "already installed" in ask("install", one, model=out, out=None, ok=False)["message"]
    ask("uninstall", one, model=out, out=None)
    for file in pocket_folder(POCKET).iterdir():
        assert (tmp_path / "copy" / file.name).read_bytes() == file.read_bytes()


def test_a_shared_model_is_not_changed_in_place(one: str) -> None:
    for do in ("install", "uninstall"):
        assert "--out" in ask(do, one, model=POCKET, out=None, ok=False)["hint"]


def test_a_hub_name_is_fetched_as_far_as_it_is_needed(
    one: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(name: str, allow_patterns: list[str]) -> str:
        if name == "absent/model":
            raise FileNotFoundError("not in the cache\nand no way out")
        assert name == "someone/pocket"
        assert "model.safetensors" in allow_patterns
        return str(pocket_folder(POCKET))

    monkeypatch.setattr("huggingface_hub.snapshot_download", fetch)
    assert ask("verify", one, model="someone/pocket")["state"] == "base"
    refused = ask("verify", one, model="absent/model", ok=False)["message"]
    assert "'absent/model'" in refused
    assert refused.endswith("not in the cache")


def test_what_skills_share(one: str, two: str) -> None:
    found = ask("diff", one, two, one)
    assert [held["weights"] for held in found["skills"]] == [4, 4, 4]
    assert [held["path"] for held in found["skills"]] == [one, two, one]
    first, same, _ = found["pairs"]
    tails = [first.pop(name) for name in ("p", "p_by_tensor")]
    assert tails == pytest.approx([hypergeom.sf(1, 1000, 4, 4), hypergeom.sf(1, 96 * 96, 3, 4)])
    strict = first.pop("expected_by_tensor")
    assert strict == pytest.approx(3 * 4 / (96 * 96)), "in the bias they have nothing in common"
    assert first.pop("exact")
    assert first == {
        "first": 0, "second": 1, "overlap": 2, "jaccard": 2 / 6, "expected": 0.016, "agree": 0,
    }  # fmt: skip
    assert (same["jaccard"], same["agree"]) == (1.0, 4)
    assert (found["all"], found["any"]) == (2, 6)


@pytest.mark.parametrize(
    ("do", "entries", "conflicts"),
    [
        ("union", {QUERY: [0, 5, 9, 11, 12], BIAS: [1]}, 2),
        ("intersect", {QUERY: [5, 9]}, 2),
        ("subtract", {QUERY: [0], BIAS: [1]}, 0),
    ],
)
def test_combining(
    one: str, two: str, tmp_path: Path, do: str, entries: dict[str, list[int]], conflicts: int
) -> None:
    out = str(tmp_path / "made")
    weights = sum(map(len, entries.values()))
    made = ask(do, one, two, out=out)
    assert told(made) == {"path": out, "weights": weights, "conflicts": conflicts}
    assert {name: index.tolist() for name, index in load(out).indices.items()} == entries


def test_what_is_no_skill_file_is_refused_by_name(one: str, tmp_path: Path) -> None:
    (tmp_path / "torn").write_bytes(Path(one).read_bytes()[:-3])
    assert str(tmp_path / "torn") in ask("show", str(tmp_path / "torn"), ok=False)["message"]
    nowhere = str(tmp_path / "no" / "made")
    assert "No such file" in ask("union", one, one, out=nowhere, ok=False)["message"]
