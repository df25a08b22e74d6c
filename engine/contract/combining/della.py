"""DELLA: drop at random, small changes rather; elect a sign; mean."""

from engine.contract.combining import Method, register_method

register_method(
    Method(
        name="della",
        makes="as ties, of changes kept at random, the larger of a row the likelier, and rescaled",
        source="Deep et al. 2024, DELLA-Merging",
        code="engine.graft.combining.della:combine",
        uses=("scale", "scales", "keep", "window", "seed"),
    )
)
