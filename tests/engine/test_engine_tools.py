"""The engine's answers to graftui, and the process that gives them, question by question."""

import importlib
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import ValidationError

from engine.contract.questions.catalog import ModelParts, PartSize
from engine.contract.questions.messages import (
    QUESTIONS,
    VERSION,
    Answered,
    Crashed,
    Progress,
    Ready,
    Refused,
    heard,
    line,
)
from engine.contract.sections import TaskConfig
from engine.data import spec_of
from engine.tasks.row_ids import row_ids
from engine.tasks.sources import read_rows
from engine.tools import kshot
from engine.tools.answering import MODULES, answered
from tests.engine.engine_bench import write_model
from tests.engine.engine_tokens import SPECIAL, WORDS, plain_tokenizer
from tests.engine.engine_zoo import BLOCK, INNER, LAYERS, LLAMA_BLOCK, PLACES, WIDTH

ROOT = Path(__file__).parents[2]
IDS = {token: number for number, token in enumerate([*SPECIAL, *WORDS])}
REGRESSION = """
[marks]
title = "film marks"
format = "tsv"
header = true
text = [0]
label = 1
bounds = [1, 5]
metric = "pearson"
[marks.masked]
prompt = "*cls**sent_0*_It_was*mask*.*sep+*"
label_words = { 0 = "bad", 1 = "good" }
"""


CHILD = """
import sys
from engine.tools import answering
from engine.tools.__main__ import main
answering.MODULES["data.kshot"] = "stub"
sys.exit(main())
"""
STUB = """
import os, sys
from engine.contract.questions.catalog import KshotFiles
from engine.contract.questions.messages import Progress

def answer(question, hear):
    if question.out == "bug":
        raise ZeroDivisionError("of nought")
    print("loading ...")
    os.system("echo from below; cat")
    hear(Progress(done=1, total=2, what="rows"))
    return KshotFiles(files=(question.out, sys.stdin.read()))
"""


def asked(name: str, question: dict[str, Any], ok: bool = True) -> dict[str, Any]:
    """The answer, or with `ok` false the refusal, as it is said."""
    said = answered(json.dumps({"name": name, **question}), lambda far: None)
    assert isinstance(said, Answered if ok else Refused), said
    raw = json.loads(line(said))
    return raw["answer"] if ok else raw


def process(folder: Path, *lines: str) -> "subprocess.CompletedProcess[str]":
    """`python -m engine.tools` with an answer that needs no torch, asked all these at once."""
    (folder / "stub.py").write_text(STUB)
    path = os.pathsep.join([str(ROOT), str(folder)])
    return subprocess.run(
        [sys.executable, "-c", CHILD], input="".join(f"{line}\n" for line in lines),
        env=os.environ | {"PYTHONPATH": path}, capture_output=True, text=True, timeout=240,
    )  # fmt: skip


def drawn(out: str) -> str:
    return json.dumps({"name": "data.kshot", "seeds": [1], "out": out})


def test_rows_say_what_the_files_do_by_the_ids_that_answers_have() -> None:
    task = TaskConfig(name="pocket-film")
    rows = read_rows(task, spec_of(task)).tests["test"]
    ids = row_ids("pocket-film", rows)
    wanted = [ids[5], "gone", ids[0]]
    raw = task.model_dump(mode="json")
    told = asked("task.rows", {"task": raw, "split": "test", "ids": wanted})["rows"]
    assert told == [
        {"id": ids[n], "label": rows[n].label, "texts": list(rows[n].texts)} for n in (5, 0)
    ]
    refused = asked("task.rows", {"task": raw, "split": "tset", "ids": []}, ok=False)
    assert "it has dev, test" in refused["hint"]


@pytest.fixture
def words(tmp_path: Path) -> str:
    """A model folder that holds a tokenizer alone: a prompt needs no weights."""
    folder = tmp_path / "words"
    plain_tokenizer().save_pretrained(folder)
    (folder / "config.json").write_text("{}")
    return str(folder)


def shots(root: Path, task: str, *rows: str) -> str:
    """A k-shot folder (k = 1, seed 13) whose files all hold `rows`; gives its root."""
    folder = root / task / "1-13"
    folder.mkdir(parents=True)
    for split in ("train", "dev", "test"):
        (folder / f"{split}.tsv").write_text("\n".join(["sentence\tlabel", *rows, ""]))
    return str(root)


def test_a_prompt_in_tokens(words: str, tmp_path: Path) -> None:
    data = shots(tmp_path / "shots", "SST-2", "the film is good .\t1", "the film is bad .\t0")
    task = {"name": "SST-2", "data": data, "k": 1}
    found = asked("task.prompt", {"model": {"name": words}, "task": task})
    assert " ".join(found["tokens"]) == "<s> the film is good . It was <mask> . </s>"
    assert found["ids"] == [IDS[token] for token in found["tokens"]]
    assert found["reads"] == 8, "the mask"
    assert found["label"] == "1"
    assert found["classes"] == [
        {"label": "0", "word": "terrible", "ids": [IDS["terrible"]], "tokens": ["terrible"]},
        {"label": "1", "word": "great", "ids": [IDS["great"]], "tokens": ["great"]},
    ]


def test_what_a_causal_lm_goes_on_from(words: str, tmp_path: Path) -> None:
    data = shots(tmp_path / "shots", "SST-2", "the film is bad\t0", "the film is good\t1")
    task = {"name": "SST-2", "data": data, "k": 1, "type": "autoregressive",
            "label_words": {"0": " not good", "1": " good"}}  # fmt: skip
    found = asked("task.prompt", {"model": {"name": words}, "task": task})
    assert " ".join(found["tokens"]) == '" the film is bad " has a tone that is'
    assert found["reads"] == 10, "the last token"
    assert [one["tokens"] for one in found["classes"]] == [["not", "good"], ["good"]]


@pytest.mark.parametrize(("head", "reads"), [("cls", 0), ("mean", None), ("mask", 6)])
def test_what_a_linear_head_reads(words: str, tmp_path: Path, head: str, reads: int | None) -> None:
    data = shots(tmp_path / "shots", "SST-2", "a film .\t0", "the film .\t1")
    task = {"name": "SST-2", "data": data, "k": 1, "type": "finetune", "head": head}
    found = asked("task.prompt", {"model": {"name": words}, "task": task})
    assert found["reads"] == reads
    assert [(one["word"], one["ids"]) for one in found["classes"]] == [("", []), ("", [])]


def test_a_score_is_told_as_in_the_file(
    words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("data/tasks").mkdir(parents=True)
    Path("data/tasks/marks.toml").write_text(REGRESSION)
    data = shots(tmp_path / "shots", "marks", "a good film\t4.2", "a bad film\t1.5")
    task = {"name": "marks", "data": data, "k": 1}
    assert asked("task.prompt", {"model": {"name": words}, "task": task})["label"] == "4.2"


def test_the_weights_of_a_model(model_folder: Path) -> None:
    question = {"model": {"name": str(model_folder)}, "freeze": {"layers": 1}}
    found = asked("model.parts", question)
    assert (found["family"], found["tied"]) == ("RobertaForMaskedLM", True)
    parts = {part["part"]: part for part in found["parts"]}
    assert list(parts) == ["embeddings", *(f"layer {i}" for i in range(LAYERS)), "head"]
    vocab = len(IDS)
    # Words, places, one segment, a norm; dense, a norm and the output's bias.
    assert parts["embeddings"]["weights"] == WIDTH * (vocab + PLACES + 1 + 2)
    assert parts["head"]["weights"] == WIDTH * (WIDTH + 1 + 2) + vocab
    assert [parts[f"layer {i}"]["weights"] for i in range(LAYERS)] == [BLOCK] * LAYERS
    assert [part["maskable"] for part in found["parts"]] == [0, 0, BLOCK, 0]
    assert found["total"]["maskable"] == BLOCK
    for count in ("tensors", "weights"):
        assert found["total"][count] == sum(part[count] for part in found["parts"])


def test_biases_alone(model_folder: Path) -> None:
    freeze = {"all_but_biases": True}
    found = asked("model.parts", {"model": {"name": str(model_folder)}, "freeze": freeze})
    # Of a layer: four projections, the two of the feed-forward, two norms.
    each = 4 * WIDTH + INNER + WIDTH + 2 * WIDTH
    assert [part["maskable"] for part in found["parts"]] == [0, each, each, 0]
    assert found["biases"]["maskable"] == found["total"]["maskable"] == LAYERS * each
    assert found["biases"]["weights"] > LAYERS * each, "those of embeddings and head are frozen"


def test_a_head_of_its_own_and_none(tmp_path: Path) -> None:
    folder = write_model(tmp_path / "llama", "llama", tie_word_embeddings=False)
    causal = {"model": {"name": str(folder)}, "task": {"type": "autoregressive"}}
    found = asked("model.parts", causal)
    assert (found["family"], found["tied"]) == ("LlamaForCausalLM", False)
    head = found["parts"][-1]
    assert (head["part"], head["weights"]) == ("head", WIDTH * (len(IDS) + 1))
    assert found["total"]["maskable"] == LAYERS * LLAMA_BLOCK
    encoder = asked("model.parts", {**causal, "task": {"type": "finetune"}})
    assert (encoder["tied"], encoder["parts"][-1]["weights"]) == (None, WIDTH)


def test_few_shot_folders_of_several_seeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = []

    def write(spec: Any, source: str, out: Path, k: int, seed: int, mode: str) -> list[Path]:
        told.append((spec.name, source, out, k, seed, mode))
        return [out / f"{seed}.tsv"]

    monkeypatch.setattr(kshot, "write_kshot", write)
    task = {"name": "pocket-film", "k": 3, "mode": "k-shot-10x"}
    found = asked("data.kshot", {"task": task, "seeds": [13, 7], "out": str(tmp_path)})
    assert found["files"] == [str(tmp_path / "13.tsv"), str(tmp_path / "7.tsv")]
    assert told == [("pocket-film", "", tmp_path, 3, seed, "k-shot-10x") for seed in (13, 7)]


def test_refusals_say_what_to_do(model_folder: Path, tmp_path: Path) -> None:
    question = {"model": {"name": str(model_folder)}}
    frozen = asked("model.parts", {**question, "freeze": {"layers": LAYERS}}, ok=False)
    assert "freezes all 2 layers" in frozen["message"]
    assert frozen["hint"] == "set freeze.layers to 1 or less"
    wrong = asked("model.parts", {**question, "freeze": {"layer": 1}}, ok=False)
    assert "Did you mean freeze.layers?" in wrong["message"]
    (tmp_path / "taken").write_text("")
    drawn = {"task": {"name": "pocket-film", "k": 1}, "seeds": [13], "out": str(tmp_path / "taken")}
    assert str(tmp_path / "taken") in asked("data.kshot", drawn, ok=False)["message"]


def test_one_process_answers_one_question_after_the_other(tmp_path: Path) -> None:
    """What a library prints, by whichever way, is no answer; nor does it read the questions."""
    done = process(tmp_path, drawn("one"), "nonsense", '{"name": "sing"}', drawn("two"))
    said = [json.loads(line) for line in done.stdout.splitlines()]
    assert [message["said"] for message in said] == [
        "ready", "progress", "answered", "refused", "refused", "progress", "answered",
    ]  # fmt: skip
    assert said[0]["version"] == VERSION
    assert [said[n]["answer"]["files"] for n in (2, 6)] == [["one", ""], ["two", ""]]
    assert "task.prompt" in said[4]["hint"]
    assert done.stderr.split("\n")[:2] == ["loading ...", "from below"]
    assert done.returncode == 0


def test_a_bug_is_said_and_ends_the_process(tmp_path: Path) -> None:
    done = process(tmp_path, drawn("bug"), drawn("two"))
    ready, crashed = (json.loads(line) for line in done.stdout.splitlines())
    assert (ready["said"], crashed["said"]) == ("ready", "crashed")
    assert crashed["trace"].rstrip().endswith("ZeroDivisionError: of nought")
    assert "ZeroDivisionError: of nought" in done.stderr
    assert done.returncode == 1


def test_every_question_has_a_module_and_an_answer_of_its_name() -> None:
    """Adding one touches its models, the table of names, and its module."""
    assert set(MODULES) == set(QUESTIONS)
    for module in MODULES.values():
        assert callable(importlib.import_module(module).answer)


def test_all_that_is_said_is_frozen_and_comes_back_the_same() -> None:
    progress = Progress(done=1, total=3, what="weights")
    refused = Refused(message="no", hint="\x1b\u2028 yes")
    parts = PartSize(part="x", tensors=1, weights=2, maskable=0)
    answer = ModelParts(family="F", tied=None, parts=(parts,), biases=parts, total=parts)
    for message in (Ready(), progress, refused, Answered(answer=answer), Crashed(trace="t")):
        assert line(message).count(b"\n") == 1
        assert heard(line(message)) == message
        with pytest.raises(ValidationError):
            message.said = "other"  # type: ignore[assignment, misc]
    for name, model in QUESTIONS.items():
        assert name in get_args(model.model_fields["name"].annotation)
        assert model.model_config["frozen"]
