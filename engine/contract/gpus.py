"""Whether a CUDA device can be there, told without torch.

Refuses what is certain not to be there and passes the rest: the engine asks torch.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

_SIGNS = ("nvidiactl", "nvhost-gpu", "nvgpu", "nvmap", "dxg", "kfd")
"""Devices of drivers that torch calls CUDA: NVIDIA's, of boards, of Windows, AMD's."""


_ELSEWHERE = ContextVar("elsewhere", default=False)


@contextmanager
def devices_elsewhere(true: bool = True) -> Iterator[None]:
    """For the block no device is refused, where that is `true`: what is checked is to run on
    another machine, and its devices cannot be seen from here. The engine sees them.
    """
    token = _ELSEWHERE.set(true)
    try:
        yield
    finally:
        _ELSEWHERE.reset(token)


def check_device(device: str, dev: Path = Path("/dev")) -> tuple[str, str] | None:
    """A `compute.device` that this machine does not have; `dev`: where its devices are."""
    if not device.startswith("cuda") or _ELSEWHERE.get():
        return None
    number, count = int(device.partition(":")[2] or 0), _most(dev)
    if count is None or number < count:
        return None
    there = f"{count} CUDA devices, numbered from 0" if count else "no CUDA device"
    return (
        f"compute.device = {device}: this machine has {there}",
        "set compute.device=auto, or see `graftui doctor`",
    )


def _most(dev: Path) -> int | None:
    """At most so many CUDA devices are there; None where that cannot be told."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    allowed = None
    if visible is not None:
        named = [name.strip() for name in visible.split(",")]
        # As CUDA reads it: up to the first that is none.
        allowed = next((at for at, name in enumerate(named) if name in ("", "-1")), len(named))
    if sys.platform == "darwin":
        return 0
    if not sys.platform.startswith("linux"):
        return allowed
    cards = len(list(dev.glob("nvidia[0-9]*")))
    if not cards and not any((dev / sign).exists() for sign in _SIGNS):
        return 0
    return min((n for n in (allowed, cards or None) if n is not None), default=None)
