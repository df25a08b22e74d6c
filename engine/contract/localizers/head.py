"""Whole attention heads."""

from engine.contract.localizers import Localizer, register_localizer

register_localizer(
    Localizer(
        name="head",
        chooses="whole attention heads, as `layer` does: rows of query, key and value, columns of "
        "the output; all else after them",
        budget="exact",
        cost="none",
        scorer="engine.graft.localizers.head:score",
    )
)
