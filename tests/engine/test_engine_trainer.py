"""A run of ours against a script for `transformers.Trainer`: same rows, same settings.

The script shares no code with the engine: it reads the file, fills the prompt, pads everything to
one length, computes the whole head, and tells by name what is frozen. One batch holds all rows, so
the order of rows does not matter, and there is no dropout.
"""

import json
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers as tf
from safetensors.torch import load_file
from torch.nn import functional as F

from engine.contract import events as ev
from tests.engine.engine_bench import finetuning, run_here, write_model

STEPS, ROWS, LENGTH = 10, 8, 32
SCHEDULES = {"sgd": ("sgd", "constant"), "adamw": ("adamw_torch", "linear")}
CASES = [("sgd", 0.2, 0.5), ("sgd", 0.2, 0.0), ("adamw", 2e-3, 0.5)]
"""Optimizer, learning rate, clip; the norms of the gradients lie on both sides of 0.5."""


def filled(task: Path, split: str, tokenizer: Any) -> list[dict[str, Any]]:
    """Rows of a split of the 4-shot task in the prompt of SST-2, padded to LENGTH."""
    found = []
    lines = (task / f"SST-2/4-13/{split}.tsv").read_text().splitlines()[1:]
    for sentence, label in (line.split("\t") for line in lines):
        text = f"<s> {sentence} It was <mask> . </s>"
        ids = tokenizer(text, padding="max_length", max_length=LENGTH)
        found.append({**ids, "labels": int(label)})
    return found


class Script(tf.Trainer):
    """Keeps the loss of every step."""

    words: list[int]
    mask: int
    losses: list[float]

    def answers(self, model: Any, inputs: dict[str, Any]) -> torch.Tensor:
        logits = model(inputs["input_ids"], inputs["attention_mask"]).logits  # (B, T, V)
        return logits[inputs["input_ids"] == self.mask][:, self.words]  # (B, 2)

    def compute_loss(self, model: Any, inputs: dict[str, Any], **_: Any) -> torch.Tensor:
        loss = F.cross_entropy(self.answers(model, inputs), inputs["labels"])
        self.losses.append(loss.item())
        return loss


def script(model: Path, task: Path, folder: Path, train: dict[str, Any]) -> Script:
    """The script, run to its end."""
    tokenizer = tf.AutoTokenizer.from_pretrained(model)
    lm = tf.AutoModelForMaskedLM.from_pretrained(model)
    for name, parameter in lm.named_parameters():
        parameter.requires_grad_(".encoder." in name)
    optimizer, schedule = SCHEDULES[train["optimizer"]]
    arguments = tf.TrainingArguments(
        output_dir=str(folder), max_steps=STEPS, per_device_train_batch_size=ROWS,
        optim=optimizer, lr_scheduler_type=schedule, learning_rate=train["lr"],
        weight_decay=train["weight_decay"], max_grad_norm=train["clip"], logging_steps=1,
        save_strategy="no", report_to="none", disable_tqdm=True, use_cpu=True,
        dataloader_pin_memory=False,
    )  # fmt: skip
    rows = filled(task, "train", tokenizer)
    made = Script(model=lm, args=arguments, train_dataset=rows, processing_class=tokenizer)
    made.words = tokenizer.convert_tokens_to_ids(["terrible", "great"])
    made.mask, made.losses = tokenizer.mask_token_id, []
    made.train()
    return made


def accuracy(made: Script, rows: list[dict[str, Any]]) -> float:
    columns = {name: torch.tensor([row[name] for row in rows]) for name in rows[0]}
    with torch.no_grad():
        predicted = made.answers(made.model.eval(), columns).argmax(1)
    return float((predicted == columns["labels"]).double().mean())


@pytest.mark.parametrize(("optimizer", "lr", "clip"), CASES)
def test_a_run_is_the_run_of_a_script_for_trainer(
    tmp_path: Path, task_folder: Path, optimizer: str, lr: float, clip: float
) -> None:
    still: dict[str, Any] = {"hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0}
    model = write_model(tmp_path / "model", **still)
    train = {"optimizer": optimizer, "lr": lr, "clip": clip, "weight_decay": 0.1}
    length = {"steps": STEPS, "batch_size": ROWS, "eval_every": STEPS, "keep": "last"}
    ran = run_here(tmp_path / "ours", finetuning(model, task_folder, **train, **length))
    assert ran.code == 0, ran.events[-1]
    theirs = script(model, task_folder, tmp_path / "theirs", train)

    curves = [e.values for e in ran.events if isinstance(e, ev.Metric)]
    ours = {n: [c[n] for c in curves if n in c] for n in ("train/loss", "train/grad_norm")}
    norms = [float(said["grad_norm"]) for said in theirs.state.log_history[:STEPS]]
    assert ours["train/loss"] == pytest.approx(theirs.losses, abs=1e-5)
    assert ours["train/grad_norm"] == pytest.approx(norms, rel=1e-3)

    start = load_file(model / "model.safetensors")
    tuned = load_file(ran.place.checkpoint / "model.safetensors")
    for name, weight in theirs.model.state_dict().items():
        if name in tuned and "key.bias" not in name:  # no gradient: AdamW steps on its rounding
            torch.testing.assert_close(tuned[name], weight, atol=1e-5, rtol=0, msg=name)
            assert torch.equal(tuned[name], start[name]) == (".encoder." not in name), name

    test = filled(task_folder, "test", theirs.processing_class)
    scores = json.loads(ran.place.result.read_text())["finetuned"]["test"]
    assert scores["accuracy"] == pytest.approx(accuracy(theirs, test))
