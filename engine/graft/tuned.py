"""The fine-tuned model that regions are taken from, beside the pretrained one of a session."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

import torch
from torch import nn

from engine import loading
from engine.contract.events import Log, Stage
from engine.contract.sections import Finetuned, ModelConfig, TaskConfig
from engine.evaluate import Outcome
from engine.graft.report import Tests
from engine.graft.skill import Tensors
from engine.models import LinearModel, wrap
from engine.session import Session


class OnFinetuned(Protocol):
    """A config that names a fine-tuned checkpoint."""

    @property
    def finetuned(self) -> Finetuned: ...
    @property
    def model(self) -> ModelConfig: ...
    @property
    def task(self) -> TaskConfig: ...


class Tuned:
    """The fine-tuned model of a run that may need it: loaded when it is asked for, no sooner."""

    def __init__(self, session: Session, config: OnFinetuned) -> None:
        self._session, self._config = session, config
        self._lm: nn.Module | None = None

    def network(self) -> nn.Module:
        """Loaded once. Raises ConfigError if it is not one of the session's model."""
        if self._lm is None:
            self._lm = _network(self._session, self._config)
        return self._lm

    def weights(self) -> Mapping[str, torch.Tensor]:
        """The maskable ones, by name, where the session computes. Raises ConfigError."""
        lm = self.network().to(self._session.device)
        return {name: lm.get_parameter(name).detach() for name in self._session.maskable}

    def differs(self) -> bool:
        """Whether it is another than the pretrained model, which the session's still is."""
        own = dict(self._session.model.lm.named_parameters())
        lm = self.network().to(self._session.device)
        return any(not p.equal(own[name]) for name, p in lm.named_parameters())

    def tested(self) -> Tests:
        """Its answers to the test sets; those and its scores on dev are announced."""
        session = self._session
        outcomes, dev = _answers(session, self._config, self.network())
        session.announce_tests(Stage.finetuned, outcomes)
        session.announce(Stage.finetuned, "dev", dev)
        return outcomes


def load_tuned(session: Session, config: OnFinetuned) -> tuple[Tensors, Tests, bool]:
    """The fine-tuned weights to mask, that model's answers to the test sets, and whether it
    differs from the pretrained one.
    """
    tuned = _network(session, config)
    weights, own = dict(tuned.named_parameters()), dict(session.model.lm.named_parameters())
    finetuned, dev = _answers(session, config, tuned)
    session.announce(Stage.finetuned, "dev", dev)
    differs = _check_moved(session, [n for n, p in weights.items() if not p.equal(own[n])])
    return {name: weights[name].detach() for name in session.maskable}, finetuned, differs


def _network(session: Session, config: OnFinetuned) -> nn.Module:
    path = config.finetuned.path
    return loading.finetuned(config.model, config.task.type, path, session.model.lm)


def _answers(session: Session, config: OnFinetuned, lm: nn.Module) -> tuple[Tests, Outcome]:
    """Of the fine-tuned model, to the test sets and to dev."""
    model = wrap(lm, session.data, config.task.head).to(session.device)
    if isinstance(model, LinearModel):
        model.load_head(Path(config.finetuned.path).expanduser())
    return session.test(model, Stage.finetuned), session.dev(model, Stage.finetuned)


def _check_moved(session: Session, moved: list[str]) -> bool:
    """Say what no graft can carry; whether anything `moved` in fine-tuning."""
    maskable = set(session.maskable)
    beyond = [name for name in moved if name not in maskable]
    if not moved:
        message = (
            "the fine-tuned model is the pretrained one, weight for weight: there is no skill to "
            "graft, and recovery is undefined. The best dev score of its fine-tuning may be that "
            "of step 0; train.keep_untrained=false takes trained steps alone"
        )
        session.emit(Log(level="warning", message=message))
    elif len(beyond) == len(moved):
        message = "none of the maskable weights moved in fine-tuning: every graft is empty here"
        session.emit(Log(level="warning", message=f"{message}; see the freeze.* settings"))
    if beyond:
        session.emit.log(
            f"{len(beyond)} tensors moved in fine-tuning but are frozen here, so no graft can "
            f"carry them: {', '.join(beyond[:3])}"
        )
    return bool(moved)
