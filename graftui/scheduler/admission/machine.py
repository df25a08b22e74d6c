"""A machine, what runs need of it and what they have of it, as values. Builds on nothing.

Sizes are bytes. How a machine is read is in inventory.py, what may start on it in rule.py.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

GIB = 2**30


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU that runs may use."""

    index: int
    """As nvidia-smi numbers it."""
    uuid: str
    """By which CUDA_VISIBLE_DEVICES names it."""
    total_bytes: int
    used_bytes: int = 0
    """By whomever, just now."""
    held: Mapping[int, int] = field(default_factory=dict)
    """Process number -> bytes that it holds, of those processes that the driver tells of."""
    busy: float | None = None
    """Share of the time just now in which it computes something; None: nobody tells."""


@dataclass(frozen=True, slots=True)
class Machine:
    """What there is, as it was read at one moment."""

    cores: int
    total_bytes: int
    """Memory of the host that processes may use in all."""
    available_bytes: int
    """What of it nobody holds, or only as a cache."""
    swap_bytes: int = 0
    """Free room on the disk for what memory cannot hold."""
    load: float | None = None
    """Processes that want a core, on average over a minute; None: nobody tells."""
    gpus: tuple[Gpu, ...] = ()
    """That may be used, in the order in which CUDA numbers them; empty too where nobody can tell
    what GPUs there are."""


class Source(StrEnum):
    """Where a figure of memory comes from, the most trusted first."""

    declared = "declared"
    """The config says so: compute.memory_gib, compute.gpu_memory_gib."""
    measured = "measured"
    """Runs of the same shape took as much."""
    estimated = "estimated"
    """From how many weights the model has."""
    assumed = "assumed"
    """Nothing is known."""

    @property
    def sure(self) -> bool:
        """Whether it is more than a guess."""
        return self in (Source.declared, Source.measured)


@dataclass(frozen=True, slots=True)
class Need:
    """What a run takes, as far as that is known before it starts."""

    memory_bytes: int
    """Of the host."""
    memory_from: Source
    on_gpu: bool = False
    """Whether it computes on a GPU where there is one."""
    gpu_bytes: int | None = 0
    """None: nobody knows."""
    gpu_from: Source = Source.assumed
    device: int | None = None
    """Of compute.device = cuda:N its N, counted among the machine's GPUs; None: any GPU will do."""


MACHINE, GPU = "machine", "gpu"
"""What a run may have to itself."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A run whose turn it may be."""

    id: str
    turn: tuple[float, ...]
    """Its place in the queue, as policy.order has it: lower comes first."""
    slot: str
    """Whose slots it takes: of a group, or (empty) of the queue itself."""
    width_said: bool
    """Whether its user said how many runs of that slot may be at work at once."""
    threads: int
    need: Need
    alone: str = ""
    """MACHINE or GPU: what it must have to itself, since its memory ran out; empty: nothing."""


@dataclass(frozen=True, slots=True)
class AtWork:
    """A run that has been admitted."""

    id: str
    turn: tuple[float, ...]
    slot: str
    threads: int
    memory_bytes: int
    """What it needs, or holds where that is more."""
    gpu: str = ""
    """Uuid; empty: none."""
    gpu_bytes: int | None = 0
    """None: nobody knows what it needs, and nobody else joins it."""
    alone: str = ""


@dataclass(frozen=True, slots=True)
class Wait:
    """Why a run does not start now."""

    why: str
    """What it waits for."""
    never: bool = False
    """Whether it would not start on this machine with nothing else there, either."""


@dataclass(frozen=True, slots=True)
class GpuRoom:
    """Of one GPU, what graftui's runs may take together."""

    index: int
    uuid: str
    total_bytes: int
    bytes: int


@dataclass(frozen=True, slots=True)
class Room:
    """What graftui's runs may take together: the machine without what other processes hold."""

    cores: int
    total_bytes: int
    bytes: int
    """Of the host's memory."""
    swap_bytes: int = 0
    gpus: Sequence[GpuRoom] = ()


def gib(size: int | None) -> str:
    """A size in words."""
    return f"{max(0, size or 0) / GIB:.3g} GiB"
