"""From a machine to the room that graftui's runs have on it. Over values."""

from collections.abc import Mapping, Sequence

from graftui.scheduler.admission.machine import AtWork, Gpu, GpuRoom, Machine, Room


def room_of(
    machine: Machine, at_work: Sequence[AtWork], pids: Mapping[str, int], held: Mapping[str, int]
) -> Room:
    """The machine without what processes of others hold.

    `pids`: id of a run at work -> its process; `held`: id -> memory of the host that this holds
    now, which is counted as the run's.
    """
    free = machine.available_bytes + sum(held.get(run.id, 0) for run in at_work)
    gpus = tuple(
        GpuRoom(gpu.index, gpu.uuid, gpu.total_bytes, _left_by_others(gpu, at_work, pids))
        for gpu in machine.gpus
    )
    return Room(
        machine.cores, machine.total_bytes, min(free, machine.total_bytes), machine.swap_bytes, gpus
    )


def _left_by_others(gpu: Gpu, at_work: Sequence[AtWork], pids: Mapping[str, int]) -> int:
    """What no process is told to hold may be of a run at work whose process is not seen there: the
    driver tells no processes of other containers, say.
    """
    mates = [run for run in at_work if run.gpu == gpu.uuid]
    seen = [run for run in mates if pids.get(run.id) in gpu.held]
    own = sum(gpu.held[pids[run.id]] for run in seen)
    unseen = sum(
        gpu.total_bytes if run.gpu_bytes is None else run.gpu_bytes
        for run in mates
        if run not in seen
    )
    unaccounted = max(0, gpu.used_bytes - sum(gpu.held.values()))
    others = gpu.used_bytes - own - min(unseen, unaccounted)
    return gpu.total_bytes - max(0, others)
