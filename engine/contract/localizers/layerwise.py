"""The same share of every tensor."""

from engine.contract.localizers import Localizer, register_localizer

register_localizer(
    Localizer(
        name="layerwise",
        chooses="the same share of every tensor, by movement",
        budget="exact",
        cost="none",
        scorer="engine.graft.localizers.layerwise:score",
    )
)
