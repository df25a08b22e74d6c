"""The engine's answers to graftui: one JSON object in, one out."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

from engine.tools import __main__ as tools
from engine.tools import kshot, model
from tests.engine.engine_bench import write_model
from tests.engine.engine_tokens import SPECIAL, WORDS, plain_tokenizer
from tests.engine.engine_zoo import BLOCK, INNER, LAYERS, LLAMA_BLOCK, PLACES, WIDTH

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


class Asked:
    """`python -m engine.tools VERB`, in this process."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self._patch, self._captured = monkeypatch, capsys

    def __call__(self, verb: str, question: dict[str, Any], code: int = 0) -> dict[str, Any]:
        self._captured.readouterr()
        self._patch.setattr("sys.stdin", io.StringIO(json.dumps(question)))
        assert tools.main([verb]) == code
        answer = json.loads(self._captured.readouterr().out)
        assert answer.pop("ok") is (code == 0)
        return dict(answer)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Asked:
    return Asked(monkeypatch, capsys)


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


def test_a_prompt_in_tokens(asked: Asked, words: str, tmp_path: Path) -> None:
    data = shots(tmp_path / "shots", "SST-2", "the film is good .\t1", "the film is bad .\t0")
    task = {"name": "SST-2", "data": data, "k": 1}
    found = asked("task", {"model": {"name": words}, "task": task})
    assert " ".join(found["tokens"]) == "<s> the film is good . It was <mask> . </s>"
    assert found["ids"] == [IDS[token] for token in found["tokens"]]
    assert found["reads"] == 8, "the mask"
    assert found["label"] == "1"
    assert found["classes"] == [
        {"label": "0", "word": "terrible", "ids": [IDS["terrible"]], "tokens": ["terrible"]},
        {"label": "1", "word": "great", "ids": [IDS["great"]], "tokens": ["great"]},
    ]


def test_what_a_causal_lm_goes_on_from(asked: Asked, words: str, tmp_path: Path) -> None:
    data = shots(tmp_path / "shots", "SST-2", "the film is bad\t0", "the film is good\t1")
    task = {"name": "SST-2", "data": data, "k": 1, "type": "autoregressive",
            "label_words": {"0": " not good", "1": " good"}}  # fmt: skip
    found = asked("task", {"model": {"name": words}, "task": task})
    assert " ".join(found["tokens"]) == '" the film is bad " has a tone that is'
    assert found["reads"] == 10, "the last token"
    assert [one["tokens"] for one in found["classes"]] == [["not", "good"], ["good"]]


@pytest.mark.parametrize(("head", "reads"), [("cls", 0), ("mean", None), ("mask", 6)])
def test_what_a_linear_head_reads(
    asked: Asked, words: str, tmp_path: Path, head: str, reads: int | None
) -> None:
    data = shots(tmp_path / "shots", "SST-2", "a film .\t0", "the film .\t1")
    task = {"name": "SST-2", "data": data, "k": 1, "type": "finetune", "head": head}
    found = asked("task", {"model": {"name": words}, "task": task})
    assert found["reads"] == reads
    assert [(one["word"], one["ids"]) for one in found["classes"]] == [("", []), ("", [])]


def test_a_score_is_told_as_in_the_file(
    asked: Asked, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("data/tasks").mkdir(parents=True)
    Path("data/tasks/marks.toml").write_text(REGRESSION)
    data = shots(tmp_path / "shots", "marks", "a good film\t4.2", "a bad film\t1.5")
    task = {"name": "marks", "data": data, "k": 1}
    assert asked("task", {"model": {"name": words}, "task": task})["label"] == "4.2"


def test_the_weights_of_a_model(asked: Asked, model_folder: Path) -> None:
    question = {"model": {"name": str(model_folder)}, "freeze": {"layers": 1}}
    found = asked("model", question)
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


def test_biases_alone(asked: Asked, model_folder: Path) -> None:
    freeze = {"all_but_biases": True}
    found = asked("model", {"model": {"name": str(model_folder)}, "freeze": freeze})
    # Of a layer: four projections, the two of the feed-forward, two norms.
    each = 4 * WIDTH + INNER + WIDTH + 2 * WIDTH
    assert [part["maskable"] for part in found["parts"]] == [0, each, each, 0]
    assert found["biases"]["maskable"] == found["total"]["maskable"] == LAYERS * each
    assert found["biases"]["weights"] > LAYERS * each, "those of embeddings and head are frozen"


def test_a_head_of_its_own_and_none(asked: Asked, tmp_path: Path) -> None:
    folder = write_model(tmp_path / "llama", "llama", tie_word_embeddings=False)
    causal = {"model": {"name": str(folder)}, "task": {"type": "autoregressive"}}
    found = asked("model", causal)
    assert (found["family"], found["tied"]) == ("LlamaForCausalLM", False)
    head = found["parts"][-1]
    assert (head["part"], head["weights"]) == ("head", WIDTH * (len(IDS) + 1))
    assert found["total"]["maskable"] == LAYERS * LLAMA_BLOCK
    encoder = asked("model", {**causal, "task": {"type": "finetune"}})
    assert (encoder["tied"], encoder["parts"][-1]["weights"]) == (None, WIDTH)


def test_few_shot_folders_of_several_seeds(
    asked: Asked, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []

    def write(spec: Any, source: str, out: Path, k: int, seed: int, mode: str) -> list[Path]:
        told.append((spec.name, source, out, k, seed, mode))
        return [out / f"{seed}.tsv"]

    monkeypatch.setattr(kshot, "write_kshot", write)
    task = {"name": "pocket-film", "k": 3, "mode": "k-shot-10x"}
    found = asked("kshot", {"task": task, "seeds": [13, 7], "out": str(tmp_path)})
    assert found == {"files": [str(tmp_path / "13.tsv"), str(tmp_path / "7.tsv")]}
    assert told == [("pocket-film", "", tmp_path, 3, seed, "k-shot-10x") for seed in (13, 7)]


def test_refusals_say_what_to_do(asked: Asked, model_folder: Path, tmp_path: Path) -> None:
    question = {"model": {"name": str(model_folder)}}
    frozen = asked("model", {**question, "freeze": {"layers": LAYERS}}, code=1)
    assert "freezes all 2 layers" in frozen["message"]
    assert frozen["hint"] == "set freeze.layers to 1 or less"
    wrong = asked("model", {**question, "freeze": {"layer": 1}}, code=1)
    assert "Did you mean freeze.layers?" in wrong["message"]
    (tmp_path / "taken").write_text("")
    drawn = {"task": {"name": "pocket-film", "k": 1}, "seeds": [13], "out": str(tmp_path / "taken")}
    assert str(tmp_path / "taken") in asked("kshot", drawn, code=1)["message"]


def test_chatter_does_not_reach_the_answer(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(question: dict[str, Any]) -> dict[str, Any]:
        print("loading ...")
        return question

    monkeypatch.setattr(model, "answer", answer)
    assert asked("model", {"said": 1}) == {"said": 1}


def test_a_bug_is_a_traceback(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(_: object) -> dict[str, Any]:
        raise ZeroDivisionError

    monkeypatch.setattr(model, "answer", answer)
    with pytest.raises(ZeroDivisionError):
        asked("model", {})


def test_what_is_no_question(asked: Asked, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("nonsense"))
    with pytest.raises(SystemExit, match="2"):
        tools.main(["model"])
    with pytest.raises(SystemExit, match="2"):
        tools.main(["sing"])
