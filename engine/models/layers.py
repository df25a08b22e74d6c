"""Which modules are a network's layers, from the order in which a pass over text calls them."""

from dataclasses import dataclass

from torch import nn

from engine.errors import ConfigError
from engine.models.trial import Trial


@dataclass(frozen=True, slots=True)
class _Stack:
    """A ModuleList that text comes to."""

    path: str
    modules: nn.ModuleList
    first: int
    """When the pass came to it."""
    last: int
    """When it came to the last of its modules."""

    @property
    def composite(self) -> bool:
        return any(True for _ in self.modules[0].children())

    def turns(self, other: "_Stack") -> bool:
        """Whether the two compute in turns: one begins before the other has come to its end."""
        return other.first < self.first < other.last


def layers(lm: nn.Module, tried: Trial) -> list[tuple[str, ...]]:
    """Of each layer, from the bottom up, how the names of its weights begin.

    Lists that come one after the other are stacks on each other, an encoder's and a decoder's.
    Those that compute in turns make up the layers together: XLM has one of attentions, one of
    norms. Of single modules apart from these, and within a layer, no list is a stack. Raises
    ConfigError if nothing is.
    """
    stacks = _stacks(lm, tried)
    groups: list[list[_Stack]] = []
    for stack in filter(lambda s: s.composite, stacks):
        if not (groups and stack.turns(groups[-1][0])):
            groups.append([])
        groups[-1].append(stack)
    for stack in stacks:
        group = next((group for group in groups if stack.turns(group[0])), None)
        if group and not stack.composite:
            group.append(stack)
    if not groups:
        raise ConfigError("this model has no stack of layers (nn.ModuleList)", "use a transformer")
    return [layer for group in groups for layer in _joined(group)]


def _joined(group: list[_Stack]) -> list[tuple[str, ...]]:
    sizes = {len(stack.modules) for stack in group}
    if len(sizes) > 1:
        named = ", ".join(f"{stack.path} ({len(stack.modules)})" for stack in group)
        raise ConfigError(f"this model's layers cannot be told apart: {named}", "use another model")
    return [tuple(f"{stack.path}.{i}." for stack in group) for i in range(sizes.pop())]


def _stacks(lm: nn.Module, tried: Trial) -> list[_Stack]:
    """All lists that text comes to and that lie in no other, in the order of the pass."""
    stacks: list[_Stack] = []
    for path, modules in lm.named_modules():
        if not isinstance(modules, nn.ModuleList) or any(
            path.startswith(f"{s.path}.") for s in stacks
        ):
            continue
        begun = [min(at, default=-1) for at in (_calls(module, tried) for module in modules)]
        if ran := [at for at in begun if at >= 0]:
            stacks.append(_Stack(path, modules, min(ran), max(ran)))
    return sorted(stacks, key=lambda s: s.first)


def _calls(module: nn.Module, tried: Trial) -> list[int]:
    return [tried.order[part] for part in module.modules() if part in tried.order]
