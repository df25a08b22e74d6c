"""graftui skill: what is printed, what the engine is asked for it, and one skill in and out."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import safetensors.torch
import torch

from engine.contract.skill_info import SkillInfo
from engine.graft.info import digest
from engine.graft.skill import Skill, write
from graftui.cli import skills
from tests import pretend
from tests.cli import study
from tests.cli.inside import Inside
from tests.cli.workplace import Workplace, typed

ROOT = Path(__file__).parents[2]
POCKET = ROOT / "data" / "pocket" / "masked-lm"
LAYER = "roberta.encoder.layer"
INFO = {
    "base": "roberta-base", "task": "SST-2", "prompt": "[it] was\n", "sparsity": 1e-4,
    "label_words": {"0": " terrible", "1": " great"}, "weights": 6, "maskable": 60_000,
    "digests": {}, "shapes": {},
    "scores": {"train_dev_accuracy": 0.9375}, "config_hash": "63d6", "versions": {"torch": "2.13"},
    "tensors": {
        **{f"{LAYER}.{i}.query.weight": 100 for i in range(3)},
        **{f"{LAYER}.{i}.dense.bias": 10 for i in range(3)}, "lm_head.bias": 50,
    },
}  # fmt: skip
SHOWN: dict[str, Any] = {
    "info": INFO,
    "head": {},
    "not_finite": 0,
    "tensors": [
        {"name": f"{LAYER}.0.query.weight", "entries": 3, "weights": 100},
        {"name": f"{LAYER}.2.query.weight", "entries": 1, "weights": 100},
        {"name": f"{LAYER}.2.dense.bias", "entries": 1, "weights": 10},
        {"name": "lm_head.bias", "entries": 1, "weights": 50},
    ],
}


def answering(work: Workplace, name: str, answer: dict[str, Any]) -> Workplace:
    """`work` with an engine that keeps the question and gives this answer to any of that name."""
    said = pretend.answered(f"skill.{name}", answer)
    work.env["GRAFTUI_PYTHON"] = pretend.answering(work.path, said)
    return work


def asked(work: Workplace) -> Any:
    return json.loads((work.path / "asked").read_text())


def said(text: str) -> str:
    return " ".join(text.split())


@pytest.fixture
def files(work: Workplace) -> list[str]:
    """Files that only the engine would read."""
    paths = [work.path / f"{name}.safetensors" for name in ("one", "two")]
    for path in paths:
        path.touch()
    return [str(path) for path in paths]


def test_every_verb_has_help_with_an_example(monkeypatch: pytest.MonkeyPatch) -> None:
    ((group, (_, verbs)),) = skills.GROUPS.items()
    assert f" {group} " in typed(monkeypatch, ["--help"])
    for verb, example in verbs.items():
        assert example in said(typed(monkeypatch, [group, verb.__name__, "--help"]))


def test_where_the_weights_lie(work: Workplace, files: list[str]) -> None:
    out = answering(work, "show", SHOWN).run("skill", "show", "one.safetensors")
    assert asked(work) == {"name": "skill.show", "skill": files[0]}
    lines = [said(line) for line in out.splitlines()]
    at = lines.index("tensor outside 0 2 all of maskable")
    assert lines[at + 1 : at + 5] == [
        "query.weight 3 1 4 1.33 %", "dense.bias 1 1 3.33 %", "lm_head.bias 1 1 2 %",
        "all 1 3 2 6 1.58 %",
    ]  # fmt: skip
    for line in (
        "base roberta-base", "prompt [it] was\\n", "label words 0 terrible, 1 great",
        "weights 6 of 60,000 maskable", "sparsity asked 0.0001, reached 0.0001",
        "scores train_dev_accuracy 0.9375",
    ):  # fmt: skip
        assert line in lines


def test_a_narrow_terminal_gets_two_lists(work: Workplace, files: list[str]) -> None:
    layers = [{**SHOWN["tensors"][0], "name": f"{LAYER}.{i}.query.weight"} for i in range(48)]
    old = {**INFO, "tensors": {}}  # of a file that does not tell the maskable tensors
    answer = {**SHOWN, "tensors": layers, "info": old, "not_finite": 2}
    out = answering(work, "show", answer).run("skill", "show", files[0])
    lines = [said(line) for line in out.splitlines()]
    assert "not finite 2 values are NaN or infinite" in lines
    assert lines[lines.index("layer weights of touched") + 48] == "47 3 3 %"
    assert lines[-1] == "query.weight 144 3 %"


def test_a_skill_by_its_run(work: Workplace) -> None:
    answering(work, "show", SHOWN)
    study.films(work.path)
    assert "no skill file" in work.run("skill", "show", "ga1", code=2)
    place = work.path / "data" / "runs" / "ga1"
    (place / "skill-0.001.safetensors").touch()
    work.run("skill", "show", "study-ga1")
    assert asked(work)["skill"] == str(place / "skill-0.001.safetensors")
    (place / "skill-0.0001.safetensors").touch()
    several = work.run("skill", "show", "ga1", code=2)
    assert "There is ga1@0.0001, ga1@0.001" in said(several)
    work.run("skill", "show", "study-ga1@1e-4")
    assert asked(work)["skill"] == str(place / "skill-0.0001.safetensors")
    assert "has no skill of 0.5" in work.run("skill", "show", "ga1@0.5", code=2)
    (work.path / "data" / "runs" / "gb1" / "skill.safetensors").touch()
    assert work.json("skill", "show", "gb1")["path"].endswith("gb1/skill.safetensors")
    assert "There is no run 'gx9'" in work.run("skill", "show", "gx9", code=2)


def test_a_file_needs_no_registry(work: Workplace, files: list[str]) -> None:
    answering(work, "show", SHOWN).run("skill", "show", files[0])
    assert not (work.path / "runs.db").exists()


@pytest.mark.parametrize(
    ("state", "words", "code"),
    [
        ("base", "m is the base of the skill", 0),
        ("skill", "m holds the skill", 0),
        ("part", "1 of 3 touched tensors hold the skill: b", 2),
        ("other", "2 of 3 touched tensors differ: a c", 2),
    ],
)
def test_what_a_model_is(
    work: Workplace, files: list[str], state: str, words: str, code: int
) -> None:
    (work.path / "m").mkdir()
    other = ["a", "c"] if state == "other" else []
    answer = {"state": state, "tensors": 3, "skill": ["b"], "other": other}
    answering(work, "verify", answer)
    assert words in said(work.run("skill", "verify", files[0], "m", code=code))
    assert asked(work)["model"] == str(work.path / "m")
    out = work.run("skill", "verify", files[0], "pocket:masked-lm", "--json", code=code)
    assert json.loads(out)["state"] == state
    assert asked(work)["model"] == "pocket:masked-lm"


def test_what_skills_share(work: Workplace, files: list[str]) -> None:
    pair = {"first": 0, "second": 1, "overlap": 1200, "jaccard": 0.25, "expected": 0.8512,
            "p": 0.0, "expected_by_tensor": 310.5, "p_by_tensor": 0.04, "exact": True,
            "agree": 7}  # fmt: skip
    held = [{"path": path, "task": "SST-2", "weights": 8505, "share": 0.0104} for path in files]
    shared = {"all": 1200, "all_share": 0.00146, "any": 15810, "any_share": 0.0193}
    answering(work, "diff", {"skills": held, "pairs": [pair], **shared})
    lines = [said(line) for line in work.run("skill", "diff", *files).splitlines()]
    assert lines == [
        f"1 8,505 weights, 0.0104 % of maskable SST-2 {files[0]}",
        f"2 8,505 weights, 0.0104 % of maskable SST-2 {files[1]}",
        "skills shared by chance p by chance per tensor p per tensor Jaccard same value",
        "1 and 2 1,200 0.851 <1e-300 310 0.04 0.2500 7",
        "weights in all of them: 1,200; in any: 15,810 (0.00146 % and 0.0193 % of all maskable "
        "weights)",
    ]  # fmt: skip
    assert work.json("skill", "diff", *files)["pairs"] == [pair]


def test_an_install_tells_what_it_left_alone(work: Workplace, files: list[str]) -> None:
    (work.path / "m").mkdir()
    done = {"folder": "m", "entries": 3235, "rounded": 0, "unchanged": 2}
    out = said(
        answering(work, "install", done).run("skill", "install", files[0], "m", "--allow-nan")
    )
    assert out == "installed: 3,235 weights of m 2 more have the same values there already"
    assert asked(work)["allow_nan"] is True


@pytest.mark.parametrize("verb", ["union", "intersect", "subtract"])
def test_making_a_skill_of_several(work: Workplace, files: list[str], verb: str) -> None:
    answering(work, verb, {"path": "made", "weights": 17_000, "conflicts": 3})
    out = work.run("skill", verb, *files, "-o", "made.safetensors")
    assert "made.safetensors: 17,000 weights" in out
    assert "3 of them had several values" in out
    made = str(work.path / "made.safetensors")
    assert asked(work) == {"name": f"skill.{verb}", "skills": files, "out": made}


BAD_INPUT = [
    ("show ./none.safetensors", "There is no file ./none.safetensors"),
    ("diff one.safetensors", "two or more"),
    ("union one.safetensors -o x", "two or more"),
    ("union one.safetensors two.safetensors", "--output"),
    ("union one.safetensors two.safetensors -o no/x", "no folder"),
    ("install one.safetensors ./nowhere", "There is no folder ./nowhere"),
    ("verify one.safetensors pocket:big", "pocket:masked-lm"),
    ("sing", "No such command"),
]


@pytest.mark.parametrize(("typed", "says"), BAD_INPUT)
def test_bad_input_never_reaches_the_engine(
    work: Workplace, files: list[str], typed: str, says: str
) -> None:
    answering(work, "show", {})
    assert says in said(work.run("skill", *typed.split(), code=2))
    assert not (work.path / "asked").exists()


def test_a_skill_in_a_folder_and_out_again(work: Workplace) -> None:
    """By the engine itself."""
    work = Inside(work.path, work.env)
    shutil.copytree(POCKET, work.path / "m")
    weights = work.path / "m" / "model.safetensors"
    before, name = weights.read_bytes(), f"{LAYER}.1.output.dense.bias"
    base = safetensors.torch.load_file(weights)[name]
    info = SkillInfo("pocket", {name: digest(base)}, {name: list(base.shape)}, "t", "", {},
                     1e-3, 2, 100, {}, "")  # fmt: skip
    at = torch.tensor([0, 3])
    write(Skill(info, {name: at}, {name: torch.tensor([0.5, -2.0])}, {name: base[at].float()}),
          work.path / "s.safetensors")  # fmt: skip
    assert "installed: 2 weights of" in work.run("skill", "install", "s.safetensors", "m")
    after = safetensors.torch.load_file(weights)[name]
    assert after[at].tolist() == [0.5, -2.0]
    assert "already installed" in work.run("skill", "install", "s.safetensors", "m", code=2)
    work.run("skill", "uninstall", "s.safetensors", "m")
    assert weights.read_bytes() == before
