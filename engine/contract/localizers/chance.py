"""Chance, what every other localizer has to beat."""

from engine.contract.localizers import Localizer, register_localizer

register_localizer(
    Localizer(
        name="random",
        chooses="by chance (`graft.seed`)",
        budget="exact",
        cost="none",
        scorer="engine.graft.localizers.chance:score",
        uses=("seed",),
    )
)
