"""The log of a run as the dashboard shows it: a page of what it said in events, or of its output.

A page is a window on a file, however long that is: around a line, or at the end, where it grows
with what comes. What lies outside of it is read when somebody goes there.
"""

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from engine.contract.layout import RunDir
from graftui.registry.output import text_of
from graftui.registry.tail import Stretch, before, stretch

SAID, OUTPUT = "said", "output"
WINDOW = 1000
"""Lines of a page."""
_FAR = 16 << 20
"""Bytes of events that are read for them; among long curves there may be fewer lines in them."""
# Thousands of each in a long run, and nothing that a person reads. Passed over unparsed.
_SILENT = (b'"event":"metric"', b'"event":"progress"')


@dataclass(frozen=True, slots=True)
class LogLine:
    """A line of a run's log."""

    t: float | None
    """None: a line of output.log, which has no times."""
    text: str
    warning: bool = False
    at: int = 0
    """Where it begins in its file."""


@dataclass(frozen=True, slots=True)
class LogAsk:
    """Which page."""

    stream: str = SAID
    at: int | None = None
    """The page is around the line that begins there; None: the end, as it grows."""
    words: str = ""
    """What to look for from there; empty: nothing."""
    back: bool = False
    """Whether to look towards the beginning."""


@dataclass(frozen=True, slots=True)
class Log:
    """A page of a log."""

    lines: tuple[LogLine, ...]
    ask: LogAsk = LogAsk()
    first: bool = True
    """Whether nothing comes before."""
    last: bool = True
    hit: int | None = None
    """Where the line begins that was looked for; None: there is none."""
    size: int = 0
    """Bytes of the file."""
    output_size: int = 0
    """Bytes of what the process put out."""


class LogWindow:
    """Reads the end of what a run said."""

    def __init__(self, run_dir: RunDir) -> None:
        self.run_dir = run_dir
        self._forget()

    def _forget(self) -> None:
        self._said: deque[LogLine] = deque()
        self._first: int | None = None
        """Offset from which the file was read; None: it was not."""
        self._last = 0
        """Offset up to which it was read."""

    def read(self, most: int) -> Log:
        """The last `most` lines of what it said, as they are now."""
        self._follow()
        self._go_back(most)
        while len(self._said) > most:
            self._said.popleft()
            self._first = self._said[0].at
        return Log(tuple(self._said), first=not self._first)

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
        while len(self._said) < most and self._first > max(0, self._last - _FAR):
            earlier = before(self.run_dir.events, self._first)
            if earlier is None:
                return
            self._said.extendleft(reversed(_lines(earlier)))
            self._first = earlier.start


def _lines(new: Stretch) -> list[LogLine]:
    lines: list[LogLine] = []
    offset = new.start
    for raw in new.data.splitlines(keepends=True):
        lines += said(raw, offset)
        offset += len(raw)
    return lines


def said(raw: bytes, at: int) -> Iterable[LogLine]:
    """What a line of the events file says to a person."""
    if any(mark in raw for mark in _SILENT):
        return ()
    # Imports pydantic: only for those who open the log.
    from engine.contract import events
    from graftui.show.events import sentence

    told = []
    for event in events.read(raw.removesuffix(b"\n") + b"\n")[0]:
        if text := sentence(event):
            warning = event.event == "log" and event.level == "warning"
            told.append(LogLine(event.t, text, warning or event.event == "failed", at))
    return told


def put_out(raw: bytes, at: int) -> Iterable[LogLine]:
    """A line of the output, if there is anything on it."""
    text = text_of(raw)
    return (LogLine(None, text, at=at),) if text.strip() else ()
