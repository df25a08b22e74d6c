"""Reading the machine: its cores, memory and GPUs, as they are just now.

Owns which GPUs count: those that CUDA_VISIBLE_DEVICES leaves, as CUDA reads it. A driver that is
not there, or fails, means that no GPUs are known, and never an error. Starts nothing on a GPU.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from graftui.errors import UsageError
from graftui.scheduler import memory
from graftui.scheduler.admission.machine import GIB, Gpu, Machine


class Inventory:
    """A machine that can be looked at."""

    def look(self) -> Machine:
        """As it is now."""
        raise NotImplementedError

    def held_bytes(self, pid: int) -> int:
        """Memory of the host that a process holds; 0: not known."""
        raise NotImplementedError


class ThisMachine(Inventory):
    """The one that this runs on: by psutil, the control group, and NVIDIA's driver."""

    def look(self) -> Machine:
        import psutil  # 30 ms that no other look costs

        seen, swap = psutil.virtual_memory(), psutil.swap_memory()
        total, available = memory.within_limit(seen.total, seen.available)
        # A limit of the control group is one that swap does not widen.
        free = swap.free if total == seen.total else 0
        return Machine(cores(), total, available, free, _load(), _visible(_driver_tells()))

    def held_bytes(self, pid: int) -> int:
        import psutil

        with suppress(psutil.Error):
            return int(psutil.Process(pid).memory_info().rss)
        return 0


class Pretended(Inventory):
    """What a file says that there is, as JSON; sizes in GiB:

        {"cores": 8, "memory_gib": 64, "available_gib": 60,
         "gpus": [{"uuid": "GPU-a", "total_gib": 24, "used_gib": 2}]}

    GPUs are numbered as they stand there; without `gpus` there are none. `available_gib`, what
    other processes leave, is all of it where it is not said.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def look(self) -> Machine:
        """Raises UsageError for a file that cannot be read so."""
        try:
            raw = json.loads(self.path.read_bytes())
            total = _bytes(raw["memory_gib"])
            available = _bytes(raw.get("available_gib", raw["memory_gib"]))
            gpus = tuple(_pretended(n, gpu) for n, gpu in enumerate(raw.get("gpus", ())))
            return Machine(int(raw["cores"]), total, available, 0, gpus=gpus)
        except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
            raise UsageError(
                f"{self.path} does not say what machine there is: {error}.",
                "docs/queue.md has an example; or leave GRAFTUI_INVENTORY out.",
            ) from error

    def held_bytes(self, pid: int) -> int:
        return 0  # what is available is without graftui's runs


def inventory_of(path: str) -> Inventory:
    """What the file `path` says; empty: this machine."""
    return Pretended(Path(path)) if path else ThisMachine()


@lru_cache
def cores() -> int:
    """Cores that may be used: so many threads torch takes if nobody tells it."""
    import psutil

    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return max(1, min(usable or 1, psutil.cpu_count(logical=False) or usable or 1))


def _load() -> float | None:
    try:
        return os.getloadavg()[0]
    except OSError:
        return None


def _pretended(index: int, raw: Mapping[str, Any]) -> Gpu:
    used = _bytes(raw.get("used_gib", 0))
    others = {0: used} if used else {}  # no process of ours
    return Gpu(index, str(raw["uuid"]), _bytes(raw["total_gib"]), used, others)


def _bytes(size: Any) -> int:
    """Raises TypeError for what is no number: a text times GIB would be one of so many letters."""
    if not isinstance(size, int | float):
        raise TypeError(f"{size!r} is no number of GiB")
    return int(size * GIB)


def _visible(there: Sequence[Gpu]) -> tuple[Gpu, ...]:
    """Those that CUDA_VISIBLE_DEVICES leaves, in its order: up to the first that is none."""
    told = os.environ.get("CUDA_VISIBLE_DEVICES")
    if told is None:
        return tuple(there)
    gpus: list[Gpu] = []
    for name in map(str.strip, told.split(",")):
        named = [g for g in there if name == str(g.index) or name and g.uuid.startswith(name)]
        if len(named) != 1 or named[0] in gpus:
            break
        gpus += named
    return tuple(gpus)


def _driver_tells() -> Sequence[Gpu]:
    """All GPUs of this machine, by the driver; none where it tells nothing."""
    import pynvml

    try:
        pynvml.nvmlInit()
        handles = map(pynvml.nvmlDeviceGetHandleByIndex, range(pynvml.nvmlDeviceGetCount()))
        return [gpu for index, handle in enumerate(handles) for gpu in _gpus(index, handle)]
    except pynvml.NVMLError:
        return ()


def _gpus(index: int, handle: Any) -> Iterator[Gpu]:
    """The GPU itself, or, where it is divided (MIG), its parts."""
    import pynvml

    parts = []
    with suppress(pynvml.NVMLError):  # most cannot be divided
        if pynvml.nvmlDeviceGetMigMode(handle)[0]:
            for part in range(pynvml.nvmlDeviceGetMaxMigDeviceCount(handle)):
                with suppress(pynvml.NVMLError):  # no such part
                    parts.append(pynvml.nvmlDeviceGetMigDeviceHandleByIndex(handle, part))
    for each in parts or [handle]:
        room = pynvml.nvmlDeviceGetMemoryInfo(each)
        uuid, held = pynvml.nvmlDeviceGetUUID(each), _held(each)
        yield Gpu(index, uuid, room.total, room.used, held, _busy(each))


def _busy(handle: Any) -> float | None:
    import pynvml

    with suppress(pynvml.NVMLError):  # a part of one that is divided tells nothing
        return float(pynvml.nvmlDeviceGetUtilizationRates(handle).gpu) / 100
    return None


def _held(handle: Any) -> Mapping[int, int]:
    import pynvml

    with suppress(pynvml.NVMLError):
        processes = pynvml.nvmlDeviceGetComputeRunningProcesses(handle)
        return {each.pid: each.usedGpuMemory for each in processes if each.usedGpuMemory}
    return {}
