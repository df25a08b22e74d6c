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
from engine.training.loop import dev_score, train, trained

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
    else:
        before = session.test(whose=Stage.pretrained)
        pretrained = session.announce_tests(Stage.pretrained, before)
    _tune(session, config.train, best)
    if head_is_new:  # a head that knows nothing yet has no score: the pretrained network under the
        start.restore()  # trained head has, and it is what a graft of this run starts from
        before = session.test(whose=Stage.pretrained)
        pretrained = session.announce_tests(Stage.pretrained, before)
        best.restore()
    after = session.test(whose=Stage.finetuned)
    finetuned = session.announce_tests(Stage.finetuned, after)
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


def _tune(session: Session, config: TrainConfig, best: BestWeights) -> None:
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
        train(session, config, best, stored)
    except Cancelled:  # what is best by now may not be so in the end
        if best:
            _keep(session, best)
        raise
    except Diverged:
        if best:
            _keep(session, best)
            _tell(session, best)
        raise
    _keep(session, best)
    _tell(session, best)


def _keep(session: Session, best: BestWeights) -> None:
    best.restore()
    write_checkpoint(session, session.run_dir.checkpoint)


def _tell(session: Session, best: BestWeights) -> None:
    if best.is_pretrained:
        session.emit(Log(level="warning", message=_UNTRAINED.format(best.score)))


kinds.register("finetune", run)
