"""The catalog of tasks, and what is refused before a process starts."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from engine.contract import preflight
from engine.contract.catalog import TaskSpec, tasks, unknown_task
from engine.contract.config import FinetuneConfig, ModelConfig, TaskConfig
from engine.contract.layout import shipped

BLOCK = """
[toy]
title = "a toy"
format = "tsv"
header = true
text = [0]
label = 1
[toy.masked]
prompt = "*cls**sent_0*_It_was*mask*.*sep+*"
label_words = { b = "bad", a = "good" }
"""


def test_a_block_is_read_as_written(tmp_path: Path) -> None:
    (tmp_path / "toy.toml").write_text(BLOCK)
    spec = tasks(tmp_path)["toy"]
    assert (spec.name, spec.title, spec.text, spec.label) == ("toy", "a toy", (0,), 1)
    assert list(spec.masked.label_words) == ["b", "a"], "the order of the classes is the file's"
    assert spec.prompting("prompt") == spec.masked
    assert spec.prompting("autoregressive") is None


@pytest.mark.parametrize("line", ['colour = "red"', 'hub = { path = "x", text = ["t"], zz = 1 }'])
def test_an_unknown_key_is_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / "toy.toml").write_text(BLOCK.replace("[toy]\n", f"[toy]\n{line}\n"))
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        tasks(tmp_path)


def test_files_are_read_in_order(tmp_path: Path) -> None:
    (tmp_path / "b.toml").write_text(BLOCK)
    (tmp_path / "a.toml").write_text(BLOCK.replace("toy", "first"))
    assert list(tasks(tmp_path)) == ["first", "toy"]


SHIPPED = list(tasks().values())


@pytest.mark.parametrize("spec", SHIPPED, ids=lambda spec: spec.name)
def test_every_shipped_task_is_usable(spec: TaskSpec) -> None:
    words = spec.masked.label_words
    assert len(set(words.values())) == len(words) >= 2
    assert spec.masked.prompt.count("*mask*") == 1
    for place in range(len(spec.text)):
        assert f"_{place}*" in spec.masked.prompt, "each sentence is asked about"
    if spec.causal:
        assert list(spec.causal.label_words) == list(words)
        assert "*mask*" not in spec.causal.prompt
    if spec.hub:
        assert len(spec.hub.text) == len(spec.text)
    if spec.home:
        folder = shipped() / spec.home / (spec.folder or spec.name)
        assert (folder / f"train.{spec.format}").is_file()


def test_a_misspelt_task_gets_a_guess() -> None:
    assert "Did you mean SST-2?" in unknown_task("SST2")


@pytest.fixture
def folder(tmp_path: Path) -> str:
    (tmp_path / "config.json").write_text("{}")
    return str(tmp_path)


@pytest.mark.parametrize("name", ["roberta-base", "facebook/opt-125m", "pocket:masked-lm"])
def test_a_name_that_may_exist_passes(name: str) -> None:
    assert preflight.check_model(name) is None


def test_a_model_folder_passes(folder: str) -> None:
    assert preflight.check_model(folder) is None


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("pocket:huge", ["'pocket:huge'", "pocket:masked-lm"]),
        ("./nowhere", ["'./nowhere'", "config.json", "hub name"]),
        ("~/nowhere-at-all", ["~/nowhere-at-all"]),
        ("a/b/c", ["'a/b/c'", "no such folder"]),
    ],
)
def test_a_model_that_is_not_there(name: str, words: list[str]) -> None:
    trouble = preflight.check_model(name)
    assert trouble
    assert [word for word in words if word not in " ".join(trouble)] == []


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("SST3", "", ["'SST3'", "SST-2", "task.name"]),
        ("SST-2", "", ["SST-2", "task.data=DIR", "task.data=hub"]),
        ("SST-2", "/no/where", ["'/no/where'", "task.data"]),
        ("pocket-film", "hub", ["pocket-film", "not on the hub", "task.data"]),
        ("pocket-film", "hub:x", ["pocket-film", "not on the hub"]),
    ],
)
def test_a_task_that_cannot_be_had(name: str, data: str, words: list[str]) -> None:
    trouble = preflight.check_task(name, data)
    assert trouble
    assert [word for word in words if word not in " ".join(trouble)] == []


@pytest.mark.parametrize(("name", "data"), [("pocket-film", ""), ("SST-2", "hub")])
def test_a_task_that_may_be_had(name: str, data: str) -> None:
    assert preflight.check_task(name, data) is None


def test_the_first_trouble_of_a_config_is_told(folder: str) -> None:
    wrong_task = TaskConfig(name="none")
    assert preflight.check(FinetuneConfig()) is None
    trouble = preflight.check(FinetuneConfig(task=wrong_task))
    assert trouble == preflight.check_task("none", "")
    both = FinetuneConfig(model=ModelConfig(name="./none"), task=wrong_task)
    assert preflight.check(both) == preflight.check_model("./none")
