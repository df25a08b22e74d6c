"""Movement: the base patch itself."""

from engine.contract.localizers import Localizer, register_localizer

register_localizer(
    Localizer(
        name="movement",
        chooses="the largest |tuned - pretrained|",
        budget="exact",
        cost="none",
    )
)
