"""TIES: trim, elect a sign, mean of those that agree."""

from engine.contract.combining import Method, register_method

register_method(
    Method(
        name="ties",
        makes="the mean of each skill's largest changes that have the sign of their sum",
        source="Yadav et al. 2023, TIES-Merging, algorithm 1",
        code="engine.graft.combining.ties:combine",
        uses=("scale", "scales", "keep", "within"),
    )
)
