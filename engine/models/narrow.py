"""The LM head at a few positions only: with a 50k vocabulary the rest would be most of the work."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.nn import functional as F

from engine.failure import out_of_memory
from engine.models.trial import BROKEN, TOKENS, quietly, tokens


@dataclass(slots=True)
class _Pass:
    """What is known of the forward pass under way."""

    positions: torch.Tensor  # (B, A)
    tokens: torch.Tensor | None  # (classes,), or None for the whole vocabulary
    at_positions: bool = False
    """The head has been given these positions alone."""
    at_tokens: bool = False
    """The output layer has computed these tokens alone."""


class Narrow:
    """Makes a language model compute its head at given positions and tokens, on demand."""

    def __init__(self, lm: Any) -> None:
        self._pass: _Pass | None = None
        self._positions = self._tokens = True
        # At the head, not after lm.base_model: OPT goes round its base model to the decoder.
        for child in lm.children():
            if child is not lm.base_model:
                child.register_forward_pre_hook(self._keep_positions)
        self._narrow_output(lm)
        self._settle(lm)

    def _settle(self, lm: Any) -> None:
        """Narrow as far as the logits stay what they are.

        BART and ESM add a bias as large as the vocabulary to what the output layer gives.
        """
        ids = tokens(lm)
        at = torch.tensor([[TOKENS - 1, 0], [1, TOKENS - 1]], device=ids.device)
        with quietly(lm):
            whole = pick(lm(input_ids=ids).logits, at)  # (2, 2, V)
        size = whole.shape[-1]
        words = torch.tensor([size - 1, 0, size // 2], device=ids.device)
        for self._positions, self._tokens in ((True, True), (True, False), (False, False)):
            narrowed = self._tried(lm, ids, at, words)
            if narrowed is not None and _alike(narrowed, whole[..., words]):
                return

    def _tried(
        self, lm: Any, ids: torch.Tensor, at: torch.Tensor, words: torch.Tensor
    ) -> torch.Tensor | None:
        try:
            with quietly(lm), self.at(at, words) as now:
                return self.logits(lm(input_ids=ids), now)
        except BROKEN as error:
            if out_of_memory(error):
                raise
            return None

    @property
    def form(self) -> tuple[bool, bool]:
        """Whether it is narrowed to positions, and to tokens."""
        return self._positions, self._tokens

    @contextmanager
    def at(self, positions: torch.Tensor, tokens: torch.Tensor | None) -> Iterator[_Pass]:
        """For one forward pass: logits at `positions` (B, A), of `tokens` or all of them."""
        self._pass = _Pass(positions, tokens)
        try:
            yield self._pass
        finally:
            self._pass = None

    def _keep_positions(self, _module: nn.Module, args: tuple[Any, ...]) -> Any:
        """Before the head: keep the hidden states of these positions alone."""
        now = self._pass
        if now is None or now.at_positions or not args or args[0].ndim != 3 or not self._positions:
            return None
        now.at_positions = True
        return (pick(args[0], now.positions), *args[1:])  # (B, A, H)

    def _narrow_output(self, lm: Any) -> None:
        """Make the output layer compute the wanted tokens' rows during a pass."""
        head = lm.get_output_embeddings()
        vocabulary = len(lm.get_input_embeddings().weight)
        if not isinstance(head, nn.Linear) or len(head.weight) != vocabulary:
            return  # DeBERTa's newer head: not a layer over the vocabulary
        whole = head.forward

        def forward(hidden: torch.Tensor) -> torch.Tensor:
            if self._pass is None or self._pass.tokens is None or not self._tokens:
                return whole(hidden)
            self._pass.at_tokens = True
            tokens = self._pass.tokens
            bias = None if head.bias is None else head.bias[tokens]
            return F.linear(hidden, head.weight[tokens], bias)

        head.forward = forward  # type: ignore[method-assign,assignment]

    @staticmethod
    def logits(out: Any, now: _Pass) -> torch.Tensor:
        """(B, A, classes or V) logits; a head of an unknown build computes more, to be cut here."""
        logits: torch.Tensor = out.logits
        if not now.at_positions:
            logits = pick(logits, now.positions)
        if now.tokens is not None and not now.at_tokens:
            logits = logits[..., now.tokens]
        return logits


def pick(values: torch.Tensor, positions: torch.Tensor) -> torch.Tensor:
    """(B, T, H) at (B, A) positions: (B, A, H)."""
    rows = torch.arange(len(values), device=values.device).unsqueeze(1)
    return values[rows, positions]


def _alike(first: torch.Tensor, second: torch.Tensor) -> bool:
    near = 1e-4 * float(second.abs().max())
    return first.shape == second.shape and torch.allclose(first, second, 1e-3, near, equal_nan=True)
