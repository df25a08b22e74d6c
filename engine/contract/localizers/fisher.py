"""Fisher-weighted movement."""

from engine.contract.localizers import Localizer, register_localizer

register_localizer(
    Localizer(
        name="fisher",
        chooses="the largest (tuned - pretrained)² F, F the empirical Fisher information at "
        "the tuned weights",
        budget="exact",
        cost="one pass, one example at a time",
        scorer="engine.graft.localizers.fisher:score",
        uses=("examples", "seed"),
    )
)
