"""Few-shot fine-tuning of a pretrained network.

Owns the training loop: optimizer, schedule, penalty, clipping, and which step's weights are kept.
"""

import math
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn

from engine import kinds
from engine.artifacts import save_checkpoint, save_logits
from engine.batches import Batch, shuffled_batches
from engine.contract.events import Finished, Log, Stage
from engine.contract.kinds.finetune import FinetuneConfig, TrainConfig, large_batch
from engine.contract.layout import RunDir, write_json
from engine.course import TRAINED, Course, Phase
from engine.data import TaskData
from engine.emit import Emitter, StopRequest
from engine.errors import Cancelled
from engine.loss import loss, refuse_diverged
from engine.models import LinearModel
from engine.penalty import Penalty
from engine.session import Session, begin

_UNTRAINED = (
    "the best dev score, {:.4f}, is that of step 0: no evaluated step was better, so the weights "
    "kept are the pretrained ones, and a graft cut from them has no skill to recover; train longer "
    "or at another train.lr, or set train.keep_untrained=false to take trained steps alone"
)


class BestWeights:
    """The trainable weights of the step with the best dev score; the later wins ties."""

    def __init__(self, parameters: dict[str, nn.Parameter]) -> None:
        self._parameters = parameters
        self._kept: dict[str, torch.Tensor] = {}
        self.score = float("-inf")
        self.step = 0

    def offer(self, score: float, step: int) -> None:
        """Keep the weights as they are now, unless better ones are kept already."""
        if score >= self.score:
            self.take(score, step)

    def take(self, score: float, step: int) -> None:
        """Keep the weights as they are now."""
        self.score, self.step = score, step
        self._kept = {n: p.detach().cpu().clone() for n, p in self._parameters.items()}

    @property
    def is_pretrained(self) -> bool:
        """Whether the weights kept are those before the first step."""
        return bool(self._kept) and self.step == 0

    @torch.no_grad()
    def restore(self) -> None:
        """Put the kept weights back into the model, if any are kept."""
        for name, value in self._kept.items():
            self._parameters[name].copy_(value)


def run(config: FinetuneConfig, run_dir: RunDir, emit: Emitter, stop: StopRequest) -> Finished:
    """Fine-tune as `config` says; checkpoint/ and result.json in the run directory.

    Raises EngineError, or Cancelled after writing the best checkpoint so far.
    """
    since = time.monotonic()
    session = begin(config, run_dir, emit, stop, config.train.seed)
    best = BestWeights(_trained(session.model))
    start = BestWeights(_trained(session.model.lm))
    head_is_new = isinstance(session.model, LinearModel)
    emit.course = Course(phases(config.train, session.data, head_is_new))
    if head_is_new:
        start.take(0.0, 0)
    else:
        before = session.test()
        pretrained = session.announce_tests(Stage.pretrained, before)
    _tune(session, config.train, best)
    if head_is_new:  # a head that knows nothing yet has no score: the pretrained network under the
        start.restore()  # trained head has, and it is what a graft of this run starts from
        before = session.test()
        pretrained = session.announce_tests(Stage.pretrained, before)
        best.restore()
    after = session.test()
    finetuned = session.announce_tests(Stage.finetuned, after)
    session.announce(Stage.finetuned, "dev", session.dev())
    session.write_answers()
    if config.compute.save_logits:
        save_logits(session)
    metric = session.data.metric
    summary = {
        "pretrained": pretrained["test"][metric],
        "finetuned": finetuned["test"][metric],
        "dev": best.score,
        "best_step": float(best.step),
    }
    written = {"pretrained": pretrained, "finetuned": finetuned, "summary": summary}
    write_json(run_dir.result, written)
    session.wrote("result.json", "result")
    return Finished(seconds=round(time.monotonic() - since, 2), summary=summary)


def phases(config: TrainConfig, data: TaskData, head_is_new: bool) -> list[Phase]:
    """Of a run, in their order, with their work in forward passes of one example."""
    test, dev = sum(map(len, data.tests.values())), len(data.dev)
    evaluations = 1 + math.ceil(config.steps / config.eval_every)
    training = TRAINED * config.steps * config.batch_size + evaluations * dev
    before = Phase("test", test)
    course = [before, Phase("finetune", training), Phase("test", test + dev)]
    return [course[1], before, course[2]] if head_is_new else course


def _trained(model: nn.Module) -> dict[str, nn.Parameter]:
    return {n: p for n, p in model.named_parameters() if p.requires_grad}


def _tune(session: Session, config: TrainConfig, best: BestWeights) -> None:
    """Train, and write the checkpoint with the best weights, also when stopped (Cancelled)."""
    rows = len(session.data.train) // session.data.contexts
    for remark in large_batch(config.batch_size, rows):
        session.emit(Log(level="warning", message=remark))
    untrained = _dev_score(session, 0)
    if config.keep_untrained:
        best.offer(untrained, 0)
    try:
        train(session, config, best)
    except Cancelled:
        _keep(session, best)
        raise
    _keep(session, best)


def _keep(session: Session, best: BestWeights) -> None:
    best.restore()
    _save(session, session.run_dir.checkpoint)
    if best.is_pretrained:
        session.emit(Log(level="warning", message=_UNTRAINED.format(best.score)))


def _save(session: Session, folder: Path) -> None:
    save_checkpoint(session.model, session.tokenizer, folder)
    session.wrote(folder.name, "checkpoint")


def _dev_score(session: Session, step: int) -> float:
    metric = session.data.metric
    scores = session.dev().scores()
    values = {f"dev/{metric}": scores[metric], "dev/loss": scores["loss"]}
    refuse_diverged(step, values, math.isnan)
    session.emit.metric(step, values)
    return scores[metric]


def train(session: Session, config: TrainConfig, best: BestWeights) -> None:
    """`config.steps` optimizer steps; `best` is left with the weights to keep.

    Raises Diverged or Cancelled.
    """
    step_once = _stepper(session, config)
    session.model.train()
    for step in range(1, config.steps + 1):
        session.stop.check()
        values = step_once(step)
        refuse_diverged(step, values)
        session.emit.metric(step, values)
        session.emit.progress("finetune", step, config.steps)
        if step % config.eval_every == 0 or step == config.steps:
            score = _dev_score(session, step)
            if config.keep == "last":
                best.take(score, step)
            else:
                best.offer(score, step)
            if config.keep == "every":
                _save(session, session.run_dir.path / f"checkpoint-{step}")


def _stepper(session: Session, config: TrainConfig) -> Callable[[int], dict[str, float]]:
    """A function that does one optimizer step, and gives what is worth a curve."""
    parameters = [p for p in session.model.parameters() if p.requires_grad]
    optimizer = make_optimizer(session.model, config)
    penalty = Penalty(session.model, config.l1) if config.l1 else None
    data = session.data
    batches = shuffled_batches(
        data.train, config.batch_size, config.seed, data.pad_id, session.device, data.contexts
    )

    def step_once(step: int) -> dict[str, float]:
        values = {"train/loss": backward(session, next(batches), config.micro_batch)}
        if penalty:
            values["train/l1"] = penalty.add_gradients()
        norm = nn.utils.clip_grad_norm_(parameters, config.clip or float("inf"))
        values["train/grad_norm"] = norm.item()
        values["train/lr"] = _set_lr(optimizer, config, step)
        optimizer.step()
        optimizer.zero_grad()
        return values

    return step_once


def backward(session: Session, batch: Batch, micro_batch: int) -> float:
    """Gradients of the batch's mean loss, summed over its micro-batches (0: one); the loss."""
    total = 0.0
    for part in batch.split(micro_batch or len(batch)):
        with torch.autocast(session.device.type, torch.bfloat16, session.bf16):
            logits = session.model(part)  # (b, classes)
        partial = loss(logits, part.label, "sum") / len(batch)
        partial.backward()  # type: ignore[no-untyped-call]
        total += partial.item()
    return total


def make_optimizer(model: nn.Module, config: TrainConfig) -> torch.optim.Optimizer:
    """SGD without momentum, or AdamW; no weight decay on vectors (biases and norms)."""
    decayed = [p for p in model.parameters() if p.requires_grad and p.ndim > 1]
    plain = [p for p in model.parameters() if p.requires_grad and p.ndim <= 1]
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


kinds.register("finetune", run)
