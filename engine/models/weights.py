"""Models: one wrapper that answers prompts, and the map of a model's weights.

The wrapper computes the LM head at the answer position only, and only the rows of the label
words: with a 50k vocabulary the rest would be most of a small model's work. What is embedding,
layer or head is read from the module tree, never from names.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from engine.contract.config import FreezeConfig
from engine.data import Batch
from engine.errors import ConfigError


@dataclass(slots=True)
class _Pass:
    """What is known of the forward pass under way."""

    answer: torch.Tensor  # (B,)
    at_answer: bool = False
    """The head has been given the answer position alone."""
    at_labels: bool = False
    """The output layer has computed the label words alone."""


class PromptModel(nn.Module):
    """A language model that answers a batch of prompts with one logit a class.

    `forward(batch)` -> (B, classes) float logits of the label words at the answer position.
    """

    def __init__(self, lm: Any, label_ids: tuple[int, ...]) -> None:
        super().__init__()
        self.lm = lm
        self.label_ids: torch.Tensor  # (classes,) int64
        self.register_buffer("label_ids", torch.tensor(label_ids), persistent=False)
        self._pass: _Pass | None = None
        self._uses_segments = getattr(lm.config, "type_vocab_size", 0) > 1
        # At the head, not after lm.base_model: OPT goes round its base model to the decoder.
        for child in lm.children():
            if child is not lm.base_model:
                child.register_forward_pre_hook(self._keep_answer)
        _narrow(lm, self)

    def forward(self, batch: Batch) -> torch.Tensor:
        extra = {"token_type_ids": batch.segments} if self._uses_segments else {}
        now = self._pass = _Pass(batch.answer)
        try:
            out = self.lm(input_ids=batch.ids, attention_mask=batch.attention, **extra)
        finally:
            self._pass = None
        logits: torch.Tensor = out.logits  # (B, 1 or T, classes or V)
        # A head of an unknown build computes more; the answer is the same.
        rows = torch.arange(len(logits), device=logits.device)
        answered = logits[:, 0] if now.at_answer else logits[rows, now.answer]
        return (answered if now.at_labels else answered[:, self.label_ids]).float()

    def _keep_answer(self, _module: nn.Module, args: tuple[Any, ...]) -> Any:
        """Before the head: keep the hidden state of the answer position alone."""
        now = self._pass
        if now is None or now.at_answer or not args or args[0].ndim != 3:
            return None
        hidden, now.at_answer = args[0], True  # (B, T, H)
        rows = torch.arange(len(hidden), device=hidden.device)
        return (hidden[rows, now.answer].unsqueeze(1), *args[1:])  # (B, 1, H)


def _narrow(lm: Any, model: PromptModel) -> None:
    """Make the output layer compute the label words' rows while `model` answers."""
    head = lm.get_output_embeddings()
    if not isinstance(head, nn.Linear) or len(head.weight) != len(lm.get_input_embeddings().weight):
        return  # DeBERTa's newer head: not a layer over the vocabulary
    whole = head.forward

    def forward(hidden: torch.Tensor) -> torch.Tensor:
        if model._pass is None:
            return whole(hidden)
        model._pass.at_labels = True
        bias = None if head.bias is None else head.bias[model.label_ids]
        return F.linear(hidden, head.weight[model.label_ids], bias)

    head.forward = forward  # type: ignore[method-assign,assignment]


@dataclass(frozen=True, slots=True)
class WeightMap:
    """Which parameters are what; names as in `named_parameters()`, each parameter once."""

    embeddings: tuple[str, ...]
    layers: tuple[tuple[str, ...], ...]
    """From the bottom up."""
    head: tuple[str, ...]
    """LM head, and norms after the last layer."""

    def maskable(self, freeze: FreezeConfig) -> list[str]:
        """Names that train and can be grafted. Raises ConfigError if none is left."""
        if freeze.layers >= len(self.layers) and freeze.embeddings and freeze.head:
            raise ConfigError(
                f"freeze.layers = {freeze.layers} freezes all {len(self.layers)} layers",
                f"set freeze.layers to {len(self.layers) - 1} or less",
            )
        names = [] if freeze.embeddings else list(self.embeddings)
        names += [name for layer in self.layers[freeze.layers :] for name in layer]
        return names + ([] if freeze.head else list(self.head))


def weight_map(lm: Any) -> WeightMap:
    """The map of a transformers language model, from its module tree.

    The layers are the longest ModuleList of the base model. Outside it, embeddings are the
    subtrees that stand beside the path to the layers and hold an nn.Embedding; the rest is head.
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
    roots = tuple(f"{root}." for root in _embedding_roots(lm, path))
    embeddings = tuple(n for n in outside if n.startswith(roots))
    return WeightMap(embeddings, layers, tuple(n for n in outside if n not in embeddings))


def _embedding_roots(lm: nn.Module, stack_path: str) -> Iterator[str]:
    """Children, of any module on the path to the layers, that hold an nn.Embedding."""
    steps = stack_path.split(".")
    for depth in range(len(steps)):
        prefix = ".".join(steps[:depth])
        for name, child in lm.get_submodule(prefix).named_children():
            if name == steps[depth]:
                continue
            if any(isinstance(module, nn.Embedding) for module in child.modules()):
                yield f"{prefix}.{name}" if prefix else name


def freeze_all_but(lm: nn.Module, names: list[str]) -> None:
    """Let gradients flow to `names` alone."""
    kept = set(names)
    for name, parameter in lm.named_parameters():
        parameter.requires_grad_(name in kept)
