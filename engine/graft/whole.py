"""The fine-tuned model beside the pretrained one: loaded when it is asked for, and no sooner."""

from collections.abc import Mapping
from pathlib import Path

import torch
from torch import nn

from engine import loading
from engine.contract.events import Stage
from engine.graft.report import Tests
from engine.graft.tuned import OnFinetuned
from engine.models import LinearModel, wrap
from engine.session import Session


class Tuned:
    """The fine-tuned model of a run that may need it."""

    def __init__(self, session: Session, config: OnFinetuned) -> None:
        self._session, self._config = session, config
        self._lm: nn.Module | None = None

    def network(self) -> nn.Module:
        """Loaded once. Raises ConfigError if it is not one of the session's model."""
        config = self._config
        if self._lm is None:
            model, task, path = config.model, config.task.type, config.finetuned.path
            self._lm = loading.finetuned(model, task, path, self._session.model.lm)
        return self._lm

    def weights(self) -> Mapping[str, torch.Tensor]:
        """The maskable ones, by name, where the session computes. Raises ConfigError."""
        lm = self.network().to(self._session.device)
        return {name: lm.get_parameter(name).detach() for name in self._session.maskable}

    def tested(self) -> Tests:
        """Its answers to the test sets; those and its scores on dev are announced."""
        session, config = self._session, self._config
        model = wrap(self.network(), session.data, config.task.head).to(session.device)
        if isinstance(model, LinearModel):
            model.load_head(Path(config.finetuned.path).expanduser())
        outcomes = session.test(model, Stage.finetuned)
        session.announce_tests(Stage.finetuned, outcomes)
        session.announce(Stage.finetuned, "dev", session.dev(model, Stage.finetuned))
        return outcomes
