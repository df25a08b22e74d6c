"""The rule of admission, against what it promises: no more is given than there is, and all that
fits on the machine has its turn.
"""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from graftui.grants import Grant
from graftui.scheduler.admission.machine import (
    GIB,
    GPU,
    MACHINE,
    Asking,
    AtWork,
    GpuRoom,
    Need,
    Room,
    Source,
    Wait,
)  # fmt: skip
from graftui.scheduler.admission.rule import admit, outcomes, started
from tests.each import each

SIZES = st.integers(1, 40)
GPUS = st.lists(st.tuples(st.integers(8, 32), st.integers(0, 8)), max_size=3).map(
    lambda sizes: [
        GpuRoom(n, f"GPU-{n}", total * GIB, (total - others) * GIB)
        for n, (total, others) in enumerate(sizes)
    ]
)
ROOMS = st.builds(
    lambda cores, total, others, gpus: Room(cores, total * GIB, (total - others) * GIB, 0, gpus),
    st.integers(1, 8),
    st.integers(8, 32),
    st.integers(0, 6),
    GPUS,
)


def asking(id: str, turn: float = 0.0, **changes: object) -> Asking:
    """Nothing is known of it, but that it takes little."""
    need = Need(memory_bytes=GIB // 8, memory_from=Source.measured)
    return replace(Asking(id, (0.0, turn), "", False, 1, need), **changes)  # type: ignore[arg-type]


@st.composite
def lines(draw: st.DrawFn, sources: Sequence[Source] = tuple(Source)) -> list[Asking]:
    """Runs in the order of the queue."""
    number = draw(st.integers(1, 7))
    return [
        Asking(
            id=f"r{n}",
            turn=(0.0, float(n)),
            slot=draw(st.sampled_from(["", "", "big"])),
            width_said=draw(st.sampled_from([False, False, True])),
            threads=draw(st.integers(1, 10)),
            need=Need(
                memory_bytes=draw(SIZES) * GIB // 2,
                memory_from=draw(st.sampled_from(sources)),
                on_gpu=draw(st.booleans()),
                gpu_bytes=draw(st.none() | SIZES.map(lambda size: size * GIB)),
                gpu_from=draw(st.sampled_from(sources)),
                device=draw(st.sampled_from([None, None, None, 0, 1])),
            ),
            alone=draw(st.sampled_from(["", "", "", "", GPU, MACHINE])),
        )
        for n in range(number)
    ]


def filled(line: Sequence[Asking], room: Room, at_work: Sequence[AtWork]) -> list[AtWork]:
    """Those at work, once nothing more starts."""
    work, left = list(at_work), [run for run in line if run.id not in {r.id for r in at_work}]
    while (
        chosen := next(
            ((run, out) for run, out in outcomes(left, room, work) if isinstance(out, Grant)), None
        )
    ) is not None:
        left.remove(chosen[0])
        work.append(started(*chosen))
    return work


@given(lines(), ROOMS)
def test_no_more_is_given_than_there_is(line: list[Asking], room: Room) -> None:
    work = filled(line, room, ())
    asked = {run.id: run for run in line}
    if len(work) > 1:
        assert sum(run.memory_bytes for run in work) <= room.bytes
        assert all(run.alone != MACHINE for run in work)
    for gpu in room.gpus:
        mates = [run for run in work if run.gpu == gpu.uuid]
        if len(mates) > 1:
            sizes = [run.gpu_bytes for run in mates]
            assert None not in sizes, "nobody knows what it takes, and it is not alone"
            assert sum(size or 0 for size in sizes) <= gpu.bytes
            assert not any(run.alone for run in mates)
        for run in mates:
            need = asked[run.id].need
            assert need.on_gpu
            assert need.device is None or room.gpus[need.device] is gpu
            if need.gpu_from.sure and need.gpu_bytes is not None:
                assert need.gpu_bytes <= max(gpu.bytes, 0) or need.gpu_bytes > gpu.total_bytes
    free = [run for run in work if not asked[run.id].width_said]
    slots = {run.slot for run in free}
    for slot in slots:  # the first of each slot may always be at work
        others = [run for run in work if run.slot == slot]
        if all(not asked[run.id].width_said for run in work) and len(others) > 1:
            assert sum(r.threads for r in work) <= room.cores + max(r.threads for r in work) * (
                len(slots)
            )
    if len(slots) == 1 and len(free) == len(work) > 1:
        assert sum(run.threads for run in work) <= room.cores


@given(lines(), ROOMS)
def test_what_fits_an_idle_machine_starts_there(line: list[Asking], room: Room) -> None:
    for run in line:
        outcome = admit(run, room, ())
        need = run.need
        large = need.memory_bytes > room.bytes and need.memory_from.sure
        fits_gpu = any(
            need.gpu_bytes is not None and need.gpu_bytes <= gpu.bytes for gpu in room.gpus
        )
        any_gpu = need.device is None and fits_gpu or not need.on_gpu or not room.gpus
        if not large and any_gpu:
            assert isinstance(outcome, Grant)
        if isinstance(outcome, Wait) and outcome.never:
            assert Source.declared in (need.memory_from, need.gpu_from)


@given(lines(), ROOMS, st.data())
def test_the_first_that_waits_is_held_up_by_none_behind_it(
    line: list[Asking], room: Room, data: st.DataObject
) -> None:
    """Runs come for ever and end in any order: once what was at work before has ended, it starts,
    whatever has started since.
    """
    before = filled(line[:3], room, ())
    waiting = [run for run in line if run.id not in {r.id for r in before}]
    first = next(
        (
            run
            for run in waiting
            if isinstance(admit(run, room, before), Wait)
            and isinstance(admit(run, room, ()), Grant)
        ),
        None,
    )
    if first is None:
        return
    ahead = [r for r in before if r.turn < first.turn]
    behind = [run for run in waiting if run.turn > first.turn]
    work = list(before)
    for number in range(6):
        more = [replace(run, id=f"{run.id}-{number}") for run in behind]
        work = filled([first, *more], room, work)
        if any(run.id == first.id for run in work):
            return
        ends = data.draw(st.sampled_from(work), "ends")
        work.remove(ends)
    work = [run for run in work if run not in ahead and run not in before]
    assert isinstance(admit(first, room, work), Grant)


@given(lines(), ROOMS)
def test_all_that_can_start_has_its_turn(line: list[Asking], room: Room) -> None:
    left = list(line)
    for _ in line:
        work = filled(left, room, ())
        left = [run for run in left if run.id not in {r.id for r in work}]
    assert all(isinstance(admit(run, room, ()), Wait) for run in left)


TWO = Room(8, 64 * GIB, 64 * GIB, 0, [GpuRoom(0, "GPU-a", 24 * GIB, 8 * GIB),
                                     GpuRoom(1, "GPU-b", 24 * GIB, 3 * GIB)])  # fmt: skip


def on_gpu(size: int | None, source: Source = Source.measured) -> Need:
    bytes = None if size is None else size * GIB
    return Need(GIB, Source.measured, True, bytes, source)


@each(
    ("run", "why"),
    [
        (asking("a", need=on_gpu(12)), "12 GiB on a GPU: 8 GiB free on 0, 3 GiB free on 1"),
        (asking("a", need=on_gpu(None)), "a GPU without another run, half of it free, as nobody"
         " knows what it takes: 8 GiB free on 0, 3 GiB free on 1"),
        (asking("a", need=on_gpu(40, Source.declared)), "40 GiB on a GPU, and the largest here has"
         " 24 GiB: it fits nowhere (graftui edit a --set compute.gpu_memory_gib=...)"),
        (asking("a", need=Need(80 * GIB, Source.declared)), "80 GiB of memory, and this machine has"
         " 64 GiB: it fits nowhere (graftui edit a --set compute.memory_gib=...)"),
        (asking("a", threads=4), "4 cores: 2 of 8 free"),
        (asking("a", need=Need(40 * GIB, Source.measured)), "40 GiB of memory: 34 GiB free"),
        (asking("a", alone=MACHINE), "the machine to itself, since its memory ran out: 1 at work"),
    ],
)  # fmt: skip
def test_it_says_what_it_waits_for(run: Asking, why: str) -> None:
    busy = AtWork("b", (0.0, 0.0), "", 6, 30 * GIB)
    outcome = admit(run, TWO, [busy])
    assert isinstance(outcome, Wait)
    assert outcome.why == why
    assert outcome.never == ("fits nowhere" in why)


def test_a_small_one_passes_where_it_is_not_in_the_way() -> None:
    """Of 24 GiB, 16 are taken by one that came first: 20 wait, 4 behind them may go, and 6 not."""
    room = Room(8, 64 * GIB, 64 * GIB, 0, [GpuRoom(0, "GPU-a", 24 * GIB, 24 * GIB)])
    busy = AtWork("b", (0.0, 0.0), "", 1, GIB, "GPU-a", 16 * GIB)
    large, six, two = (asking(id, turn, need=on_gpu(size))
                       for id, turn, size in (("l", 1, 20), ("s", 2, 6), ("t", 3, 2)))  # fmt: skip
    seen = {run.id: out for run, out in outcomes([large, six, two], room, [busy])}
    assert seen["l"] == Wait("20 GiB on a GPU: 8 GiB free on 0")
    assert seen["s"] == Wait("the room that l, which comes before it, waits for")
    assert isinstance(seen["t"], Grant)


def test_what_others_keep_from_starting_holds_nobody_up() -> None:
    large, small = asking("l", 1, need=on_gpu(12)), asking("s", 2, need=on_gpu(2))
    seen = {run.id: out for run, out in outcomes([large, small], TWO, [])}
    assert isinstance(seen["l"], Wait)
    assert seen["s"] == Grant(threads=1, gpu="GPU-a", gpu_index=0)


def test_several_share_a_gpu_and_the_emptier_comes_first() -> None:
    room = Room(16, 64 * GIB, 64 * GIB, 0, [GpuRoom(0, "GPU-a", 24 * GIB, 24 * GIB),
                                           GpuRoom(1, "GPU-b", 24 * GIB, 20 * GIB)])  # fmt: skip
    line = [asking(str(n), n, need=on_gpu(9)) for n in range(6)]
    assert [run.gpu for run in filled(line, room, ())] == ["GPU-a", "GPU-b", "GPU-a", "GPU-b"]


@pytest.mark.parametrize(("measured", "starts"), [(30, True), (22, False)])
def test_too_large_for_any_may_try_on_a_free_one(measured: int, starts: bool) -> None:
    """What fits waits for its room; what never would, by what was measured, is tried alone."""
    gpus = [GpuRoom(0, "GPU-a", 24 * GIB, 22 * GIB - 1)]
    outcome = admit(asking("a", need=on_gpu(measured)), replace(TWO, gpus=gpus), ())
    assert isinstance(outcome, Grant) == starts


def test_a_guess_holds_up_no_idle_machine() -> None:
    room = Room(2, 8 * GIB, 2 * GIB)
    guess = Need(6 * GIB, Source.estimated)
    assert isinstance(admit(asking("a", need=guess), room, ()), Grant)
    known = replace(guess, memory_from=Source.measured)
    assert isinstance(admit(asking("a", need=known), room, ()), Wait)
    swapped = replace(room, swap_bytes=4 * GIB)
    assert isinstance(admit(asking("a", need=known), swapped, ()), Grant)


def test_a_width_that_was_said_and_the_first_of_a_slot_ask_for_no_core() -> None:
    room, busy = replace(TWO, cores=2), [AtWork("b", (0.0, 0.0), "", 2, GIB)]
    assert isinstance(admit(asking("a"), room, busy), Wait)
    assert isinstance(admit(asking("a", width_said=True), room, busy), Grant)
    assert isinstance(admit(asking("a", slot="big"), room, busy), Grant)


def test_nobody_joins_one_that_has_it_to_itself() -> None:
    room = replace(TWO, gpus=[GpuRoom(0, "GPU-a", 24 * GIB, 24 * GIB)])
    machine = AtWork("b", (0.0, 0.0), "", 1, GIB, alone=MACHINE)
    assert isinstance(admit(asking("a"), room, [machine]), Wait)
    gpu = AtWork("b", (0.0, 0.0), "", 1, GIB, "GPU-a", 2 * GIB, GPU)
    assert isinstance(admit(asking("a", need=on_gpu(2)), room, [gpu]), Wait)
    assert isinstance(admit(asking("a"), room, [gpu]), Grant), "on no GPU"
