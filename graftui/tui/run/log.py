"""The log of a run as the dashboard shows it: what it said in events, then the end of its output.

Owns how far the files have been read, so that following a long run costs little.
"""

from engine.contract.layout import RunDir
from graftui.registry.output import tail
from graftui.tui.snapshot import LogLine

_CHUNK = 8 << 20
_OUTPUT_LINES = 300
# Thousands of each in a long run, and nothing that a person reads. Passed over unparsed.
_SILENT = (b'"event":"metric"', b'"event":"progress"')


class LogTail:
    """Follows the log of one run."""

    def __init__(self, place: RunDir) -> None:
        self.place = place
        self._offset = 0
        self._said: list[LogLine] = []

    def lines(self) -> tuple[LogLine, ...]:
        """The log as it is now."""
        self._listen()
        output = [LogLine(None, line) for line in self._output()]
        return (*self._said, *output)

    def _listen(self) -> None:
        try:
            with self.place.events.open("rb") as file:
                file.seek(self._offset)
                while chunk := file.read(_CHUNK):
                    end = chunk.rfind(b"\n") + 1
                    if not end:
                        return
                    self._take(chunk[:end])
                    self._offset += end
                    file.seek(self._offset)
        except FileNotFoundError:
            return

    def _take(self, chunk: bytes) -> None:
        # Import pydantic: only for those who open the log.
        from engine.contract import events
        from graftui.show.events import sentence

        for line in chunk.splitlines():
            if any(mark in line for mark in _SILENT):
                continue
            event = events.parse_line(line)
            if event is not None and (text := sentence(event)):
                warning = isinstance(event, events.Log) and event.level == "warning"
                self._said.append(LogLine(event.t, text, warning or event.event == "failed"))

    def _output(self) -> list[str]:
        return [line for line in tail(self.place.output, _OUTPUT_LINES).split("\n") if line]
