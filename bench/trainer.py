"""Steps a second of fine-tuning: our loop against `transformers.Trainer`, on the same batches.

DistilBERT's shapes, random weights, SGD, 4 prompts of 10 to 40 tokens a step; embeddings and head
are frozen in both. Trainer computes the whole head at every token, as a plain script does, and
pads to 128 tokens like LM-BFF or to the longest row. Ours writes its events and ends with one
evaluation (of a single row) and a copy of the weights; Trainer logs, evaluates and saves nothing.
"""

import random
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
import transformers
from torch.nn import functional as F

from bench.measure import Result, ratio
from engine.batches import Example, draw
from engine.contract.kinds.finetune import TrainConfig
from engine.contract.layout import RunDir
from engine.contract.sections import FreezeConfig
from engine.data import TaskData
from engine.emit import Emitter, StopRequest
from engine.evaluate import Evaluator
from engine.models import PromptModel, freeze_all_but, weight_map
from engine.session import Session
from engine.training.best import BestWeights
from engine.training.loop import train
from engine.training.state import States

STEPS, BATCH, ROUNDS, PADDED = 3, 4, 3, 128
WORDS, PAD = (2_000, 3_000), 0
RECIPE = TrainConfig(lr=1e-3, steps=STEPS, batch_size=BATCH, eval_every=STEPS, keep="last")


class NeverStop(StopRequest):
    """Leaves Ctrl-C to Python."""

    def __init__(self) -> None:
        pass

    def check(self) -> None:
        pass


def examples() -> list[Example]:
    """As many prompts as one pass of STEPS steps takes, answered at their last token but two."""
    chance = random.Random(0)
    drawn = []
    for number in range(STEPS * BATCH):
        length = chance.randint(10, 40)
        ids = tuple(chance.randrange(1_000, 30_000) for _ in range(length))
        drawn.append(Example(ids, length - 3, (0,) * length, number % 2))
    return drawn


def language_model() -> tuple[Any, list[str]]:
    """A random DistilBERT with its encoder alone left to train, and the names of those weights."""
    torch.manual_seed(0)
    lm = transformers.DistilBertForMaskedLM(transformers.DistilBertConfig())
    names = weight_map(lm).maskable(FreezeConfig())
    freeze_all_but(lm, names)
    return lm, names


def ours(rows: list[Example], folder: Path) -> Callable[[], object]:
    """STEPS steps of a run, without loading its model and data."""
    lm, names = language_model()
    data = TaskData(
        train=rows, dev=rows[:1], tests={}, label_words=("bad", "good"), answers=(),
        metric="accuracy", contexts=1, pad_id=PAD, sample="",
    )  # fmt: skip
    model, device, stop = PromptModel(lm, WORDS), torch.device("cpu"), NeverStop()
    session = Session(
        run_dir=RunDir(folder), emit=Emitter(folder / "events.jsonl"), stop=stop, device=device,
        tokenizer=None, data=data, model=model, maskable=names, bf16=False,
        weights=weight_map(lm), states=States(folder / "state", "", every_s=0),
        evaluate=Evaluator(model, data, device, BATCH, False, stop.check),
    )  # fmt: skip
    trained = {n: p for n, p in lm.named_parameters() if p.requires_grad}
    return lambda: train(session, RECIPE, BestWeights(trained))


class PromptTrainer(transformers.Trainer):  # type: ignore[misc]
    """Cross-entropy of the label words at the answer position."""

    def compute_loss(self, model: Any, inputs: dict[str, Any], **_: Any) -> torch.Tensor:
        answer, label = inputs.pop("answer"), inputs.pop("labels")
        logits = model(**inputs).logits  # (B, T, V)
        return F.cross_entropy(logits[torch.arange(len(label)), answer][:, WORDS], label)


def collator(length: int) -> Callable[[list[Example]], dict[str, torch.Tensor]]:
    """Pads to `length` tokens, or (0) to the longest row."""

    def collate(rows: list[Example]) -> dict[str, torch.Tensor]:
        size = length or max(len(row.ids) for row in rows)
        ids = torch.tensor([[*row.ids, *[PAD] * (size - len(row.ids))] for row in rows])
        return {
            "input_ids": ids,  # (B, T)
            "attention_mask": (ids != PAD).long(),
            "answer": torch.tensor([row.answer for row in rows]),
            "labels": torch.tensor([row.label for row in rows]),
        }

    return collate


def theirs(rows: list[Example], folder: Path, length: int) -> Callable[[], object]:
    """The same STEPS steps by Trainer, padded to `length` (0: the longest row)."""
    order = draw(len(rows), 1, torch.Generator().manual_seed(RECIPE.seed))
    arguments = transformers.TrainingArguments(
        output_dir=str(folder), per_device_train_batch_size=BATCH, max_steps=STEPS,
        train_sampling_strategy="sequential", optim="sgd", lr_scheduler_type="constant",
        learning_rate=RECIPE.lr, weight_decay=RECIPE.weight_decay, max_grad_norm=RECIPE.clip,
        logging_strategy="no", save_strategy="no", report_to="none", disable_tqdm=True,
        remove_unused_columns=False, dataloader_pin_memory=False, use_cpu=True,
    )  # fmt: skip
    trainer = PromptTrainer(
        model=language_model()[0],
        args=arguments,
        train_dataset=[rows[i] for i in order],
        data_collator=collator(length),
    )
    trainer.remove_callback(transformers.PrinterCallback)  # stdout is for the table
    return lambda: trainer.train()


def run() -> Iterator[Result]:
    rows = examples()
    with tempfile.TemporaryDirectory() as name:
        mine = ours(rows, Path(name))
        for padding, length in ((f"to {PADDED}", PADDED), ("to the longest row", 0)):
            faster = ratio(theirs(rows, Path(name), length), mine, ROUNDS)
            yield Result(f"steps a second, ours / Trainer padded {padding}", faster, "x")
