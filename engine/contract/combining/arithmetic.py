"""Task arithmetic: the changes of all skills added up."""

from engine.contract.combining import Method, register_method

register_method(
    Method(
        name="arithmetic",
        makes="the sum of all changes, times a scale",
        source="Ilharco et al. 2023, Editing Models with Task Arithmetic, section 2",
        code="engine.graft.combining.arithmetic:combine",
        uses=("scale", "scales"),
    )
)
