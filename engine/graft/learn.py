"""Learning a mask: updates from the training rows, and the best rounded mask kept."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch

from engine.contract.kinds.graft import GraftConfig
from engine.contract.localizers import localizers
from engine.errors import Cancelled, Diverged
from engine.evaluate import Outcome
from engine.graft.base import BasePatch
from engine.graft.delta import Delta
from engine.graft.gradients import accumulate, epochs
from engine.graft.localizers import learner
from engine.loss import refuse_diverged
from engine.session import Session


@dataclass(frozen=True, slots=True)
class Learnt:
    """The best mask seen."""

    mask: torch.Tensor  # (s',) int64
    step: int
    train_dev: float
    """Mean of the train and the dev score, by the task's metric."""
    dev: float
    """The dev score alone."""
    loss: float
    """Mean of the train and the dev loss, which decides among equal scores."""
    answers: Outcome
    """To the dev rows."""
    stopped: Cancelled | Diverged | None = None
    """Why learning ended early, if it did."""

    def stored(self) -> dict[str, Any]:
        """As a value, for a saved state."""
        figures = {name: getattr(self, name) for name in ("step", "train_dev", "dev", "loss")}
        return {**figures, "mask": self.mask, "answers": self.answers.stored()}

    @classmethod
    def of(cls, stored: Mapping[str, Any], device: torch.device) -> "Learnt":
        """What `stored` gave."""
        mask, answers = stored["mask"].to(device), Outcome(**stored["answers"])
        return cls(**{**stored, "mask": mask, "answers": answers})


class Search:
    """A mask that is learnt from `base`, and the best of those that it has passed.

    The base patch itself is the first candidate, so a learnt graft never scores below it on
    train + dev. Since 16 shots tie often, equal scores are decided by the budget (more weights
    than the base patch has must pay), then by the loss. The model stays in eval mode. Between
    two updates it can be stored, and gone on from elsewhere.
    """

    def __init__(
        self,
        session: Session,
        delta: Delta,
        base: BasePatch,
        config: GraftConfig,
        first: Learnt | None = None,
    ) -> None:
        """`first`: what the base patch scores, where that is known. Raises Cancelled."""
        self.session, self._delta, self._base, self._config = session, delta, base, config
        self._mask = learner(localizers()[config.localizer])(delta, base.mask, config)
        self._first = first or score(session, delta, base.mask, 0)
        self.best = self._seen = self._first
        self._known = [self._first]
        self.step = self._told = 0
        """Updates that are done, and the last of them that was scored and told of."""
        self._lost = 0.0
        self._rows = epochs(session.data, config)
        session.model.eval()
        self._mask.put()

    @property
    def over(self) -> bool:
        """Whether all updates are done."""
        return self.step == self._config.steps

    def stored(self) -> dict[str, Any]:
        """Where it stands; the tensors are its own."""
        return {
            "step": self.step,
            "told": self._told,
            "lost": self._lost,
            "mask": self._mask.stored(),
            "best": self.best.stored(),
            "seen": self._seen.stored(),
            "known": [learnt.stored() for learnt in self._known],
        }

    def go_on_from(self, stored: Mapping[str, Any]) -> None:
        """Stand where `stored` did."""
        device = self._delta.pre.device
        self.step, self._told, self._lost = stored["step"], stored["told"], stored["lost"]
        self.best = Learnt.of(stored["best"], device)
        self._seen = Learnt.of(stored["seen"], device)
        self._known = [Learnt.of(learnt, device) for learnt in stored["known"]]
        self._rows = epochs(self.session.data, self._config, skip=self.step)
        self._mask.go_on_from(stored["mask"])

    def update(self) -> None:
        """One update of the mask. Raises Cancelled, and the mask is as it was."""
        self._lost = accumulate(self.session, next(self._rows))
        self._mask.update(self._lost)
        self.step += 1

    def look(self) -> None:
        """Score the mask as it stands, if that is due, and tell of it. Raises Cancelled."""
        if self._told == self.step:
            return
        candidates = self._mask.candidates()
        due = self.step % self._config.eval_every == 0
        if due and not torch.equal(candidates[0], self._seen.mask):
            scored = [self._scored(mask) for mask in candidates]
            self._seen, self.best = scored[0], max(self.best, *scored, key=self._rank)
            self._known = [self._first, *scored]
            self._mask.put()
        self._tell(candidates[0])
        self._told = self.step

    def _scored(self, mask: torch.Tensor) -> Learnt:
        """Cut to the budget, a mask that has grown is often the base patch: it is known."""
        alike = (learnt for learnt in self._known if torch.equal(learnt.mask, mask))
        return next(alike, None) or score(self.session, self._delta, mask, self.step)

    def _rank(self, learnt: Learnt) -> tuple[float, bool, float, int]:
        fits = len(learnt.mask) <= len(self._base.mask)
        return learnt.train_dev, fits, -learnt.loss, learnt.step

    def _tell(self, rounded: torch.Tensor) -> None:
        session, base, steps = self.session, self._base, self._config.steps
        weights = float(len(rounded))
        values = {"loss": self._lost, "train_dev": self._seen.train_dev, "weights": weights}
        named = {f"graft/{name}": value for name, value in values.items()}
        refuse_diverged(self.step, named)
        session.emit.metric(self.step, named, base.labels if base.of > 1 else {})
        session.emit.progress("graft", base.number * steps + self.step, base.of * steps)


def learn(search: Search, between: Callable[[], object] = lambda: None) -> Learnt:
    """The mask with the best train + dev score among those that the search passes.

    A request to stop gives the best so far, `stopped`; so does a loss that is lost. `between` is
    called after each step.
    """
    try:
        while True:
            search.look()
            between()
            if search.over:
                return search.best
            search.session.stop.check()
            search.update()
    except (Cancelled, Diverged) as stopped:
        return replace(search.best, stopped=stopped)


def score(session: Session, delta: Delta, mask: torch.Tensor, step: int, whose: str = "") -> Learnt:
    """What a rounded mask scores on train + dev; the model is left with it. `whose`: as for
    `Session.ask`."""
    delta.put(mask)
    data, metric = session.data, session.data.metric
    # At once: fuller batches.
    both, _ = session.ask("train and dev", [*data.train, *data.dev], whose=whose)
    on_train, on_dev = both.split(len(data.train) // data.contexts)
    train, dev = on_train.scores(), on_dev.scores()
    mean = {name: (train[name] + dev[name]) / 2 for name in (metric, "loss")}
    return Learnt(mask, step, mean[metric], dev[metric], mean["loss"], on_dev)
