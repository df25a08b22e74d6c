"""What an attempt is given of its machine, as a value. Builds on nothing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Noted when it starts; how that is decided is in scheduler/admission/."""

    gpu: str = ""
    """Uuid of its GPU; empty: none."""
    gpu_index: int | None = None
    """The number of that, as nvidia-smi has it."""
    threads: int | None = None
    """CPU threads; None: nobody said."""
    alone: str = ""
    """"machine" or "gpu": what it has to itself, after memory ran out before; empty: nothing."""
    oom: str = ""
    """"machine" or "gpu": whose memory it ran out of, so that the next start has that to itself."""
