"""What each matrix of a layer is for: query, key, value, output, first or second FFN.

Found by how the network computes, never from names. In one layer (the others are built alike) the
answer of each linear module is disturbed at one token, and it is seen which other modules of the
layer get another input, and at which tokens:

    key, value   other tokens' states change, as attention mixes them; what value adds is linear in
                 the disturbance, and what key adds is not, as it goes through the softmax
    output       the module that first gets what was mixed
    query        of this token alone, and output is the first to get it
    first FFN    of this token alone, and another module gets it before output, or after it
    second FFN   no other module of the layer gets it

One module that does for two or three of query, key and value is called by all of them. Layers
without attention have no such parts; what is not seen is "other".
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from engine.models.trial import BROKEN, TOKENS, quietly, tokens
from engine.models.weights import WeightMap

EMBEDDINGS, HEAD, NORMS, BIASES, OTHER = "embeddings", "head", "norms", "biases", "other"
QUERY, KEY, VALUE, OUTPUT = "query", "key", "value", "output"
FIRST, SECOND = "first FFN", "second FFN"

_AT = 1
"""The token that is disturbed: in a causal network the later ones see it."""
_TIMES = 4.0
"""How large a disturbance is, in deviations of what it is added to: so that a softmax shows."""
_SEEN = 1e-4
"""Share of its size by which an input has to change to be another."""
_LINEAR = 1e-2
"""Share by which twice the disturbance may differ from twice its effect."""


def roles(lm: Any, weights: WeightMap) -> dict[str, str]:
    """Name of a parameter -> what it is for, of all that text comes to."""
    known = {
        **dict.fromkeys(weights.embeddings, EMBEDDINGS),
        **dict.fromkeys(weights.head, HEAD),
    }
    by_build: dict[tuple[str, ...], Mapping[str, str]] = {}
    for names, begins in zip(weights.layers, weights.begins, strict=True):
        linears = _linears(lm, names)
        build = tuple(_within(path, begins) for path in linears)
        if build not in by_build:
            by_build[build] = _of_layer(lm, linears, begins)
        for name in names:
            path, _, _ = name.rpartition(".")
            matrix = by_build[build].get(_within(path, begins), OTHER)
            vector = BIASES if name in weights.biases else NORMS
            known[name] = vector if lm.get_parameter(name).ndim < 2 else matrix
    return known


def _linears(lm: Any, names: Sequence[str]) -> dict[str, nn.Module]:
    """Path -> the modules of a layer that own a matrix."""
    paths = [name.rpartition(".")[0] for name in names if lm.get_parameter(name).ndim == 2]
    return {path: lm.get_submodule(path) for path in dict.fromkeys(paths)}


def _within(path: str, begins: Sequence[str]) -> str:
    """A path of a module, from its layer on."""
    begin = next((begin for begin in begins if f"{path}.".startswith(begin)), "")
    return f"{path}.".removeprefix(begin)


def _of_layer(lm: Any, linears: Mapping[str, nn.Module], begins: Sequence[str]) -> dict[str, str]:
    """Path within the layer -> what it is for; nothing where the network cannot be run so."""
    probe = _Probe(lm, tuple(linears.values()))
    try:
        with quietly(lm):
            probe.watch()
            known = _named(probe)
    except BROKEN:
        return {}
    return {
        _within(path, begins): known[module] for path, module in linears.items() if module in known
    }


def _named(probe: "_Probe") -> dict[nn.Module, str]:
    order = probe.order
    effects = {module: probe.effect(module, 1.0) for module in order}
    outputs = {module: effect.mixed for module, effect in effects.items() if effect.mixed}
    named: dict[nn.Module, str] = {}
    for module, effect in effects.items():
        if module in outputs.values():
            named[module] = OUTPUT
        elif effect.mixed:
            twice = probe.effect(module, 2.0)
            named[module] = VALUE if effect.doubled(twice) else KEY
        elif effect.first is None:
            named[module] = SECOND
        else:
            named[module] = QUERY if effect.first in outputs.values() else FIRST
    return {**named, **_fused(named, effects, outputs)}


def _fused(
    named: Mapping[nn.Module, str],
    effects: Mapping[nn.Module, "_Effect"],
    outputs: Mapping[nn.Module, nn.Module],
) -> dict[nn.Module, str]:
    """Modules that do for parts of an attention which no module of their own does."""
    fused = {}
    for output in dict.fromkeys(outputs.values()):
        own = [m for m, effect in effects.items() if output in (effect.mixed, effect.first)]
        there = {named[module] for module in own}
        missing = [part for part in (QUERY, KEY, VALUE) if part == KEY or part not in there]
        keys = [module for module in own if named[module] == KEY]
        if len(missing) > 1 and len(keys) == 1:
            fused[keys[0]] = ", ".join(missing)
    return fused


@dataclass(frozen=True, slots=True)
class _Effect:
    """What a disturbance changes."""

    first: nn.Module | None
    """The first other module with another input at the token itself, or at others."""
    mixed: nn.Module | None
    """The first with another input at other tokens."""
    change: torch.Tensor | None
    """Of the input of `mixed`, at the other tokens."""

    def doubled(self, other: "_Effect") -> bool:
        """Whether `other` changes it twice as much."""
        if self.change is None or other.change is None:
            return False
        off = (other.change - 2 * self.change).norm()
        return bool(off <= _LINEAR * 2 * self.change.norm())


@dataclass
class _Probe:
    """Runs a network as far as the end of a layer, and sees what goes into its modules."""

    lm: Any
    modules: tuple[nn.Module, ...]
    order: list[nn.Module] = field(default_factory=list)
    """Those that text comes to, in the order of the pass."""
    _inputs: dict[nn.Module, torch.Tensor] = field(default_factory=dict)

    def watch(self) -> None:
        """A pass without a disturbance."""
        self._inputs = self._pass(None, 0.0, whole=True)
        self.order = list(self._inputs)

    def effect(self, module: nn.Module, times: float) -> _Effect:
        """What disturbing the answer of `module` changes."""
        after = self.order[self.order.index(module) + 1 :]
        inputs = self._pass(module, times)
        first = mixed = change = None
        for other in after:
            apart = (inputs[other] - self._inputs[other]).float()  # (B, TOKENS, F)
            size = _SEEN * self._inputs[other].float().norm()
            elsewhere = torch.cat([apart[:, :_AT], apart[:, _AT + 1 :]], 1)
            if first is None and apart.norm() > size:
                first = other
            if elsewhere.norm() > size:
                mixed, change = other, elsewhere
                break
        return _Effect(first, mixed, change)

    def _pass(
        self, disturbed: nn.Module | None, times: float, whole: bool = False
    ) -> dict[nn.Module, torch.Tensor]:
        """What goes into each module when it is called first."""
        inputs: dict[nn.Module, torch.Tensor] = {}

        def before(module: nn.Module, args: Any) -> None:
            value = _by_token(args[0]) if args else None
            if module in inputs or value is None:
                return
            inputs[module] = value.detach().clone()
            if not whole and len(inputs) == len(self.order):
                raise _Enough

        def after(module: nn.Module, _args: Any, out: Any) -> Any:
            if module is disturbed and not done:
                done.append(True)
                return _disturbed(out, times)
            return out

        done: list[bool] = []
        hooks = [module.register_forward_pre_hook(before) for module in self.modules]
        if disturbed is not None:
            hooks.append(disturbed.register_forward_hook(after))
        try:
            self.lm(input_ids=tokens(self.lm))
        except _Enough:
            pass
        finally:
            for hook in hooks:
                hook.remove()
        return inputs


class _Enough(Exception):
    """All that is to be seen has been."""


def _by_token(value: Any) -> torch.Tensor | None:
    """(B, TOKENS, F), of which some modules get and give (B * TOKENS, F); None of all else."""
    if not isinstance(value, torch.Tensor) or value.ndim not in (2, 3):
        return None
    if value.ndim == 2:
        return None if len(value) % TOKENS else value.view(-1, TOKENS, value.shape[-1])
    return value if value.shape[1] == TOKENS else None


def _disturbed(out: torch.Tensor, times: float) -> torch.Tensor:
    """`out` with a fixed noise at one token."""
    changed = out.clone()
    by_token = _by_token(changed)
    if by_token is not None:
        generator = torch.Generator().manual_seed(0)
        noise = torch.randn(out.shape[-1], generator=generator).to(out)
        by_token[:, _AT] += times * _TIMES * out.float().std().to(out) * noise
    return changed
