"""Intersection: the weights that every skill holds."""

from engine.contract.combining import Method, register_method

register_method(
    Method(
        name="intersection",
        makes="the weights that all skills hold, the mean of their changes",
        source="the set operation; the mean as for union",
        code="engine.graft.combining.intersection:combine",
        uses=("scale",),
    )
)
