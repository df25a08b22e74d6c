"""The log of a run as the dashboard shows it: what it said in events, then the end of its output.

A window on the end of the file, however long that is: it grows with what comes, and to what was
said before only as far as somebody scrolls up.
"""

from collections import deque
from dataclasses import dataclass

from engine.contract.layout import RunDir
from graftui.registry.output import tail
from graftui.registry.tail import Stretch, before, stretch

WINDOW = 500
"""Lines of what a run said that are shown at first, and how many more at a time."""
_FAR = 16 << 20
"""Bytes of events that are read for so many; among long curves there may be fewer lines in them."""
_OUTPUT_LINES = 300
# Thousands of each in a long run, and nothing that a person reads. Passed over unparsed.
_SILENT = (b'"event":"metric"', b'"event":"progress"')


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of a run's log."""

    t: float | None
    """None: a line of output.log, which has no times."""
    text: str
    warning: bool = False


@dataclass(frozen=True, slots=True)
class Log:
    """The end of a log."""

    lines: tuple[LogLine, ...]
    asked: int = WINDOW
    """How many lines of what it said were asked for."""
    more: bool = False
    """Whether it begins before them."""


class LogWindow:
    """Reads the end of the log of one run."""

    def __init__(self, run_dir: RunDir) -> None:
        self.run_dir = run_dir
        self._forget()

    def _forget(self) -> None:
        self._said: deque[tuple[int, LogLine]] = deque()
        """Where each line begins in the events file, and the line."""
        self._first: int | None = None
        """Offset from which the file was read; None: it was not."""
        self._last = 0
        """Offset up to which it was read."""

    def read(self, most: int) -> Log:
        """The last `most` lines of what it said, and its output, as they are now."""
        self._follow()
        self._go_back(most)
        while len(self._said) > most:
            self._said.popleft()
            self._first = self._said[0][0]
        said = (line for _, line in self._said)
        output = tail(self.run_dir.output, _OUTPUT_LINES).split("\n")
        lines = (*said, *(LogLine(None, line) for line in output if line))
        return Log(lines, most, more=bool(self._first))

    def _follow(self) -> None:
        """What came since."""
        if self._first is None:
            return
        while (new := stretch(self.run_dir.events, self._last)) is not None:
            if new.start != self._last or new.end - self._last > _FAR:  # replaced, or too much
                self._forget()
                return
            self._said.extend(_lines(new))
            self._last = new.end

    def _go_back(self, most: int) -> None:
        """What was said before, no further than so many lines are worth."""
        if self._first is None:
            end = before(self.run_dir.events, None)
            if end is None:
                return
            self._said.extend(_lines(end))
            self._first, self._last = end.start, end.end
        least = self._last - _FAR * -(-most // WINDOW)
        while len(self._said) < most and self._first > max(0, least):
            earlier = before(self.run_dir.events, self._first)
            if earlier is None:
                return
            self._said.extendleft(reversed(_lines(earlier)))
            self._first = earlier.start


def _lines(new: Stretch) -> list[tuple[int, LogLine]]:
    # Imports pydantic: only for those who open the log.
    from engine.contract import events
    from graftui.show.events import sentence

    lines, offset = [], new.start
    for raw in new.data.splitlines(keepends=True):
        if not any(mark in raw for mark in _SILENT):
            for event in events.read(raw)[0]:
                if text := sentence(event):
                    warning = event.event == "log" and event.level == "warning"
                    line = LogLine(event.t, text, warning or event.event == "failed")
                    lines.append((offset, line))
        offset += len(raw)
    return lines
