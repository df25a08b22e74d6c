"""The smallest pretrained weights."""

from engine.contract.localizers import Localizer, register_localizer

register_localizer(
    Localizer(
        name="low-magnitude",
        chooses="the smallest |pretrained|, without any data",
        budget="exact",
        cost="none",
        scorer="engine.graft.localizers.low_magnitude:score",
    )
)
