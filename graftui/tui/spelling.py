"""The last look at each line before it goes to the terminal: what that lacks, or would obey, goes.

Owns what stands for a letter, always in as many cells: the layout is done by now. All widgets and
all screens come by here; what data looks like is decided long before, by graftui.text.
"""

import unicodedata

from rich.cells import cell_len
from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from graftui.text import spelt, visible

_JOINERS = "\u200c\u200d"
_NARROW = {"±": "~"}
"""What is spelt in more letters than it has cells."""


class Spelling(LineFilter):
    """Spells each line in the letters of an encoding."""

    def __init__(self, encoding: str) -> None:
        super().__init__()
        self._letters = _Letters(encoding)

    def has(self, text: str) -> bool:
        """Whether all of it can be told."""
        return text.translate(self._letters).count("?") == text.count("?")

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """The same line in other letters."""
        return [
            segment
            if segment.text.isascii() and segment.text.isprintable()
            else Segment(segment.text.translate(self._letters), segment.style, segment.control)
            for segment in segments
        ]


class _Letters(dict[int, str]):
    """What stands for each letter, found when it is first met."""

    def __init__(self, encoding: str) -> None:
        super().__init__()
        self._encoding = encoding

    def __missing__(self, code: int) -> str:
        self[code] = self._spelt(chr(code))
        return self[code]

    def _spelt(self, letter: str) -> str:
        cells = cell_len(letter)
        if visible(letter) != letter and letter not in _JOINERS:
            return "?" * cells
        if letter.encode(self._encoding, "ignore"):
            return letter
        twins = (spelt(letter, self._encoding), _NARROW.get(letter, ""), _drawn(letter))
        return next((twin for twin in twins if len(twin) == cells), "?" * cells)


def _drawn(letter: str) -> str:
    """For a piece of a frame: its direction. Half a block would be too much as a whole one."""
    name = unicodedata.name(letter, "")
    if "BOX DRAWINGS" in name:
        level = any(word in name for word in ("HORIZONTAL", "LEFT", "RIGHT"))
        upright = any(word in name for word in ("VERTICAL", "UP", "DOWN"))
        return "+" if level and upright else "-" if level else "|"
    return " " if "BLOCK" in name and letter not in "█▌" else ""
