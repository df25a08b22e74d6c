"""What a network is, found by running it once on a few tokens of text.

Owns the only input that a model's build is judged by, and how a network that cannot take it is
refused. Nothing is read from names or from what a config promises.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from engine.errors import ConfigError
from engine.failure import out_of_memory

TOKENS = 8
BROKEN = (RuntimeError, ValueError, TypeError, AttributeError, IndexError, KeyError, AssertionError)
"""What a network raises that cannot take its input."""


@dataclass(frozen=True, slots=True)
class Trial:
    """One pass over two rows that differ after their first token."""

    values: torch.Tensor
    """Logits (2, TOKENS, V), or hidden states (2, TOKENS, H) of a network without a head."""
    order: dict[nn.Module, int]
    """When each module was first called, from 0."""
    used: set[torch.Tensor]
    """The parameters that were computed with."""
    positions: int | None
    """Most tokens that its table of positions has room for; None where there is no such table."""
    tokens: int | None
    """Rows of its table of word embeddings; None where there is no such table."""


def trial(lm: Any, name: str = "") -> Trial:
    """Run `lm` once. Raises ConfigError, that calls it `name`, if it cannot be run on text."""
    order: dict[nn.Module, int] = {}

    def called(module: nn.Module, _args: Any) -> None:
        order.setdefault(module, len(order))

    hooks = [module.register_forward_pre_hook(called) for module in lm.modules()]
    tables = _Tables()
    try:
        with refused(lm, name), quietly(lm), tables:
            out = lm(input_ids=tokens(lm))
    finally:
        for hook in hooks:
            hook.remove()
    values = getattr(out, "logits", getattr(out, "last_hidden_state", None))
    if not isinstance(values, torch.Tensor) or values.ndim != 3:
        raise ConfigError(
            f"{name or 'the model'} ({type(lm).__name__}) gives nothing for each token of a text",
            "use a language model",
        )
    try:
        rows = len(lm.get_input_embeddings().weight)
    except BROKEN:  # it hashes characters, say
        rows = None
    return Trial(values, order, tables.used, tables.positions, rows)


def tokens(lm: Any) -> torch.Tensor:
    """Token ids (2, TOKENS) int64, none of them padding."""
    pad = getattr(lm.config, "pad_token_id", None)
    first, second, third = [number for number in (5, 6, 7, 3) if number != pad][:3]
    rows = [[first, *[other] * (TOKENS - 1)] for other in (second, third)]
    return torch.tensor(rows, device=next(lm.parameters()).device)


@contextmanager
def refused(lm: Any, name: str = "") -> Iterator[None]:
    """A block that runs `lm`; ConfigError for what it raises, but for want of memory."""
    try:
        yield
    except BROKEN as error:
        if out_of_memory(error):
            raise
        lines = str(error).strip().splitlines() or [type(error).__name__]
        raise ConfigError(
            f"{name or 'the model'} ({type(lm).__name__}) cannot be run on text alone: "
            f"{lines[0][:200]}",
            "use a language model that takes nothing but tokens, as many as there are",
        ) from None


@contextmanager
def quietly(lm: nn.Module) -> Iterator[None]:
    """A block that runs `lm` for its answer alone: no dropout, no gradients; what it draws is the
    same each time, and is no draw of the run's own."""
    was_training = lm.training
    lm.eval()
    try:
        with torch.no_grad(), torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(0)
            yield
    finally:
        lm.train(was_training)


class _Tables(TorchFunctionMode):
    """Watches a pass: the parameters that it takes, and the table of positions: the one that is
    asked for consecutive rows, one a token."""

    positions: int | None = None

    def __init__(self) -> None:
        super().__init__()
        self.used: set[torch.Tensor] = set()

    def __torch_function__(self, func: Any, _types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        looks = getattr(func, "__name__", "") == "__get__"  # at a dtype or a device
        for value in () if looks else (*args, *kwargs.values()):
            values = value if isinstance(value, list | tuple) else (value,)
            self.used.update(v for v in values if isinstance(v, nn.Parameter))
        if func is nn.functional.embedding:
            self._note(*args[:2])
        return func(*args, **kwargs)

    def _note(self, index: torch.Tensor, table: torch.Tensor) -> None:
        if index.is_meta or index.shape[-1:] != (TOKENS,) or index.numel() > 2 * TOKENS:
            return
        row = index.reshape(-1, TOKENS)[0]
        if torch.equal(row, row[0] + torch.arange(TOKENS, device=row.device)):
            room = len(table) - int(row[0])
            self.positions = min(room, self.positions or room)
