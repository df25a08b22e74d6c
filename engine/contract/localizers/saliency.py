"""Gradient saliency."""

from engine.contract.localizers import Localizer, register_localizer

register_localizer(
    Localizer(
        name="saliency",
        chooses="the largest |(tuned - pretrained) g|, g the gradient at the pretrained "
        "weights: what putting the weight in changes, to first order",
        budget="exact",
        cost="one pass",
        scorer="engine.graft.localizers.saliency:score",
        uses=("examples", "seed"),
    )
)
