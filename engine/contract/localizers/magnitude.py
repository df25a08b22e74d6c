"""The largest pretrained weights."""

from engine.contract.localizers import Localizer, register_localizer

register_localizer(
    Localizer(
        name="magnitude",
        chooses="the largest |pretrained|, without any data",
        budget="exact",
        cost="none",
        scorer="engine.graft.localizers.magnitude:score",
    )
)
