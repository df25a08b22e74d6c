"""DARE: drop at random and rescale, then add up."""

from engine.contract.combining import Method, register_method

register_method(
    Method(
        name="dare",
        makes="a random share of each skill's changes, rescaled by its inverse; their sum",
        source="Yu et al. 2024, Language Models are Super Mario",
        code="engine.graft.combining.dare:combine",
        uses=("scale", "scales", "keep", "seed"),
    )
)
