"""How far a run is as a whole, and how long the rest takes.

Owns the place within a run's phases, and measures what each kind of phase really takes. Work is
counted in forward passes of one example. Says no time before it means something.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import accumulate

TRAINED = 3
"""Work of an example that is trained on: the backward pass takes twice the forward one."""
ENOUGH, ENOUGH_S = 0.02, 30.0
"""A kind of phase is measured once that share of its work is done, or it has taken so long."""
FIRST_S = 3.0
"""Nothing is said of the time before so much of it has passed."""


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of a run, by the name that its progress events give it."""

    name: str
    work: float
    start: float = 0.0
    """Share of the named phase at which this stretch begins: the grafts of a curve count on."""
    end: float = 1.0


class Course:
    """Follows a run through its phases by its progress events."""

    def __init__(
        self, phases: Sequence[Phase], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._phases = phases
        self._before = [0.0, *accumulate(phase.work for phase in phases)]
        self._clock = clock
        self._place, self._share = -1, 1.0
        self._last, self._done = clock(), 0.0
        self._seconds: dict[str, float] = {}
        self._work: dict[str, float] = {}
        self._said = False

    def at(
        self, name: str, step: int, total: int, computed: bool = True
    ) -> tuple[float, float | None]:
        """When `step` of `total` of a phase is done: the share of all work that is done, and the
        seconds that the rest takes (None: too early to say).

        What was taken over, not `computed`, is no measure of the time that such work takes.
        """
        share = step / total if total else 0.0
        position = self._find(name, share)
        if position is not None:
            self._place, self._share = position, share
            phase = self._phases[position]
            within = (share - phase.start) / (phase.end - phase.start)
            self._go_on(name, self._before[position] + within * phase.work, computed)
        return round(self._done / self._before[-1], 4), self._left()

    def _find(self, name: str, share: float) -> int | None:
        """The present phase, unless it is over, or the next one of that name; None: no such one."""
        over = self._place < 0 or not self._share <= share or self._share >= self._end
        for at in range(self._place + over, len(self._phases)):
            phase = self._phases[at]
            if phase.name == name and phase.start <= share <= phase.end:
                return at
        return None

    @property
    def _end(self) -> float:
        return self._phases[self._place].end

    def _go_on(self, name: str, done: float, measured: bool) -> None:
        now = self._clock()
        if measured:
            self._seconds[name] = self._seconds.get(name, 0.0) + now - self._last
            self._work[name] = self._work.get(name, 0.0) + done - self._done
        self._last, self._done = now, done

    def _left(self) -> float | None:
        """By what each kind of phase took so far; None while most of the rest is not measured."""
        rest: dict[str, float] = {}
        for phase, end in zip(self._phases, self._before[1:], strict=True):
            ahead = min(phase.work, max(0.0, end - self._done))
            rest[phase.name] = rest.get(phase.name, 0.0) + ahead
        known = {name for name in rest if self._is_measured(name)}
        # What was said once is said on: it gets better, and is not taken back.
        passed = sum(self._seconds.values())
        most = sum(rest[name] for name in known) > sum(rest.values()) / 2
        self._said |= most and passed >= FIRST_S
        if not self._said:
            return None
        usual = passed / sum(self._work.values())
        rates = {name: self._seconds[name] / self._work[name] for name in known}
        return round(sum(work * rates.get(name, usual) for name, work in rest.items()), 1)

    def _is_measured(self, name: str) -> bool:
        work = self._work.get(name, 0.0)
        planned = sum(phase.work for phase in self._phases if phase.name == name)
        return work > 0 and (work >= ENOUGH * planned or self._seconds[name] >= ENOUGH_S)
