"""Few-shot fine-tuning of a pretrained network.

Owns the order of the work and what is written; the training itself is in engine/training/.
"""

import time
from functools import partial

from engine import kinds
from engine.artifacts import save_logits, write_checkpoint
from engine.contract.events import Finished, Stage
from engine.contract.kinds.finetune import FinetuneConfig
from engine.contract.layout import RunDir, write_json
from engine.course import Course
from engine.emit import Emitter, StopRequest
from engine.errors import Cancelled
from engine.models import LinearModel
from engine.session import Session, begin
from engine.training.best import BestWeights
from engine.training.moving import Whole, trained
from engine.training.tune import phases, tune

Scores = dict[str, dict[str, float]]
"""By test set: metric -> value."""


def run(config: FinetuneConfig, run_dir: RunDir, emit: Emitter, stop: StopRequest) -> Finished:
    """Fine-tune as `config` says; checkpoint/ and result.json in the run directory.

    Raises EngineError, or Cancelled; of both Cancelled and Diverged after writing the best
    checkpoint so far. A state that an earlier attempt saved is gone on from.
    """
    since = time.monotonic()
    session = begin(config, run_dir, emit, stop, config.train.seed)
    moving = Whole(session.model)
    best = BestWeights(moving.parameters)
    start = BestWeights(trained(session.model.lm))
    head_is_new = isinstance(session.model, LinearModel)
    emit.course = Course(phases(config.train, session.data, head_is_new))
    if head_is_new:
        start.take(0.0, 0)
        pretrained = None
    else:
        pretrained = _tested(session, Stage.pretrained)
    checkpoint = partial(write_checkpoint, session, run_dir.checkpoint)
    training = tune(session, config.train, best, moving, checkpoint)
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


kinds.register("finetune", run)
