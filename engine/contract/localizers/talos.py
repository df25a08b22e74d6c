"""TaLoS: the least sensitive weights."""

from engine.contract.localizers import Localizer, register_localizer

register_localizer(
    Localizer(
        name="talos",
        chooses="TaLoS (Iurada et al. 2025): the smallest F, F the Fisher information at the "
        "pretrained weights, the labels as likely as the model finds them",
        budget="exact",
        cost="a pass a class, one example at a time",
        scorer="engine.graft.localizers.talos:score",
        uses=("examples", "seed"),
    )
)
