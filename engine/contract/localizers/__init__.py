"""Localizers: ways to choose which weights make a graft, a small file each; importing registers.

Owns the list of their entries, which every other list of localizers is made from: the choices of
`graft.localizer`, what is refused beside one, docs/localizers.md. An entry names its code, which
needs torch: the engine alone imports it (engine/graft/localizers).
"""

from dataclasses import dataclass

from engine.contract.entries import import_files, in_order, put

__all__ = ["Localizer", "localizers", "register_localizer"]


@dataclass(frozen=True, slots=True)
class Localizer:
    """One way to choose the weights of a graft; with neither scorer nor learner it is the base
    patch itself."""

    name: str
    """As in `graft.localizer`, and in what a graft is called: "fisher graft"."""
    chooses: str
    """Which weights; this and the next two are its line in docs/localizers.md."""
    budget: str
    """How well it keeps to the size that is asked for."""
    cost: str
    """What it takes beside the forward passes that score the graft."""
    scorer: str = ""
    """`module:function` that rates all weights once a run, an `engine.graft.localizers.Scorer`."""
    learner: str = ""
    """`module:class` of a mask that is learnt, an `engine.graft.localizers.Learner`."""
    uses: tuple[str, ...] = ()
    """Settings of `[graft]` that it reads, of those that are only for some localizers."""


_ENTRIES: dict[str, Localizer] = {}


def register_localizer(entry: Localizer) -> None:
    """Make `entry` known. Raises ValueError if its name is taken, or it both rates and learns."""
    if entry.scorer and entry.learner:
        raise ValueError(f"the localizer {entry.name!r} has both a scorer and a learner")
    put(_ENTRIES, entry.name, entry, "localizer")


def localizers() -> dict[str, Localizer]:
    """All that are registered by now, by name, in the order of the alphabet."""
    return in_order(_ENTRIES)


import_files(__name__, __path__)
