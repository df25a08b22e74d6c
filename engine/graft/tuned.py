"""The fine-tuned model that regions are taken from, laid beside the pretrained one of a session."""

from pathlib import Path
from typing import Protocol

from engine import loading
from engine.contract.events import Log, Stage
from engine.contract.sections import Finetuned, ModelConfig, TaskConfig
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


def load_tuned(session: Session, config: OnFinetuned) -> tuple[Tensors, Tests, bool]:
    """The fine-tuned weights to mask, that model's answers to the test sets, and whether it
    differs from the pretrained one.
    """
    lm, path = session.model.lm, config.finetuned.path
    tuned = loading.finetuned(config.model, config.task.type, path, lm)
    weights, own = dict(tuned.named_parameters()), dict(lm.named_parameters())
    model = wrap(tuned, session.data, config.task.head).to(session.device)
    if isinstance(model, LinearModel):
        model.load_head(Path(config.finetuned.path).expanduser())
    finetuned = session.test(model, Stage.finetuned)
    dev = session.dev(model, Stage.finetuned)
    session.announce(Stage.finetuned, "dev", dev)
    differs = _check_moved(session, [n for n, p in weights.items() if not p.equal(own[n])])
    return {name: weights[name].detach() for name in session.maskable}, finetuned, differs


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
