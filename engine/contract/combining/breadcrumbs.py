"""Breadcrumbs: neither the largest changes of a layer nor the smallest."""

from engine.contract.combining import Method, register_method

register_method(
    Method(
        name="breadcrumbs",
        makes="the sum of the changes that are neither largest nor small in their tensor",
        source="Davari and Belilovsky 2024, Model Breadcrumbs",
        code="engine.graft.combining.breadcrumbs:combine",
        uses=("scale", "scales", "keep", "outliers"),
    )
)
