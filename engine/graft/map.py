"""map.json: where in the network the weights of a run's grafts lie (docs/answers.md).

Owns its form. Layers and modules are those of the module tree, never guessed from names.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.contract.layout import write_json
from engine.contract.subjects import MODEL, Labels
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
) -> None:
    """The map of `grafts` over the maskable tensors of `model`, in the order of the module tree.

    `sizes`: how many weights each of these tensors has.
    """
    tensors = [
        {
            "name": name,
            "part": span.part,
            "layer": span.layer,
            "module": span.module,
            "parameter": span.parameter,
            "maskable": sizes[name],
        }
        for name, span in weights.places(sizes).items()
    ]
    groups = [
        {
            "subject": graft.subject,
            "stage": graft.stage,
            "labels": dict(graft.labels),
            "skill": graft.skill,
            "weights": sum(graft.counts.values()),
            "counts": [graft.counts.get(name, 0) for name in sizes],
        }
        for graft in grafts
    ]
    write_json(path, {"v": FORMAT, "model": model, "tensors": tensors, "grafts": groups})
