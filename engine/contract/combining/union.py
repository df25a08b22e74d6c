"""Union: the weights of all skills, averaged where they meet."""

from engine.contract.combining import Method, register_method

register_method(
    Method(
        name="union",
        makes="all weights; where skills meet, the mean of their changes",
        source="He et al. 2024, Localize-and-Stitch, its stitching",
        code="engine.graft.combining.union:combine",
        uses=("scale",),
    )
)
