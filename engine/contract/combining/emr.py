"""EMR: one vector for all, a mask and a scale for each task."""

from engine.contract.combining import Method, register_method

register_method(
    Method(
        name="emr",
        makes="the largest change of the sum's sign; each task gets those of its own, rescaled",
        source="Huang et al. 2024, EMR-Merging",
        code="engine.graft.combining.emr:combine",
    )
)
