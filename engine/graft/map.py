"""map.json: where in the network the weights of a run's grafts lie (docs/answers.md).

Owns its form. Layers and modules are those of the module tree, never guessed from names.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.analysis import concentration
from engine.contract.layout import write_json
from engine.contract.subjects import MODEL, Labels
from engine.graft.skill import load
from engine.models.roles import OTHER, roles
from engine.models.weights import WeightMap

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Located:
    """A graft, by how many of its weights lie in each tensor."""

    stage: str
    labels: Labels
    skill: str
    """Name of its file."""
    counts: Mapping[str, int]
    """Name of a touched tensor -> weights."""
    subject: str = MODEL


def write_map(
    path: Path,
    model: str,
    weights: WeightMap,
    sizes: Mapping[str, int],
    grafts: Sequence[Located],
    lm: Any,
) -> None:
    """The map of `grafts` over the maskable tensors of `model`, in the order of the module tree.

    `sizes`: how many weights each of these tensors has; `lm`: the network, which says what each is
    for. The skill files of the grafts lie beside `path`.
    """
    known = roles(lm, weights)
    shapes = {name: list(lm.get_parameter(name).shape) for name in sizes}
    tensors = [
        {
            "name": name,
            "part": span.part,
            "layer": span.layer,
            "module": span.module,
            "parameter": span.parameter,
            "maskable": sizes[name],
            "role": known.get(name, OTHER),
            "shape": shapes[name],
        }
        for name, span in weights.places(sizes).items()
    ]
    groups = [_group(graft, sizes, shapes, path.parent / graft.skill) for graft in grafts]
    write_json(path, {"v": FORMAT, "model": model, "tensors": tensors, "grafts": groups})


def _group(
    graft: Located, sizes: Mapping[str, int], shapes: Mapping[str, list[int]], skill: Path
) -> dict[str, Any]:
    return {
        "subject": graft.subject,
        "stage": graft.stage,
        "labels": dict(graft.labels),
        "skill": graft.skill,
        "weights": sum(graft.counts.values()),
        "counts": [graft.counts.get(name, 0) for name in sizes],
        **_spread(skill, shapes),
    }


def _spread(skill: Path, shapes: Mapping[str, list[int]]) -> dict[str, list[float | None]]:
    """How the graft's weights crowd in rows and in columns of each matrix, by dispersion; None of
    what is no matrix, or has none of them.
    """
    indices = load(skill, allow_nan=True).indices
    each = [
        concentration.of_matrix(indices[name].numpy(), (shape[0], shape[1]))
        if name in indices and len(shape) == 2
        else (None, None)
        for name, shape in shapes.items()
    ]
    return {"rows": [rows for rows, _ in each], "columns": [columns for _, columns in each]}
