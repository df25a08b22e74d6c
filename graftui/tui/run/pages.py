"""Pages of a log around a line, and the search for one: a file is read in pieces, never whole.

Owns how far a look goes at once. A line that is longer than a piece goes on in the next.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

from engine.contract.layout import RunDir
from graftui.tui.run.log import OUTPUT, SAID, WINDOW, Log, LogAsk, LogLine, LogWindow, put_out, said

PIECE = 1 << 20
"""Bytes that are read at once."""
_FAR = 16 << 20
"""Bytes around a line that are read for its page."""
_SEARCHED = 512 << 20
"""Bytes that are looked through at once."""

Raw = tuple[int, bytes]
"""Where a line begins, and the line."""
_LINES: dict[str, Callable[[bytes, int], Iterable[LogLine]]] = {SAID: said, OUTPUT: put_out}


class LogPages:
    """Answers which page of a run's log is asked for."""

    def __init__(self, run_dir: RunDir) -> None:
        self.run_dir = run_dir
        self._end = LogWindow(run_dir)
        self._known: tuple[object, Log] | None = None

    def read(self, ask: LogAsk) -> Log:
        """The page, as the file is now; read anew only if that has changed."""
        path = self.run_dir.output if ask.stream == OUTPUT else self.run_dir.events
        size, output_size = _size(path), _size(self.run_dir.output)
        key = (ask, size, output_size)
        if self._known is None or self._known[0] != key:
            if ask.stream == SAID and ask.at is None and not ask.words:
                page = self._end.read(WINDOW)
            else:
                page = _page(path, size, ask)
            known = Log(page.lines, ask, page.first, page.last, page.hit, size, output_size)
            self._known = key, known
        return self._known[1]


def _page(path: Path, size: int, ask: LogAsk) -> Log:
    at = size if ask.at is None else min(ask.at, size)
    hit = None
    try:
        if ask.words:
            hit = _search(path, size, at, ask)
            at = at if hit is None else hit
        earlier, first = _before(path, at, ask)
        later, last = _after(path, at, WINDOW - min(len(earlier), WINDOW // 2), ask)
    except OSError:  # not there yet, deleted, or of another user's
        return Log(())
    kept = WINDOW - len(later)
    return Log((*earlier[-kept:], *later), ask, first and len(earlier) <= kept, last, hit)


def _before(path: Path, at: int, ask: LogAsk) -> tuple[list[LogLine], bool]:
    """Up to WINDOW lines before `at`, and whether there is nothing before them."""
    lines: deque[LogLine] = deque()
    for start, raw in backward(path, at, _FAR):
        lines.extendleft(reversed([*_LINES[ask.stream](raw, start)]))
        if len(lines) >= WINDOW:
            return list(lines), start == 0
    return list(lines), at <= _FAR


def _after(path: Path, at: int, most: int, ask: LogAsk) -> tuple[list[LogLine], bool]:
    """Up to `most` lines from `at` on, and whether there is nothing after them."""
    told = (line for start, raw in forward(path, at, _FAR)
            for line in _LINES[ask.stream](raw, start))  # fmt: skip
    lines = list(islice(told, most))
    return lines, next(told, None) is None and _size(path) - at <= _FAR


def _search(path: Path, size: int, at: int, ask: LogAsk) -> int | None:
    """The next line with these words, beyond the one at `at`."""
    words = ask.words.casefold()
    # What the run said is put into words first; of an output, most pieces need no second look.
    holding = words.encode() if ask.stream == OUTPUT and words.isascii() else b""
    for start, raw in (backward if ask.back else forward)(path, at, _SEARCHED, holding):
        if holding not in raw.lower() or (start == at and ask.at is not None):
            continue
        if any(words in line.text.casefold() for line in _LINES[ask.stream](raw, start)):
            return start
    return None


def forward(path: Path, at: int, most: int, holding: bytes = b"") -> Iterator[Raw]:
    """The lines from `at` on, up to so many bytes of them; of pieces without `holding`, none."""
    end = at + most
    with path.open("rb") as file:
        while at < end:
            file.seek(at)
            piece = file.read(PIECE)
            whole = piece.rfind(b"\n") + 1 if len(piece) == PIECE else 0
            piece = piece[: whole or len(piece)]
            if not piece:
                return
            if holding in piece.lower():
                yield from _split(piece, at)
            at += len(piece)


def backward(path: Path, end: int, most: int, holding: bytes = b"") -> Iterator[Raw]:
    """The same before `end`, the last line first."""
    least = max(0, end - most)
    with path.open("rb") as file:
        while end > least:
            start = max(0, end - PIECE)
            file.seek(start)
            piece = file.read(end - start)
            cut = piece.find(b"\n", 0, -1) + 1 if start else 0
            if holding in piece[cut:].lower():
                yield from reversed([*_split(piece[cut:], start + cut)])
            end = start + cut


def _split(piece: bytes, at: int) -> Iterator[Raw]:
    """A carriage return ends no line."""
    *whole, rest = piece.split(b"\n")
    for raw in [*whole, *([rest] if rest else [])]:
        yield at, raw
        at += len(raw) + 1


def _size(path: Path) -> int:
    try:
        return os.stat(path).st_size
    except OSError:
        return 0
