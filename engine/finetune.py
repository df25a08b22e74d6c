"""Few-shot fine-tuning of a language model on prompts.

Owns the training loop: optimizer, schedule, clipping, and which step's weights are kept.
"""

import time
from collections.abc import Iterator

import torch
from torch import nn
from torch.nn import functional as F

from engine.artifacts import save_checkpoint
from engine.contract.config import FinetuneConfig, TrainConfig
from engine.contract.events import Finished, Stage
from engine.contract.layout import RunDir, write_json
from engine.data import Batch, shuffled_batches
from engine.emit import Emitter, StopRequest
from engine.errors import Cancelled
from engine.session import Session, begin


class BestWeights:
    """The trainable weights of the step with the best dev accuracy; the later wins ties."""

    def __init__(self, parameters: dict[str, nn.Parameter]) -> None:
        self._parameters = parameters
        self._kept: dict[str, torch.Tensor] = {}
        self.score = -1.0
        self.step = 0

    def offer(self, score: float, step: int) -> None:
        """Keep the weights as they are now, unless better ones are kept already."""
        if score >= self.score:
            self.score, self.step = score, step
            self._kept = {n: p.detach().cpu().clone() for n, p in self._parameters.items()}

    @torch.no_grad()
    def restore(self) -> None:
        """Put the kept weights back into the model."""
        for name, value in self._kept.items():
            self._parameters[name].copy_(value)


def run(config: FinetuneConfig, run_dir: RunDir, emit: Emitter, stop: StopRequest) -> Finished:
    """Fine-tune as `config` says; checkpoint/ and result.json in the run directory.

    Raises EngineError, or Cancelled after writing the best checkpoint so far.
    """
    since = time.monotonic()
    session = begin(config, run_dir, emit, stop, config.train.seed)
    pretrained = session.announce(Stage.pretrained, "test", session.test().scores())
    lm = session.model.lm
    trained = {n: p for n, p in lm.named_parameters() if p.requires_grad}
    best = BestWeights(trained)
    best.offer(_dev_accuracy(session, 0), 0)
    try:
        train(session, config.train, best)
    except Cancelled:
        best.restore()
        save_checkpoint(lm, session.tokenizer, run_dir.checkpoint)
        session.wrote("checkpoint", "checkpoint")
        raise
    best.restore()
    save_checkpoint(lm, session.tokenizer, run_dir.checkpoint)
    session.wrote("checkpoint", "checkpoint")
    finetuned = session.announce(Stage.finetuned, "test", session.test().scores())
    summary = {
        "pretrained": pretrained["accuracy"],
        "finetuned": finetuned["accuracy"],
        "dev": best.score,
        "best_step": float(best.step),
    }
    write_json(
        run_dir.result, {"pretrained": pretrained, "finetuned": finetuned, "summary": summary}
    )
    session.wrote("result.json", "result")
    return Finished(seconds=round(time.monotonic() - since, 2), summary=summary)


def _dev_accuracy(session: Session, step: int) -> float:
    scores = session.evaluate(session.data.dev).scores()
    session.emit.metric(step, {"dev/accuracy": scores["accuracy"], "dev/loss": scores["loss"]})
    return scores["accuracy"]


def train(session: Session, config: TrainConfig, best: BestWeights) -> None:
    """`config.steps` optimizer steps; offers the weights to `best` at each evaluation.

    Raises Diverged or Cancelled.
    """
    lm = session.model.lm
    parameters = [p for p in lm.parameters() if p.requires_grad]
    optimizer = make_optimizer(lm, config)
    batches = shuffled_batches(
        session.data.train, config.batch_size, config.seed, session.data.pad_id, session.device
    )
    session.model.train()
    for step in range(1, config.steps + 1):
        session.stop.check()
        loss = backward(session, next(batches), config.micro_batch or config.batch_size)
        norm = nn.utils.clip_grad_norm_(parameters, config.clip or float("inf"))
        lr = _set_lr(optimizer, config, step)
        optimizer.step()
        optimizer.zero_grad()
        session.emit.metric(
            step, {"train/loss": loss, "train/grad_norm": norm.item(), "train/lr": lr}
        )
        session.emit.progress("finetune", step, config.steps)
        if step % config.eval_every == 0 or step == config.steps:
            best.offer(_dev_accuracy(session, step), step)


def backward(session: Session, batch: Batch, micro_batch: int) -> float:
    """Gradients of the batch's mean cross-entropy, summed over its micro-batches; the loss."""
    total = 0.0
    for part in _split(batch, micro_batch):
        with torch.autocast(session.device.type, torch.bfloat16, session.bf16):
            logits = session.model(part)  # (b, classes)
        loss = F.cross_entropy(logits, part.label, reduction="sum") / len(batch)
        loss.backward()  # type: ignore[no-untyped-call]
        total += loss.item()
    return total


def _split(batch: Batch, size: int) -> Iterator[Batch]:
    for start in range(0, len(batch), size):
        rows = slice(start, start + size)
        yield Batch(
            batch.ids[rows],
            batch.attention[rows],
            batch.segments[rows],
            batch.answer[rows],
            batch.label[rows],
        )


def make_optimizer(lm: nn.Module, config: TrainConfig) -> torch.optim.Optimizer:
    """SGD without momentum, or AdamW; no weight decay on vectors (biases and norms)."""
    decayed = [p for p in lm.parameters() if p.requires_grad and p.ndim > 1]
    plain = [p for p in lm.parameters() if p.requires_grad and p.ndim <= 1]
    groups = [
        {"params": decayed, "weight_decay": config.weight_decay},
        {"params": plain, "weight_decay": 0.0},
    ]
    if config.optimizer == "sgd":
        return torch.optim.SGD(groups, lr=config.lr)
    return torch.optim.AdamW(groups, lr=config.lr)


def _set_lr(optimizer: torch.optim.Optimizer, config: TrainConfig, step: int) -> float:
    """SGD keeps its lr; AdamW's falls linearly to 0 after the last step (LM-BFF's Trainer)."""
    left = 1.0 if config.optimizer == "sgd" else 1 - (step - 1) / config.steps
    for group in optimizer.param_groups:
        group["lr"] = config.lr * left
    return config.lr * left
