"""Few-shot fine-tuning of a pretrained network.

Owns the order of the work and what is written; the training itself is in engine/training/.
"""

import math
import time

from engine import kinds
from engine.artifacts import save_logits, write_checkpoint
from engine.contract.events import Finished, Log, Stage
from engine.contract.kinds.finetune import FinetuneConfig, TrainConfig, large_batch
from engine.contract.layout import RunDir, write_json
from engine.course import TRAINED, Course, Phase
from engine.data import TaskData
from engine.emit import Emitter, StopRequest
from engine.errors import Cancelled, Diverged
from engine.models import LinearModel
from engine.session import Session, begin
from engine.training.best import BestWeights
from engine.training.loop import Training, dev_score, train, trained

Scores = dict[str, dict[str, float]]
"""By test set: metric -> value."""
_UNTRAINED = (
    "the best dev score, {:.4f}, is that of step 0: no evaluated step was better, so the weights "
    "kept are the pretrained ones, and a graft cut from them has no skill to recover; train longer "
    "or at another train.lr, or set train.keep_untrained=false to take trained steps alone"
)


def run(config: FinetuneConfig, run_dir: RunDir, emit: Emitter, stop: StopRequest) -> Finished:
    """Fine-tune as `config` says; checkpoint/ and result.json in the run directory.

    Raises EngineError, or Cancelled; of both Cancelled and Diverged after writing the best
    checkpoint so far. A state that an earlier attempt saved is gone on from.
    """
    since = time.monotonic()
    session = begin(config, run_dir, emit, stop, config.train.seed)
    best = BestWeights(trained(session.model))
    start = BestWeights(trained(session.model.lm))
    head_is_new = isinstance(session.model, LinearModel)
    emit.course = Course(phases(config.train, session.data, head_is_new))
    if head_is_new:
        start.take(0.0, 0)
        pretrained = None
    else:
        pretrained = _tested(session, Stage.pretrained)
    training = _tune(session, config.train, best)
    try:
        summary = _scored(session, config, best, start, pretrained)
    except Cancelled:  # of the next attempt, what is trained is not to be trained again
        session.states.save(training.step, training.stored())
        raise
    return Finished(seconds=round(time.monotonic() - since, 2), summary=summary)


def _scored(
    session: Session,
    config: FinetuneConfig,
    best: BestWeights,
    start: BestWeights,
    pretrained: Scores | None,
) -> dict[str, float]:
    """Scores of what is trained, announced and in result.json; the few that a table shows.

    `pretrained`: None where the head is new. One that knows nothing yet has no score: the
    pretrained network under the trained head has, and it is what a graft of this run starts from.
    """
    if pretrained is None:
        start.restore()
        pretrained = _tested(session, Stage.pretrained)
        best.restore()
    finetuned = _tested(session, Stage.finetuned)
    session.announce(Stage.finetuned, "dev", session.dev(whose=Stage.finetuned))
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
    write_json(session.run_dir.result, written)
    session.wrote("result.json", "result")
    return summary


def _tested(session: Session, stage: Stage) -> Scores:
    """Of the weights as they are."""
    return session.announce_tests(stage, session.test(whose=stage))


def phases(config: TrainConfig, data: TaskData, head_is_new: bool) -> list[Phase]:
    """Of a run, in their order, with their work in forward passes of one example."""
    test, dev = sum(map(len, data.tests.values())), len(data.dev)
    evaluations = 1 + math.ceil(config.steps / config.eval_every)
    training = TRAINED * config.steps * config.batch_size + evaluations * dev
    before = Phase("test", test)
    course = [before, Phase("finetune", training), Phase("test", test + dev)]
    return [course[1], before, course[2]] if head_is_new else course


def _tune(session: Session, config: TrainConfig, best: BestWeights) -> Training:
    """Train, and write the checkpoint with the best weights, also when stopped (Cancelled) or where
    the loss is lost (Diverged).
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
        training = train(session, config, best, stored)
    except Cancelled:  # what is best by now may not be so in the end
        if best:
            _keep(session, best)
        raise
    except Diverged:
        if best:
            _keep(session, best)
            _tell_if_untrained(session, best)
        raise
    _keep(session, best)
    _tell_if_untrained(session, best)
    return training


def _keep(session: Session, best: BestWeights) -> None:
    best.restore()
    write_checkpoint(session, session.run_dir.checkpoint)


def _tell_if_untrained(session: Session, best: BestWeights) -> None:
    if best.is_pretrained:
        session.emit(Log(level="warning", message=_UNTRAINED.format(best.score)))


kinds.register("finetune", run)
