"""A training from its first look at dev to what is kept of it, for every kind of run that trains.

Owns the phases of such a run, and that what is best is kept also where a run is stopped or
diverges. How the weights are kept, the kind says.
"""

import math
from collections.abc import Callable

from engine.contract.events import Log
from engine.contract.kinds.finetune import TrainConfig, large_batch
from engine.course import TRAINED, Phase
from engine.data import TaskData
from engine.errors import Cancelled, Diverged
from engine.session import Session
from engine.training.best import BestWeights
from engine.training.loop import Training, dev_score, train
from engine.training.moving import Moving

_UNTRAINED = (
    "the best dev score, {:.4f}, is that of step 0: no evaluated step was better, so the weights "
    "kept are the pretrained ones, and a graft cut from them has no skill to recover; train longer "
    "or at another train.lr, or set train.keep_untrained=false to take trained steps alone"
)


def phases(config: TrainConfig, data: TaskData, head_is_new: bool) -> list[Phase]:
    """Of a run, in their order, with their work in forward passes of one example."""
    test, dev = sum(map(len, data.tests.values())), len(data.dev)
    evaluations = 1 + math.ceil(config.steps / config.eval_every)
    training = TRAINED * config.steps * config.batch_size + evaluations * dev
    before = Phase("test", test)
    course = [before, Phase("finetune", training), Phase("test", test + dev)]
    return [course[1], before, course[2]] if head_is_new else course


def tune(
    session: Session,
    config: TrainConfig,
    best: BestWeights,
    moving: Moving,
    keep: Callable[[], None],
) -> Training:
    """Train what moves, and keep the best weights, also when stopped (Cancelled) or where the loss
    is lost (Diverged). A state that an earlier attempt saved is gone on from.

    `keep`: writes what the model has, which then are the best weights.
    """
    rows = len(session.data.train) // session.data.contexts
    for remark in large_batch(config.batch_size, rows):
        session.emit(Log(level="warning", message=remark))
    stored = session.resume()
    if stored is None:
        untrained = dev_score(session, 0)
        if config.keep_untrained:
            best.offer(untrained, 0)
    try:
        training = train(session, config, best, stored, moving)
    except Cancelled:  # what is best by now may not be so in the end
        if best:
            _keep(best, moving, keep)
        raise
    except Diverged:
        if best:
            _keep(best, moving, keep)
            _tell_if_untrained(session, best)
        raise
    _keep(best, moving, keep)
    _tell_if_untrained(session, best)
    return training


def _keep(best: BestWeights, moving: Moving, keep: Callable[[], None]) -> None:
    best.restore()
    moving.show()
    keep()


def _tell_if_untrained(session: Session, best: BestWeights) -> None:
    if best.is_pretrained:
        session.emit(Log(level="warning", message=_UNTRAINED.format(best.score)))
