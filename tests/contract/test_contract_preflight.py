"""What is refused before a run is queued, and what is only said."""

import json
from pathlib import Path
from typing import Any

import pytest

from engine.contract import config as configs
from engine.contract import gpus, preflight, remarks
from engine.contract.kinds import kinds
from engine.contract.kinds.finetune import FinetuneConfig
from engine.contract.kinds.graft import GraftConfig
from tests.each import each

Raw = dict[str, Any]
ROBERTA: Raw = {"architectures": ["RobertaForMaskedLM"], "model_type": "roberta"}
GPT: Raw = {"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "n_layer": 3}
TOKENS = {"\u0120terrible": 1, "great": 2, "\u0120bad": 3, "No": 4}


def model(tmp_path: Path, config: Raw, vocab: Any = None) -> str:
    (tmp_path / "config.json").write_text(json.dumps(config))
    if vocab is not None:
        tokenizer = {"model": {"vocab": vocab}, "added_tokens": [{"content": "added"}]}
        (tmp_path / "tokenizer.json").write_text(json.dumps(tokenizer))
    return str(tmp_path)


def trouble(kind: str = "finetune", linked: bool = False, **raw: Any) -> str:
    found = configs.parse({"kind": kind, **raw})
    check = kinds()[kind].check
    return " ".join(check(found, ["finetuned"] if linked else ()) or ())


@pytest.mark.parametrize(
    "name", ["roberta-base", "ok:20:0.5", "finish", "facebook/opt-125m", "pocket:masked-lm"]
)
def test_a_model_that_may_be_on_the_hub_is_never_refused(name: str) -> None:
    assert trouble(model={"name": name}) == ""
    if not name.startswith("pocket:"):
        freeze, task = {"layers": 99}, {"type": "autoregressive"}
        assert trouble(model={"name": name}, freeze=freeze, task=task) == ""


@pytest.mark.parametrize(
    ("config", "task", "words"),
    [
        (ROBERTA, {"type": "autoregressive"}, ["masked LM (RobertaForMaskedLM)", "causal one"]),
        (GPT, {}, ["causal LM (GPT2LMHeadModel)", "task.type = prompt", "masked one"]),
        (GPT, {"type": "prompt-demo"}, ["causal LM"]),
        (GPT, {"type": "finetune"}, ["task.head = cls", "task.head=mean"]),
        ({"architectures": ["LlamaForCausalLM"]}, {}, ["causal LM (LlamaForCausalLM)"]),
    ],
)
def test_a_model_of_the_other_kind_is_refused(
    tmp_path: Path, config: Raw, task: Raw, words: list[str]
) -> None:
    found = trouble(model={"name": model(tmp_path, config)}, task=task)
    assert [word for word in words if word not in found] == []


@pytest.mark.parametrize(
    ("config", "task"),
    [
        (ROBERTA, {}),
        (GPT, {"type": "autoregressive"}),
        (GPT, {"type": "finetune", "head": "mean"}),
        (ROBERTA | {"is_decoder": True}, {"type": "autoregressive"}),
        (ROBERTA | {"architectures": ["RobertaForCausalLM"]}, {}),
        ({"architectures": ["XLMWithLMHeadModel"], "model_type": "xlm"}, {}),
        (GPT | {"auto_map": {"AutoModelForMaskedLM": "own.Model"}}, {}),
        ({}, {"type": "autoregressive"}),
        ({"architectures": "RobertaForMaskedLM"}, {"type": "autoregressive"}),
        ({"architectures": [None]}, {"type": "autoregressive"}),
    ],
)
def test_what_is_not_certain_is_left_to_the_engine(tmp_path: Path, config: Raw, task: Raw) -> None:
    assert trouble(model={"name": model(tmp_path, config)}, task=task) == ""


@pytest.mark.parametrize("text", ["", "[]", "{", '{"num_hidden_layers": "three"}', "\xff"])
def test_a_config_that_says_nothing_passes(tmp_path: Path, text: str) -> None:
    (tmp_path / "config.json").write_text(text, encoding="latin-1")
    (tmp_path / "tokenizer.json").write_text(text, encoding="latin-1")
    assert trouble(model={"name": str(tmp_path)}, freeze={"layers": 99}) == ""


def test_layers_that_are_not_there(tmp_path: Path) -> None:
    nested = {"text_config": {"num_hidden_layers": 3}, "vision_config": {"num_hidden_layers": 2}}
    for name in (model(tmp_path, nested), "pocket:masked-lm"):
        model_ = {"name": name}
        assert trouble(model=model_, freeze={"layers": 2}) == ""
        assert "has 3 layers, so nothing would train" in trouble(model=model_, freeze={"layers": 3})
        assert trouble(model=model_, freeze={"layers": 3, "head": False}) == ""
        found = trouble(model=model_, freeze={"layers": 4, "head": False})
        assert "freeze.layers = 4" in found
        assert "set freeze.layers to 2 or less" in found


@pytest.mark.parametrize("listed", [False, True], ids=["bpe", "unigram"])
def test_label_words_that_are_no_token(tmp_path: Path, listed: bool) -> None:
    vocab = [[token, -1.0] for token in TOKENS] if listed else TOKENS
    name = model(tmp_path, ROBERTA, vocab)

    def of(words: Raw, **task: Any) -> str:
        return trouble(model={"name": name}, task={"label_words": words, **task})

    assert of({}) == ""
    assert of({"0": "bad"}) == ""
    assert of({"0": "added"}) == ""
    assert of({"0": "na\u00efve"}) == "", "bytes and normalisers write it in ways of their own"
    for word in ("awful", "not bad", "BAD"):
        found = of({"0": word})
        refused = f"label word {word!r} (label 0) is not one token" in found
        assert refused == (word != "BAD"), found
    assert of({"0": "awful"}, type="finetune", head="mean") == "", "a linear head reads no words"


def test_the_tasks_own_words_count_too(tmp_path: Path) -> None:
    assert "label word 'terrible'" in trouble(
        model={"name": model(tmp_path, ROBERTA, {"great": 1})}
    )


def test_words_that_fall_together_with_the_tasks() -> None:
    found = trouble(task={"label_words": {"0": "great"}})
    assert "a word of its own" in found
    assert "1 = 'great'" in found
    assert trouble(task={"label_words": {"0": "great", "1": "terrible"}}) == ""


def test_a_causal_prompt_has_no_mask() -> None:
    task = {"type": "autoregressive", "prompt": "*sent_0*_it_was*mask*"}
    assert "*mask*" in trouble(model={"name": "gpt2"}, task=task)


def test_shots_that_no_file_has(tmp_path: Path) -> None:
    found = trouble(task={"k": 5000})
    assert "task.k = 5000" in found
    assert "1200 rows" in found
    assert "599 or less" in found
    assert trouble(task={"k": 599}) == ""
    folder = tmp_path / "SST-2"
    folder.mkdir()
    for end in ("\n", "\r", "\r\n"):
        for split in ("train", "dev"):
            text = end.join(["sentence\tlabel", *["a\t0", "b\t1"] * 3, ""])
            (folder / f"{split}.tsv").write_text(text, newline="")
        task = {"name": "SST-2", "data": str(tmp_path)}
        assert trouble(task={**task, "k": 2}) == ""
        assert "has 6 rows" in trouble(task={**task, "k": 3})


def test_a_graft_without_a_fine_tuned_model(tmp_path: Path) -> None:
    assert "finetuned.path is empty" in trouble("graft")
    assert trouble("graft", linked=True) == ""
    missing = {"path": str(tmp_path / "checkpoint")}
    found = trouble("graft", finetuned=missing)
    assert f"finetuned.path = {missing['path']!r}" in found
    assert "model.name" not in found
    assert trouble("graft", finetuned={"path": model(tmp_path, {})}) == ""


@pytest.mark.parametrize(
    ("device", "visible", "there", "refused"),
    [
        ("cuda", None, [], True),
        ("cpu", None, [], False),
        ("auto", None, [], False),
        ("cuda", None, ["nvidia0", "nvidiactl"], False),
        ("cuda:1", None, ["nvidia0", "nvidiactl"], True),
        ("cuda:1", None, ["nvidia0", "nvidia1"], False),
        ("cuda:1", "1", ["nvidia0", "nvidia1"], True),
        ("cuda", "", ["nvidia0"], True),
        ("cuda:1", "0,-1,1", ["nvidia0", "nvidia1"], True),
        ("cuda:7", None, ["kfd"], False),
        ("cuda:1", "0", ["dxg"], True),
    ],
)
def test_devices(
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    device: str,
    visible: str | None,
    there: list[str],
    refused: bool,
) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    if visible is not None:
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", visible)
    for name in there:
        (tmp_path / name).touch()
    found = gpus.check_device(device, tmp_path)
    assert (found is not None) == refused
    assert found is None or f"compute.device = {device}" in found[0]


def test_what_runs_on_another_machine_is_not_refused_for_want_of_a_device_here(
    tmp_path: Path,
) -> None:
    with gpus.devices_elsewhere():
        assert gpus.check_device("cuda", tmp_path) is None
    with gpus.devices_elsewhere(False):
        assert gpus.check_device("cuda", tmp_path) is not None
    assert gpus.check_device("cuda:1", tmp_path) is not None


def test_a_device_that_is_not_there_is_refused_in_its_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(preflight, "check_device", lambda device: (f"no {device}", ""))
    assert trouble(compute={"device": "cuda:3"}) == "no cuda:3 "


@each(
    ("raw", "said"),
    [
        ({"localizer": "fisher", "steps": 9, "lr": 1e6, "examples": 64},
         ["graft.steps, graft.lr: no effect with graft.localizer = fisher"]),
        ({"localizer": "movement", "sigmoid_bias": 5.0, "examples": 64, "seed": 3},
         ["graft.examples, graft.sigmoid_bias, graft.seed: no effect with "
          "graft.localizer = movement"]),
        ({"localizer": "random", "seed": 3}, []),
        ({"localizer": "movement", "seed": 3, "necessity": True}, []),
        ({"localizer": "straight-through", "lr": 1e6, "steps": 9},
         ["graft.lr: no effect with graft.localizer = straight-through"]),
        ({"learn": False, "eval_every": 5}, ["graft.eval_every: no effect with graft.learn = no"]),
        ({"sparsity": 0.1, "sparsities": [0.2]},
         ["graft.sparsity: no effect with graft.sparsities"]),
        ({"sparsity": 0.1, "recover": 0.9}, ["graft.sparsity: no effect with graft.recover = 0.9"]),
        ({"steps": 9, "lr": 1e6, "seed": 3, "sparsity": 0.1}, []),
    ],
)  # fmt: skip
def test_settings_that_a_graft_does_not_use_are_said(raw: Raw, said: list[str]) -> None:
    config = configs.parse({"kind": "graft", **raw})
    assert isinstance(config, GraftConfig)
    assert remarks.without_effect(config) == said


@each(
    ("raw", "said"),
    [
        ({"task": {"head": "mean"}}, ["task.head: no effect with task.type = prompt"]),
        ({"demo": {"samples": 4, "double": True}},
         ["demo.samples, demo.double: no effect with task.type = prompt"]),
        ({"task": {"type": "prompt-demo"}, "demo": {"samples": 4, "filter_rate": 0.1}},
         ["demo.filter_rate: no effect with demo.filter = no"]),
        ({"train": {"batch_size": 4, "micro_batch": 8}},
         ["train.micro_batch: no effect with train.batch_size = 4"]),
        ({"train": {"keep": "last", "keep_untrained": False}},
         ["train.keep_untrained: no effect with train.keep = last"]),
        ({"task": {"type": "finetune", "prompt": "*sent_0*", "label_words": {"0": "bad"}}},
         ["task.label_words: no effect with task.type = finetune",
          "task.prompt: no effect with task.head = cls"]),
        ({"train": {"batch_size": 32, "micro_batch": 8}, "task": {"k": 16}}, []),
    ],
)  # fmt: skip
def test_settings_that_a_fine_tuning_does_not_use_are_said(raw: Raw, said: list[str]) -> None:
    config = configs.parse({"kind": "finetune", **raw})
    assert isinstance(config, FinetuneConfig)
    assert remarks.without_effect(config) == said


def test_what_files_alone_cannot_tell_is_left_to_the_engine(tmp_path: Path) -> None:
    """Layers of an encoder and a decoder count together; a token may end in the end of a word."""
    name = model(tmp_path, {"model_type": "bart", "encoder_layers": 6})
    ending = {"model": {"vocab": {"great</w>": 0, "bad</w>": 1}, "end_of_word_suffix": "</w>"}}
    (tmp_path / "tokenizer.json").write_text(json.dumps(ending))
    for word, layers, refused in (("great", 8, False), ("grand", 0, True)):
        task = {"label_words": {"0": "bad", "1": word}}
        found = trouble(model={"name": name}, freeze={"layers": layers}, task=task)
        assert ("not one token" in found) is refused
