"""PCB: weights compete within their task and with the other tasks."""

from engine.contract.combining import Method, register_method

register_method(
    Method(
        name="pcb",
        makes="the mean of the changes by how much each counts in its task and beside the others",
        source="Du et al. 2024, Parameter Competition Balancing",
        code="engine.graft.combining.pcb:combine",
        uses=("scale", "ratio"),
    )
)
