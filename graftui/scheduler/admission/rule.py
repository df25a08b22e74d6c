"""The rule of admission, over values: reads no machine, no registry and no file."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from graftui.grants import Grant
from graftui.scheduler.admission.machine import (
    GIB,
    MACHINE,
    Asking,
    AtWork,
    GpuRoom,
    Room,
    Source,
    Wait,
    gib,
)

_SHARE = 0.05
"""Head-room beside others: of all the memory there is, and at the least half a GiB."""
_NEARLY_ALL = 0.9
"""Of a GPU on which nobody else has anything to speak of."""

Outcome = Grant | Wait


def outcomes(
    line: Sequence[Asking], room: Room, at_work: Sequence[AtWork]
) -> Iterator[tuple[Asking, Outcome]]:
    """What becomes of each of `line`, which is in the order of the queue: the first that has a
    grant starts.

    The first that must wait keeps its turn. One behind it starts only if that delays it by
    nothing: together with all that is at work from behind it, and with this one, the first would
    still fit. So what was at work before it ends, and then it starts; small runs that keep coming
    do not hold up a large one. What would not fit even with no other run of graftui at work, since
    other processes hold too much, holds nobody up.
    """
    first: Asking | None = None
    for asking in line:
        outcome = admit(asking, room, at_work)
        if isinstance(outcome, Wait):
            if first is None and isinstance(admit(asking, room, ()), Grant):
                first = asking
        elif first is not None and _delays(first, asking, outcome, room, at_work):
            outcome = Wait(f"the room that {first.id}, which comes before it, waits for")
        yield asking, outcome


def admit(asking: Asking, room: Room, at_work: Sequence[AtWork]) -> Outcome:
    """Whether a run may start beside those at work, and with what; or what it waits for.

    1. Memory that was declared is there at all: what was declared too large never starts.
    2. Nothing at work has the machine to itself; and a run whose memory ran out waits until it can
       have to itself what it ran out of, the machine or a GPU.
    3. Cores: its threads and those of all runs at work are no more than there are cores. This holds
       back no run of a slot whose width its user said, and none while nothing else of its slot is
       at work.
    4. Memory: it fits beside what those at work need or hold, with head-room. With nothing at work,
       what was measured or declared must fit without head-room into memory and swap that others
       leave, and a guess need not.
    5. Where it computes on a GPU, and it is known which there are: a GPU on which it fits beside
       runs at work and other people's processes, with head-room. On a GPU without another run it
       needs no head-room; what is unknown or a guess that does not fit needs half of the GPU to be
       free; and what was measured to be too large for any may try on one that is free. Of those it
       gets the one with the fewest runs, then with the most room.
    """
    for check in (_never, _alone, _cores, _memory):
        if wait := check(asking, room, at_work):
            return wait
    gpu = _gpu(asking, room, at_work)
    if isinstance(gpu, Wait):
        return gpu
    granted = Grant(threads=asking.threads, alone=asking.alone)
    return granted if gpu is None else replace(granted, gpu=gpu.uuid, gpu_index=gpu.index)


def started(asking: Asking, granted: Grant) -> AtWork:
    """The run once it has what it was granted."""
    need = asking.need
    return AtWork(
        asking.id,
        asking.turn,
        asking.slot,
        asking.threads,
        need.memory_bytes,
        granted.gpu,
        need.gpu_bytes if granted.gpu else 0,
        granted.alone,
    )


def _delays(
    first: Asking, asking: Asking, granted: Grant, room: Room, at_work: Sequence[AtWork]
) -> bool:
    behind = [run for run in at_work if run.turn > first.turn]
    return isinstance(admit(first, room, [*behind, started(asking, granted)]), Wait)


def _never(asking: Asking, room: Room, at_work: Sequence[AtWork]) -> Wait | None:
    need = asking.need
    largest = max((gpu.total_bytes for gpu in _eligible(asking, room)), default=None)
    if need.memory_from is Source.declared and need.memory_bytes > room.total_bytes:
        told = f"{gib(need.memory_bytes)} of memory, and this machine has {gib(room.total_bytes)}"
        setting = "compute.memory_gib"
    elif (
        largest is not None and need.gpu_from is Source.declared and (need.gpu_bytes or 0) > largest
    ):
        told = f"{gib(need.gpu_bytes)} on a GPU, and the largest here has {gib(largest)}"
        setting = "compute.gpu_memory_gib"
    else:
        return None
    return Wait(f"{told}: it fits nowhere (graftui edit {asking.id} --set {setting}=...)", True)


def _alone(asking: Asking, room: Room, at_work: Sequence[AtWork]) -> Wait | None:
    for run in at_work:
        if run.alone == MACHINE:
            return Wait(f"{run.id}, which has the machine to itself: its memory ran out before")
    if asking.alone == MACHINE and at_work:
        return Wait(f"the machine to itself, since its memory ran out: {len(at_work)} at work")
    return None


def _cores(asking: Asking, room: Room, at_work: Sequence[AtWork]) -> Wait | None:
    left = room.cores - sum(run.threads for run in at_work)
    shares = any(run.slot == asking.slot for run in at_work)
    if asking.width_said or not shares or asking.threads <= left:
        return None
    word = "cores" if asking.threads > 1 else "core"
    return Wait(f"{asking.threads} {word}: {max(0, left)} of {room.cores} free")


def _memory(asking: Asking, room: Room, at_work: Sequence[AtWork]) -> Wait | None:
    need, left = asking.need, room.bytes - sum(run.memory_bytes for run in at_work)
    if at_work:
        fits = need.memory_bytes + _head_room(room.total_bytes) <= left
    else:
        fits = need.memory_bytes <= left + room.swap_bytes or not need.memory_from.sure
    return None if fits else Wait(f"{gib(need.memory_bytes)} of memory: {gib(left)} free")


def _gpu(asking: Asking, room: Room, at_work: Sequence[AtWork]) -> GpuRoom | Wait | None:
    eligible = _eligible(asking, room)
    if not eligible:
        return None
    mates = {gpu.uuid: [run for run in at_work if run.gpu == gpu.uuid] for gpu in eligible}
    left = {
        gpu.uuid: gpu.bytes - sum(run.gpu_bytes or 0 for run in mates[gpu.uuid]) for gpu in eligible
    }
    able = [gpu for gpu in eligible if _fits(asking, gpu, mates[gpu.uuid], left[gpu.uuid])]
    if able:
        return min(able, key=lambda gpu: (len(mates[gpu.uuid]), -left[gpu.uuid], gpu.index))
    there = (_state(gpu, mates[gpu.uuid], left[gpu.uuid]) for gpu in eligible)
    return Wait(f"{_wanted(asking)}: {', '.join(there)}")


def _state(gpu: GpuRoom, mates: Sequence[AtWork], left: int) -> str:
    """Of a GPU on which it does not fit, in words."""
    alone = next((run.id for run in mates if _is_alone(run)), None)
    return f"{alone} alone on {gpu.index}" if alone else f"{gib(left)} free on {gpu.index}"


def _is_alone(run: AtWork) -> bool:
    """Whether nobody joins it on its GPU."""
    return run.alone != "" or run.gpu_bytes is None


def _wanted(asking: Asking) -> str:
    """Of a GPU, what it waits for, in words."""
    if asking.alone:
        return "a GPU to itself, since its memory ran out"
    if asking.need.gpu_bytes is None:
        return "a GPU without another run, half of it free, as nobody knows what it takes"
    return f"{gib(asking.need.gpu_bytes)} on a GPU"


def _eligible(asking: Asking, room: Room) -> Sequence[GpuRoom]:
    """The GPUs that it may compute on. One that there is not is the engine's to refuse."""
    need = asking.need
    if not need.on_gpu:
        return ()
    return room.gpus if need.device is None else room.gpus[need.device : need.device + 1]


def _fits(asking: Asking, gpu: GpuRoom, mates: Sequence[AtWork], left: int) -> bool:
    size, total = asking.need.gpu_bytes, gpu.total_bytes
    if mates:
        closed = asking.alone or any(map(_is_alone, mates))
        return not closed and size is not None and size + _head_room(total) <= left
    if size is None or not asking.need.gpu_from.sure and size > left:
        return 2 * left >= total
    return size <= left or size > total and left >= _NEARLY_ALL * total


def _head_room(total: int) -> int:
    return max(int(_SHARE * total), GIB // 2)
