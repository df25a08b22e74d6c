"""Consensus: the weights that count for several tasks."""

from engine.contract.combining import Method, register_method

register_method(
    Method(
        name="consensus",
        makes="the sum of all changes, at the weights that count for enough tasks",
        source="Wang et al. 2024, Localizing Task Information, Consensus Merging",
        code="engine.graft.combining.consensus:combine",
        uses=("scale", "agree"),
    )
)
