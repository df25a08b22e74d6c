"""Movement in units of the last place."""

from engine.contract.localizers import Localizer, register_localizer

register_localizer(
    Localizer(
        name="ulp",
        chooses="the largest |tuned - pretrained| in units of the last place of what the "
        "pretrained weight is stored as",
        budget="exact",
        cost="none",
        scorer="engine.graft.localizers.ulp:score",
    )
)
