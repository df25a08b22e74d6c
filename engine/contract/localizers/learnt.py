"""The paper's learnt mask."""

from engine.contract.localizers import Localizer, register_localizer

register_localizer(
    Localizer(
        name="learnt",
        chooses="the paper's mask: a sigmoid a weight, learnt by SGD from the base patch",
        budget="drifts, see below",
        cost="`graft.steps` passes over the training rows",
        learner="engine.graft.localizers.learnt:LearntMask",
        uses=("steps", "lr", "examples", "sigmoid_bias", "eval_every", "seed"),
    )
)
