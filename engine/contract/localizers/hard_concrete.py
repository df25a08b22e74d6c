"""L0 gates, steered to the budget."""

from engine.contract.localizers import Localizer, register_localizer

register_localizer(
    Localizer(
        name="hard-concrete",
        chooses="L0 gates (Louizos et al. 2018) with the penalty steered to the budget",
        budget="exact",
        cost="as `learnt`",
        learner="engine.graft.localizers.hard_concrete:HardConcrete",
        uses=("steps", "examples", "eval_every", "seed"),
    )
)
