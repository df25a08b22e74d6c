"""Whole modules."""

from engine.contract.localizers import Localizer, register_localizer

register_localizer(
    Localizer(
        name="module",
        chooses="whole modules (one layer's query, say), as `layer` does",
        budget="exact",
        cost="none",
        scorer="engine.graft.localizers.module:score",
    )
)
