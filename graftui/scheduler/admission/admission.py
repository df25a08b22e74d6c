"""Admission as the queue asks for it: what of the runs that may start has room now, and why the
rest has none.

Owns how the rule's values are made of the registry, the settings and a look at the machine.
"""

import os
import time
from collections.abc import Iterable, Mapping, Sequence

from graftui.grants import Grant
from graftui.models import Run
from graftui.registry.store import Store
from graftui.scheduler.admission.inventory import inventory_of
from graftui.scheduler.admission.machine import Asking, AtWork, Machine, Room
from graftui.scheduler.admission.needs import Needs
from graftui.scheduler.admission.rooms import room_of
from graftui.scheduler.admission.rule import Outcome, outcomes
from graftui.scheduler.queue import policy
from graftui.settings import Settings
from graftui.turns import Knobs, Waiting

AHEAD = 64
"""Runs in the order of the queue that are weighed at each look: those behind them wait."""
_FRESH_S = 0.5
"""How long a look at the machine counts."""
_GPU_THREADS = 2
"""CPU threads of a run that computes on a GPU, where nobody says."""


class Admission:
    """Of one process."""

    def __init__(self, settings: Settings) -> None:
        self._inventory = inventory_of(settings.inventory)
        self._needs = Needs()
        self._machine: tuple[float, Machine] | None = None

    def weighed(
        self, store: Store, able: Sequence[Waiting], busy: Mapping[str, str], knobs: Knobs
    ) -> list[tuple[Asking, Outcome]]:
        """What becomes of the first of `able`, which is in the order of the queue; the first that
        has a grant starts. Raises UsageError where the machine is pretended, and not well.

        `busy`: id of each run that is at work -> its group.
        """
        room, at_work = self.now(store, busy, knobs)
        return list(outcomes(self.asking(store, able[:AHEAD], knobs), room, at_work))

    def first(
        self, store: Store, able: Sequence[Waiting], busy: Mapping[str, str], knobs: Knobs
    ) -> tuple[str, Grant] | None:
        """Id of the run that starts, and what it gets; None: none has room. Raises as above."""
        for run, outcome in self.weighed(store, able, busy, knobs):
            if isinstance(outcome, Grant):
                return run.id, outcome
        return None

    def hopeful(self, store: Store, able: Sequence[Waiting], knobs: Knobs) -> bool:
        """Whether one of them will have room, now or later. Looks at the machine only for what
        declares what it needs.
        """
        for waiting in able:
            run = store.find(waiting.id)
            if run is None or not any(_compute(run).get(name) for name in _DECLARED):
                return True
            ((_, outcome),) = self.weighed(store, [waiting], {}, knobs)
            if isinstance(outcome, Grant) or not outcome.never:
                return True
        return False

    def now(self, store: Store, busy: Mapping[str, str], knobs: Knobs) -> tuple[Room, list[AtWork]]:
        """The room there is, and what is at work in it. Raises as above."""
        machine = self._look()
        runs = [run for run in map(store.find, busy) if run is not None]
        held = {run.id: self._held(run) for run in runs}
        at_work = [self._at_work(store, run, machine, held[run.id], knobs) for run in runs]
        pids = {run.id: run.attempt.pid for run in runs if run.attempt.pid is not None}
        return room_of(machine, at_work, pids, held), at_work

    def asking(self, store: Store, able: Iterable[Waiting], knobs: Knobs) -> list[Asking]:
        """What each of the runs asks for."""
        machine = self._look()
        runs = [(waiting, store.find(waiting.id)) for waiting in able]
        return [self._asks(store, w, run, machine, knobs) for w, run in runs if run is not None]

    def _asks(
        self, store: Store, waiting: Waiting, run: Run, machine: Machine, knobs: Knobs
    ) -> Asking:
        need = self._needs.of(store, run, bool(machine.gpus))
        slot = policy.slot(waiting.group, knobs)
        last = run.attempt
        return Asking(
            id=run.id,
            turn=policy.order(waiting),
            slot=slot,
            width_said=policy.slots(knobs)[slot].jobs is not None,
            threads=_threads(run, need.on_gpu, machine.cores, knobs),
            need=need,
            alone=last.oom or last.alone,
        )

    def _at_work(self, store: Store, run: Run, machine: Machine, held: int, knobs: Knobs) -> AtWork:
        need, attempt = self._needs.of(store, run, bool(machine.gpus)), run.attempt
        on_gpu = {gpu.uuid: gpu.held.get(attempt.pid or 0, 0) for gpu in machine.gpus}
        size = need.gpu_bytes if attempt.gpu else 0
        return AtWork(
            id=run.id,
            turn=policy.order_of(run),
            slot=policy.slot(run.queue_group, knobs),
            threads=attempt.threads or _threads(run, need.on_gpu, machine.cores, knobs),
            memory_bytes=max(need.memory_bytes, held),
            gpu=attempt.gpu,
            gpu_bytes=None if size is None else max(size, on_gpu.get(attempt.gpu, 0)),
            alone=attempt.alone,
        )

    def _held(self, run: Run) -> int:
        pid = run.attempt.pid
        return 0 if pid is None else self._inventory.held_bytes(pid)

    def _look(self) -> Machine:
        now = time.monotonic()
        if self._machine is None or now - self._machine[0] > _FRESH_S:
            self._machine = now, self._inventory.look()
        return self._machine[1]


_DECLARED = ("memory_gib", "gpu_memory_gib")


def _threads(run: Run, on_gpu: bool, cores: int, knobs: Knobs) -> int:
    """As its config or the environment says; as many as before, for the same sums to the last bit;
    on a GPU a few; else its share of the cores, all of them where it is one run at a time.
    """
    said = _compute(run).get("threads")
    told = (said if isinstance(said, int) else 0) or _of_environment() or run.attempt.threads
    if told:
        return told
    widths = [part.jobs or 1 for part in policy.slots(knobs).values()]
    return min(_GPU_THREADS, cores) if on_gpu else max(1, cores // sum(widths))


def _of_environment() -> int:
    first = os.environ.get("OMP_NUM_THREADS", "").partition(",")[0]
    return int(first) if first.isdigit() else 0


def _compute(run: Run) -> Mapping[str, object]:
    section = run.config.get("compute")
    return section if isinstance(section, Mapping) else {}
