"""Whole layers."""

from engine.contract.localizers import Localizer, register_localizer

register_localizer(
    Localizer(
        name="layer",
        chooses="whole layers, those that moved most a weight first; of the last one its largest "
        "movement",
        budget="exact",
        cost="none",
        scorer="engine.graft.localizers.layer:score",
    )
)
