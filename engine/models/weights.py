"""The map of a model's weights: what is embedding, layer and head, read from how it computes.

Never from names, but for one: a vector called `weight` is a norm's scale, any other is a bias.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from torch import nn

from engine.contract.sections import FreezeConfig
from engine.errors import ConfigError
from engine.models.layers import layers
from engine.models.trial import Trial, trial


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a network a tensor is."""

    part: str
    """"embeddings", "layer" or "head"."""
    layer: int | None
    """From the bottom up, from 0; None outside the layers."""
    module: str
    """Path of its module: within the layer, or of the whole network."""
    parameter: str
    """Its name there, such as "weight"."""


@dataclass(frozen=True, slots=True)
class WeightMap:
    """Which parameters are what; names as in `named_parameters()`, each parameter once."""

    embeddings: tuple[str, ...]
    layers: tuple[tuple[str, ...], ...]
    """From the bottom up."""
    head: tuple[str, ...]
    """LM head, and norms after the last layer."""
    idle: tuple[str, ...]
    """What no text comes to: never maskable."""
    biases: frozenset[str]
    """Which of them are biases, those of norms included."""
    begins: tuple[tuple[str, ...], ...] = ()
    """How the names of each layer's weights begin: several ways, where lists make up the layers
    together."""

    def places(self, names: Iterable[str]) -> dict[str, Place]:
        """Where each of the tensors is."""
        return {name: self._place(name) for name in names}

    def _place(self, name: str) -> Place:
        for number, begins in enumerate(self.begins):
            for begin in begins:
                if name.startswith(begin):
                    # Of lists that compute in turns (XLM's) theirs tells modules apart.
                    stack = begin.split(".")[-3] if len(begins) > 1 else ""
                    rest, _, parameter = name.removeprefix(begin).rpartition(".")
                    return Place("layer", number, ".".join(filter(None, (stack, rest))), parameter)
        module, _, parameter = name.rpartition(".")
        return Place("embeddings" if name in self.embeddings else "head", None, module, parameter)

    def maskable(self, freeze: FreezeConfig) -> list[str]:
        """Names that train and can be grafted. Raises ConfigError if none is left."""
        there, rest_frozen = len(self.layers), freeze.embeddings and freeze.head
        if freeze.layers > there or (freeze.layers == there and rest_frozen):
            what = f"freezes all {there} layers" if freeze.layers == there else f"of {there}"
            raise ConfigError(
                f"freeze.layers = {freeze.layers} {what}",
                f"set freeze.layers to {there - 1} or less",
            )
        names = [] if freeze.embeddings else list(self.embeddings)
        names += [name for layer in self.layers[freeze.layers :] for name in layer]
        names += [] if freeze.head else list(self.head)
        if not freeze.all_but_biases:
            return names
        if kept := [name for name in names if name in self.biases]:
            return kept
        raise ConfigError(
            "freeze.all_but_biases = true, but this model has no biases in what is not frozen",
            "models like Llama have none; leave freeze.all_but_biases at false",
        )


def weight_map(lm: Any, tried: Trial | None = None) -> WeightMap:
    """The map of a transformers model, from its module tree and one short pass over text.

    Outside the layers, what computes before the first of them is embeddings (ELECTRA's and OPT's
    projections too), as is every nn.Embedding; the rest is head, but for what no text comes to,
    such as a vision tower. `found`: a trial of `lm`. Raises ConfigError if it has no layers.
    """
    if not any(isinstance(module, nn.ModuleList) for module in lm.modules()):
        raise ConfigError("this model has no stack of layers (nn.ModuleList)", "use a transformer")
    tried = tried or trial(lm)
    names = [name for name, _ in lm.named_parameters()]
    begins = layers(lm, tried)
    inside = tuple(tuple(n for n in names if n.startswith(begin)) for begin in begins)
    first = min(tried.order[m] for m in _below(lm, begins[0]) if m in tried.order)
    embeddings, head, idle = [], [], []
    for name in [n for n in names if not n.startswith(tuple(b for begin in begins for b in begin))]:
        owner = lm.get_submodule(name.rpartition(".")[0])
        if owner not in tried.order and lm.get_parameter(name) not in tried.used:
            idle.append(name)
        elif isinstance(owner, nn.Embedding) or tried.order.get(owner, first) < first:
            embeddings.append(name)
        else:
            head.append(name)
    biases = frozenset(_biases(lm))
    return WeightMap(
        tuple(embeddings), inside, tuple(head), tuple(idle), biases, tuple(map(tuple, begins))
    )


def _below(lm: nn.Module, begins: tuple[str, ...]) -> Iterator[nn.Module]:
    for name, module in lm.named_modules():
        if f"{name}.".startswith(begins):
            yield module


def _biases(lm: nn.Module) -> Iterator[str]:
    for name, parameter in lm.named_parameters():
        if parameter.ndim == 1 and name.rpartition(".")[2] != "weight":
            yield name


def freeze_all_but(lm: nn.Module, names: list[str]) -> None:
    """Let gradients flow to `names` alone."""
    kept = set(names)
    for name, parameter in lm.named_parameters():
        parameter.requires_grad_(name in kept)
