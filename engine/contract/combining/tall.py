"""TALL masks: of the sum of all changes, each task gets what counts for it."""

from engine.contract.combining import Method, register_method

register_method(
    Method(
        name="tall",
        makes="the sum of all changes; each task gets the weights that count for it",
        source="Wang et al. 2024, Localizing Task Information, TALL-masks",
        code="engine.graft.combining.tall:combine",
    )
)
