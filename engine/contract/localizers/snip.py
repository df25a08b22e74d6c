"""SNIP: connection sensitivity."""

from engine.contract.localizers import Localizer, register_localizer

register_localizer(
    Localizer(
        name="snip",
        chooses="SNIP (Lee et al. 2019): the largest |pretrained g|, g the gradient at the "
        "pretrained weights: what taking the weight out of the network changes, to first order",
        budget="exact",
        cost="one pass",
        scorer="engine.graft.localizers.snip:score",
        uses=("examples", "seed"),
    )
)
