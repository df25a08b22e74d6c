"""Where in the network the weights of a run's grafts lie, read back from map.json.

Owns how much of such a file is believed. Refuses one whose counts are not those of its tensors.
"""

import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from engine.contract.layout import read_whole
from engine.contract.subjects import labels_of, word
from graftui.errors import UsageError
from graftui.models import Run
from graftui.results.chart import Axis
from graftui.results.figures import asked, stage_title
from graftui.results.heat import HeatMap

MOST_BYTES = 1 << 26
_VERSION = 1
_PARTS = ("embeddings", "layer", "head")

Place = tuple[int | None, str]
"""Layer, None outside of them, and module."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """A tensor whose weights could be in a graft."""

    name: str
    part: str
    """"embeddings", "layer" or "head"."""
    layer: int | None
    """From the bottom up, from 0; None outside the layers."""
    module: str
    """Path of its module: within the layer, or of the whole network."""
    parameter: str
    """Its name there, such as "weight"."""
    maskable: int
    """How many weights it has."""
    role: str = ""
    """What it is for, such as "query" or "first FFN"; empty in maps of older versions."""


@dataclass(frozen=True, slots=True)
class GraftMap:
    """How many weights of one graft lie in each tensor."""

    subject: str
    stage: str
    labels: Mapping[str, str | float]
    """Its `sparsity`, as asked for."""
    skill: str
    """Name of its file in the run directory."""
    counts: tuple[int, ...]
    """Of each of the map's tensors."""
    rows: tuple[float | None, ...] = ()
    """Of each tensor, how many times as unevenly as by chance its weights lie over the rows of a
    matrix; None of what is none. Empty in maps of older versions."""
    columns: tuple[float | None, ...] = ()
    """The same over its columns."""

    @property
    def weights(self) -> int:
        return sum(self.counts)

    @property
    def what(self) -> str:
        """This graft in one word, but for its sparsity."""
        return word(self.subject, self.stage, self.labels)

    def title(self, chosen_by: str, several: bool) -> str:
        """In words; with its sparsity where there are several."""
        at, name = self.labels.get("sparsity"), stage_title(self.what, chosen_by)
        return f"{name} at {asked(at)}" if isinstance(at, float) and several else name


@dataclass(frozen=True, slots=True)
class Cell:
    """What a graft has of a part of the model."""

    weights: int
    size: int
    """How many weights the part has."""
    graft: int
    """How many weights the graft has in all."""
    model: int
    """How many could be in a graft."""

    @property
    def share(self) -> float:
        """Of the part's weights."""
        return self.weights / self.size

    @property
    def enrichment(self) -> float | None:
        """How many times as many as a graft of that size would have here by chance."""
        return self.share * self.model / self.graft if self.graft else None


@dataclass(frozen=True, slots=True)
class RunMap:
    """The grafts of a run over the tensors of its model."""

    model: str
    tensors: tuple[Tensor, ...]
    """In the order of the module tree."""
    grafts: tuple[GraftMap, ...]

    def by_module(self, graft: GraftMap) -> dict[Place, int]:
        """(layer, module) -> weights, in the order of the module tree."""
        counts: Counter[Place] = Counter()
        for tensor, count in zip(self.tensors, graft.counts, strict=True):
            counts[tensor.layer, tensor.module] += count
        return dict(counts)

    def at(self, graft: GraftMap, module: str, layer: int | None) -> "Cell | None":
        """What the graft has of a module in a layer; None where there is no such module."""
        counts = zip(self.tensors, graft.counts, strict=True)
        inside = [(t.maskable, n) for t, n in counts if (t.module, t.layer) == (module, layer)]
        size, all_sizes = sum(m for m, _ in inside), sum(t.maskable for t in self.tensors)
        if not size:
            return None
        return Cell(sum(n for _, n in inside), size, graft.weights, all_sizes)

    @property
    def modules(self) -> tuple[str, ...]:
        """In the order of the module tree."""
        return tuple(dict.fromkeys(tensor.module for tensor in self.tensors))

    @property
    def layers(self) -> tuple[int | None, ...]:
        """From the bottom up, after None for what is in no layer."""
        layers = {tensor.layer for tensor in self.tensors}
        return tuple(sorted(layers, key=lambda n: -1 if n is None else n))

    def heat(self, graft: GraftMap, title: str) -> HeatMap:
        """How many percent of each module's weights the graft has: a row a module, a column a
        layer. What is in no layer stands in the first column, `-`.
        """
        held, sizes = self.by_module(graft), Counter[Place]()
        for tensor in self.tensors:
            sizes[tensor.layer, tensor.module] += tensor.maskable
        modules, layers = self.modules, self.layers
        return HeatMap(
            title,
            modules,
            tuple("-" if layer is None else str(layer) for layer in layers),
            tuple(
                tuple(_share(held, sizes, (layer, module)) for layer in layers)
                for module in modules
            ),
            Axis(unit="%"),
        )


def about(run: Run, located: RunMap) -> int:
    """Number of the graft that the run's scores are about, or else of its last one."""
    weights = run.summary.get("weights")
    known = (n for n, graft in enumerate(located.grafts) if graft.weights == weights)
    return next(known, len(located.grafts) - 1)


def _share(held: Mapping[Place, int], sizes: Mapping[Place, int], at: Place) -> float | None:
    return 100 * held[at] / sizes[at] if sizes.get(at) else None


def map_of(run_dir: Path) -> RunMap | None:
    """The map of a run's grafts; None where there is none. Raises UsageError for one that is not
    what it should be.
    """
    path = run_dir / "map.json"
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError(f"it has more than {MOST_BYTES >> 20} MiB")
        raw = json.loads(read_whole(path))
        if not isinstance(raw, dict) or raw.get("v") != _VERSION:
            raise ValueError(f"it is not of version {_VERSION}")
        tensors = tuple(map(_tensor, _list(raw, "tensors")))
        grafts = tuple(_graft(graft, tensors) for graft in _list(raw, "grafts"))
        return RunMap(_text(raw, "model"), tensors, grafts)
    except FileNotFoundError:
        return None
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(
            f"The map in {path} cannot be read: {error}.", "Run it again, or copy the file anew."
        ) from None


def _tensor(raw: Any) -> Tensor:
    if not isinstance(raw, dict) or raw.get("part") not in _PARTS:
        raise ValueError("a tensor is none")
    layer = raw.get("layer")
    return Tensor(
        _text(raw, "name"),
        raw["part"],
        None if layer is None else _count(layer),
        _text(raw, "module"),
        _text(raw, "parameter"),
        _count(raw.get("maskable")),
        _text(raw, "role") if "role" in raw else "",
    )


def _graft(raw: Any, tensors: tuple[Tensor, ...]) -> GraftMap:
    if not isinstance(raw, dict):
        raise ValueError("a graft is none")
    counts = tuple(map(_count, _list(raw, "counts")))
    if len(counts) != len(tensors):
        raise ValueError("a graft has not a count of each tensor")
    if any(count > tensor.maskable for count, tensor in zip(counts, tensors, strict=True)):
        raise ValueError("a graft has more weights than a tensor")
    return GraftMap(
        subject=_text(raw, "subject"),
        stage=_text(raw, "stage"),
        labels=labels_of(raw.get("labels")),
        skill=_text(raw, "skill"),
        counts=counts,
        rows=_spread(raw, "rows", len(tensors)),
        columns=_spread(raw, "columns", len(tensors)),
    )


def _spread(raw: Mapping[str, Any], name: str, tensors: int) -> tuple[float | None, ...]:
    if name not in raw:
        return ()
    values = _list(raw, name)
    if len(values) != tensors or not all(v is None or _is_amount(v) for v in values):
        raise ValueError(f"a graft has {name} that are none")
    return tuple(None if value is None else float(value) for value in values)


def _is_amount(value: Any) -> bool:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and 0 <= value < math.inf


def _list(raw: Mapping[str, Any], name: str) -> list[Any]:
    value = raw.get(name)
    if not isinstance(value, list):
        raise ValueError(f"it has no list of {name}")
    return value


def _text(raw: Mapping[str, Any], name: str) -> str:
    value = raw.get(name)
    if not isinstance(value, str):
        raise ValueError(f"something has no {name}")
    return value


def _count(value: Any) -> int:
    if type(value) is not int or not 0 <= value < 2**63:
        raise ValueError("a count is none")
    return value
