"""The log of a run as the dashboard shows it: what it said in events, then the end of its output.

What was read once is kept, so that following a long run costs little.
"""

from typing import TYPE_CHECKING

from engine.contract.layout import RunDir
from graftui.registry.output import tail
from graftui.registry.tail import Tail
from graftui.tui.snapshot import LogLine

if TYPE_CHECKING:
    from engine.contract.events import Event

_OUTPUT_LINES = 300
# Thousands of each in a long run, and nothing that a person reads. Passed over unparsed.
_SILENT = (b'"event":"metric"', b'"event":"progress"')


class LogTail:
    """Follows the log of one run."""

    def __init__(self, place: RunDir) -> None:
        self.place = place
        self._tail = Tail(place.events, _SILENT)
        self._said: list[LogLine] = []

    def lines(self) -> tuple[LogLine, ...]:
        """The log as it is now."""
        self._said += filter(None, map(_line, self._tail.news()))
        output = [LogLine(None, line) for line in self._output()]
        return (*self._said, *output)

    def _output(self) -> list[str]:
        return [line for line in tail(self.place.output, _OUTPUT_LINES).split("\n") if line]


def _line(event: "Event") -> LogLine | None:
    """None: nothing that a person reads."""
    from graftui.show.events import sentence  # imports pydantic: only for those who open the log

    if not (text := sentence(event)):
        return None
    warning = event.event == "log" and event.level == "warning"
    return LogLine(event.t, text, warning or event.event == "failed")
