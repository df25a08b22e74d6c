"""Stitch: the union with a scale of its own for each skill."""

from engine.contract.combining import Method, register_method

register_method(
    Method(
        name="stitch",
        makes="as union, each skill's change times its scale",
        source="He et al. 2024, Localize-and-Stitch, its stitching, with a scale each",
        code="engine.graft.combining.stitch:combine",
        uses=("scale", "scales"),
    )
)
