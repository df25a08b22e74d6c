"""When each step of a run's curves was: read from its events, from where it was read last.

Owns what is kept of it: the last time that a step was told, where an attempt went on from an
earlier one.
"""

import json
from array import array
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from contextlib import suppress

from engine.contract.layout import RunDir
from graftui.registry.tail import stretch


class StepTimes:
    """The times of one run, by phase of its curves: steps, ascending, and seconds of each."""

    def __init__(self, run_dir: RunDir) -> None:
        self.run_dir = run_dir
        self._offset = 0
        self._phases: dict[str, tuple[array[int], array[float]]] = {}

    def read(self) -> Mapping[str, tuple[Sequence[int], Sequence[float]]]:
        """As they are now."""
        while (new := stretch(self.run_dir.events, self._offset)) is not None:
            if new.start != self._offset:  # replaced
                self._phases = {}
            for line in new.data.splitlines():
                if b'"event":"metric"' in line:
                    with suppress(ValueError, TypeError, KeyError, RecursionError, OverflowError):
                        self._note(json.loads(line))
            self._offset = new.end
        return {phase: (steps[:], times[:]) for phase, (steps, times) in self._phases.items()}

    def _note(self, event: Mapping[str, object]) -> None:
        step, t, values = event["step"], event["t"], event["values"]
        if type(step) is not int or not isinstance(t, int | float) or not isinstance(values, dict):
            return
        for phase in {name.partition("/")[0] for name in values}:
            steps, times = self._phases.setdefault(phase, (array("q"), array("d")))
            if steps and step <= steps[-1]:  # an attempt that went on from there
                first = bisect_left(steps, step)
                del steps[first:], times[first:]
            steps.append(step)
            times.append(t)
