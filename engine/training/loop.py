"""The training loop of a fine-tuning: optimizer steps, scores on dev, and its state as a value.

Owns the order within a step and what is saved of it. What is kept at the end is best.py's.
"""

import math
from collections.abc import Mapping
from typing import Any

import torch
from torch import nn

from engine.artifacts import write_checkpoint
from engine.batches import Batch, shuffled_batches
from engine.contract.kinds.finetune import TrainConfig
from engine.errors import Cancelled, ConfigError
from engine.loss import loss, refuse_diverged
from engine.penalty import Penalty
from engine.session import Session
from engine.training import optimizer as optimizers
from engine.training.best import BestWeights
from engine.training.explosion import LossWatch
from engine.training.generators import go_on_drawing
from engine.training.moving import Moving, Whole


def train(
    session: Session,
    config: TrainConfig,
    best: BestWeights,
    stored: Mapping[str, Any] | None = None,
    moving: Moving | None = None,
) -> "Training":
    """`config.steps` optimizer steps; `best` is left with the weights to keep. Where it came to.

    `stored`: where an earlier attempt did; `moving`: what moves, if that is not all that trains.
    Raises Diverged, or Cancelled after saving where it came to.
    """
    training = Training(session, config, best, moving or Whole(session.model))
    if stored is not None:
        training.go_on_from(stored)
    session.model.train()
    try:
        while True:
            if training.score_is_due:
                training.score()
            if session.states.due:
                session.states.save(training.step, training.stored())
            if training.step == config.steps:
                return training
            session.stop.check()
            training.advance()
    except Cancelled:
        session.states.save(training.step, training.stored())
        raise


class Training:
    """A fine-tuning under way. Between two steps it can be stored, and gone on from elsewhere."""

    def __init__(
        self, session: Session, config: TrainConfig, best: BestWeights, moving: Moving
    ) -> None:
        """The model has its pretrained weights: `train.l1` is about the way from there."""
        self._session, self._config, self._best = session, config, best
        self._moving, self._parameters = moving, moving.parameters
        self._optimizer = optimizers.make_optimizer(moving, config)
        self._penalty = Penalty(moving.parameters, config.l1) if config.l1 else None
        self._watch = LossWatch()
        self.step = 0
        """Steps that are done."""
        self._scored = 0
        """The last of them that was looked at on dev."""
        self._batches = self._batches_from(0)

    def stored(self) -> dict[str, Any]:
        """Where it stands; the tensors are its own."""
        return {
            "step": self.step,
            "scored": self._scored,
            "weights": {name: p.detach() for name, p in self._parameters.items()},
            "optimizer": optimizers.stored(self._optimizer),
            "best": self._best.stored(),
            "losses": self._watch.stored(),
        }

    def go_on_from(self, stored: Mapping[str, Any]) -> None:
        """Stand where `stored` did. Raises ConfigError where it is of another model."""
        _put(self._parameters, stored["weights"])
        self._moving.show()
        optimizers.go_on_from(self._optimizer, stored["optimizer"])
        self._best.go_on_from(stored["best"])
        self._watch.go_on_from(stored["losses"])
        self.step, self._scored = stored["step"], stored["scored"]
        self._batches = self._batches_from(self.step)
        go_on_drawing(stored["generators"])

    def advance(self) -> None:
        """One optimizer step. Raises Diverged."""
        session, config, step = self._session, self._config, self.step + 1
        values = {"train/loss": backward(session, next(self._batches), config.micro_batch)}
        if self._penalty:
            values["train/l1"] = self._penalty.add_gradients()
        norm = nn.utils.clip_grad_norm_(self._parameters.values(), config.clip or float("inf"))
        values["train/grad_norm"] = norm.item()
        values["train/lr"] = optimizers.set_lr(self._optimizer, config, step)
        self._optimizer.step()
        self._moving.show()
        self._optimizer.zero_grad()
        refuse_diverged(step, values)
        self._watch.see(step, values["train/loss"])
        session.emit.metric(step, values)
        session.emit.progress("finetune", step, config.steps)
        self.step = step

    @property
    def score_is_due(self) -> bool:
        """Whether the present step is to be scored on dev and was not yet."""
        last = self.step == self._config.steps
        return self.step > self._scored and (last or self.step % self._config.eval_every == 0)

    def score(self) -> None:
        """Score the present step, and keep its weights if they are to be kept."""
        session, config = self._session, self._config
        score = dev_score(session, self.step)
        if config.keep == "last":
            self._best.take(score, self.step)
        else:
            self._best.offer(score, self.step)
        if config.keep == "every":
            write_checkpoint(session, session.run_dir.path / f"checkpoint-{self.step}")
        self._scored = self.step

    def _batches_from(self, step: int) -> Any:
        data, config = self._session.data, self._config
        return shuffled_batches(
            data.train,
            config.batch_size,
            config.seed,
            data.pad_id,
            self._session.device,
            data.contexts,
            skip=step,
        )


def dev_score(session: Session, step: int) -> float:
    """What the model scores on dev, announced as points of curves. Raises Diverged."""
    metric = session.data.metric
    scores = session.dev().scores()
    values = {f"dev/{metric}": scores[metric], "dev/loss": scores["loss"]}
    refuse_diverged(step, values, math.isnan)
    session.emit.metric(step, values)
    return scores[metric]


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


@torch.no_grad()
def _put(parameters: Mapping[str, torch.Tensor], weights: Mapping[str, torch.Tensor]) -> None:
    wrong = [n for n, p in parameters.items() if n not in weights or weights[n].shape != p.shape]
    if wrong or len(parameters) != len(weights):
        raise ConfigError(
            f"the saved state is not of this model: {wrong[0] if wrong else 'its weights'} differ",
            "the model has changed since; `graftui rerun` runs it from the start",
        )
    for name, parameter in parameters.items():
        parameter.copy_(weights[name])
