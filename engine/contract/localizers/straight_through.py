"""A hard mask of exactly the budget, learnt."""

from engine.contract.localizers import Localizer, register_localizer

register_localizer(
    Localizer(
        name="straight-through",
        chooses="the top s of a score that the gradient of the hard mask moves",
        budget="exact at every step",
        cost="as `learnt`",
        learner="engine.graft.localizers.straight_through:StraightThrough",
        uses=("steps", "examples", "eval_every", "seed"),
    )
)
