"""output.log, as a terminal would have shown it: of a progress bar, what it showed last.

Reads bounded stretches, however large the file and however long its lines.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

TAIL_LINES = 20
_TAIL_BYTES = 64 << 10
_CHUNK = 1 << 20
_LONGEST = 1 << 20
"""Bytes of a line; a longer one goes on in the next."""


def tail(output: Path, most: int = TAIL_LINES) -> str:
    """The last lines of an engine's output that are not empty."""
    if not output.is_file():
        return ""
    try:
        with output.open("rb") as file:
            file.seek(max(0, file.seek(0, 2) - _TAIL_BYTES))
            last = [line.rstrip() for line in lines([file.read()])]
    except OSError:  # deleted meanwhile, or of another user's
        return ""
    return "\n".join([line for line in last if line][-most:])


def chunks(file: BinaryIO) -> Iterator[bytes]:
    """The content of `file`, piece by piece."""
    while chunk := file.read(_CHUNK):
        yield chunk


def lines(pieces: Iterable[bytes]) -> Iterator[str]:
    """The lines of an output; bytes that are no UTF-8 are shown by their number."""
    begun = b""
    for piece in pieces:
        *whole, begun = (begun + piece).split(b"\n")
        yield from map(text_of, whole)
        begun = begun[_last_state(begun) :]  # a progress bar has no end of line for hours
        while len(begun) > _LONGEST:
            yield text_of(begun[:_LONGEST])
            begun = begun[_LONGEST:]
    if begun:
        yield text_of(begun)


def _last_state(line: bytes) -> int:
    """Where begins what stands on the screen after the last carriage return within `line`."""
    return line.rfind(b"\r", 0, len(line.rstrip(b"\r"))) + 1


def text_of(line: bytes) -> str:
    return line[_last_state(line) :].rstrip(b"\r").decode("utf-8", errors="backslashreplace")
