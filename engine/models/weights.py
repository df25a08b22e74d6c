"""The map of a model's weights: what is embedding, layer and head, read from how it computes.

Never from names, but for one: a vector called `weight` is a norm's scale, any other is a bias.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from engine.contract.config import FreezeConfig
from engine.errors import ConfigError


@dataclass(frozen=True, slots=True)
class WeightMap:
    """Which parameters are what; names as in `named_parameters()`, each parameter once."""

    embeddings: tuple[str, ...]
    layers: tuple[tuple[str, ...], ...]
    """From the bottom up."""
    head: tuple[str, ...]
    """LM head, and norms after the last layer."""
    biases: frozenset[str]
    """Which of them are biases, those of norms included."""

    def maskable(self, freeze: FreezeConfig) -> list[str]:
        """Names that train and can be grafted. Raises ConfigError if none is left."""
        if freeze.layers >= len(self.layers) and freeze.embeddings and freeze.head:
            raise ConfigError(
                f"freeze.layers = {freeze.layers} freezes all {len(self.layers)} layers",
                f"set freeze.layers to {len(self.layers) - 1} or less",
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


def weight_map(lm: Any) -> WeightMap:
    """The map of a transformers model, from its module tree and one short forward pass.

    The layers are the longest ModuleList. Outside it, what computes before the first layer is
    embeddings (ELECTRA's and OPT's projections too), as is every nn.Embedding; the rest is head.
    """
    stacks = [(n, m) for n, m in lm.named_modules() if isinstance(m, nn.ModuleList)]
    if not stacks:
        raise ConfigError("this model has no stack of layers (nn.ModuleList)", "use a transformer")
    path, stack = max(stacks, key=lambda item: len(item[1]))
    names = [name for name, _ in lm.named_parameters()]
    layers = tuple(
        tuple(n for n in names if n.startswith(f"{path}.{i}.")) for i in range(len(stack))
    )
    outside = [n for n in names if not n.startswith(f"{path}.")]
    early = _called_before(lm, stack[0])
    embeddings = tuple(n for n in outside if lm.get_submodule(n.rpartition(".")[0]) in early)
    head = tuple(n for n in outside if n not in embeddings)
    return WeightMap(embeddings, layers, head, frozenset(_biases(lm)))


def _biases(lm: nn.Module) -> Iterator[str]:
    for name, parameter in lm.named_parameters():
        if parameter.ndim == 1 and name.rpartition(".")[2] != "weight":
            yield name


@torch.no_grad()
def _called_before(lm: Any, layer: nn.Module) -> set[nn.Module]:
    """The modules that a forward pass calls before it comes to `layer`, and all embeddings."""
    called: set[nn.Module] = {m for m in lm.modules() if isinstance(m, nn.Embedding)}
    reached = False

    def note(module: nn.Module, _args: Any) -> None:
        nonlocal reached
        reached = reached or module is layer
        if not reached:
            called.add(module)

    hooks = [module.register_forward_pre_hook(note) for module in lm.modules()]
    place = next(lm.parameters()).device
    was_training = lm.training
    try:
        lm.eval()(input_ids=torch.zeros(1, 2, dtype=torch.int64, device=place))
    finally:
        lm.train(was_training)
        for hook in hooks:
            hook.remove()
    return called


def freeze_all_but(lm: nn.Module, names: list[str]) -> None:
    """Let gradients flow to `names` alone."""
    kept = set(names)
    for name, parameter in lm.named_parameters():
        parameter.requires_grad_(name in kept)
