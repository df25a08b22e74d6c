"""events.jsonl as it grows: the one reader of it.

Owns what may be read of a file that is being written: whole lines, from an offset to the last
newline, and all of it again where it was cut short or replaced. What cannot be read now is read
later. Imports pydantic only where there is news.
"""

import json
import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.contract.events import Event

CHUNK = 4 << 20
BACK = 1 << 20
_TAIL_BYTES = 1 << 16


@dataclass(frozen=True, slots=True)
class Stretch:
    """Whole lines of an events file."""

    start: int
    """Offset of the first byte: the one asked for, or 0 where the file has been replaced."""
    data: bytes

    @property
    def end(self) -> int:
        """Offset behind the last newline."""
        return self.start + len(self.data)


def stretch(path: Path, offset: int) -> Stretch | None:
    """What comes after `offset`; None if nothing whole does, or it cannot be read now."""
    try:
        file = os.stat(path)
        # A pipe might never end.
        if file.st_size == offset or not stat.S_ISREG(file.st_mode):
            return None
        start = offset if offset <= file.st_size else 0
        data = _whole_lines(path, start)
    except OSError:
        return None
    return Stretch(start, data) if data or start != offset else None


def before(path: Path, end: int | None) -> Stretch | None:
    """The whole lines before offset `end`, about BACK bytes of them; of None: the last ones.

    None if there are none, or they cannot be read now.
    """
    try:
        file = os.stat(path)
        if not stat.S_ISREG(file.st_mode):
            return None
        stop, width = file.st_size if end is None else end, BACK
        with path.open("rb") as events:
            while True:
                start = max(0, stop - width)
                events.seek(start)
                data = events.read(stop - start)
                cut = data.find(b"\n") + 1 if start else 0  # what comes first may be half a line
                data = data[: data.rfind(b"\n") + 1]
                if len(data) > cut:
                    return Stretch(start + cut, data[cut:])
                if not start:
                    return None
                width *= 2
    except OSError:
        return None


def _whole_lines(path: Path, start: int) -> bytes:
    """About CHUNK bytes up to a newline, more where a line is longer than that."""
    with path.open("rb") as file:
        file.seek(start)
        data = file.read(CHUNK)
        while b"\n" not in data and (more := file.read(CHUNK)):
            data += more
    return data[: data.rfind(b"\n") + 1]


class Tail:
    """Follows the events of one run, for those who show what it says.

    Of bad lines the registry tells, which reads them too.
    """

    def __init__(self, path: Path, passed_over: tuple[bytes, ...] = ()) -> None:
        """Lines that hold one of `passed_over` are not even parsed."""
        self._path = path
        self._passed_over = passed_over
        self._offset = 0

    def news(self) -> Iterator["Event"]:
        """Events since the last call, in their order."""
        while (new := stretch(self._path, self._offset)) is not None:
            from engine.contract import events

            self._offset = new.end
            yield from events.read(self._wanted(new.data))[0]

    def _wanted(self, data: bytes) -> bytes:
        if not self._passed_over:
            return data
        lines = data.splitlines(keepends=True)
        return b"".join(line for line in lines if not any(m in line for m in self._passed_over))


def latest_times(path: Path) -> list[float]:
    """When the latest events were said, seconds since the epoch."""
    times = []
    for line in _last_lines(path):
        with suppress(ValueError, TypeError, KeyError):  # cut off, or no event
            times.append(float(json.loads(line)["t"]))
    return times


def last_word(path: Path) -> tuple[int, str]:
    """Attempt and name of the last event; (0, "") where there is none that can be read."""
    try:
        last = json.loads(_last_lines(path)[-1])
        return int(last["attempt"]), str(last["event"])
    except (IndexError, ValueError, TypeError, KeyError):
        return 0, ""


def _last_lines(path: Path) -> list[bytes]:
    with suppress(OSError), path.open("rb") as file:
        file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL_BYTES))
        return file.read().splitlines()
    return []


def ends_in_half_a_line(path: Path) -> bool:
    """Whether the last event did not get all of its line."""
    try:
        with path.open("rb") as file:
            return file.seek(0, 2) > 0 and file.seek(-1, 2) >= 0 and file.read(1) != b"\n"
    except OSError:
        return False
