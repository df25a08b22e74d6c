"""Text is data: how a name, a prompt or a log line is shown, whatever characters it holds.

Owns which characters are shown by their number, and what stands for a glyph where an encoding
lacks it. Standard library only; what is printed comes by here through graftui.terminal.
"""

import codecs
import io
import re
import sys
from typing import TextIO

FALLBACK = "graftui-twins"
"""Error handler of an encoding: a glyph's twin, and of any other character its number."""

# What a terminal obeys, or nobody sees: controls, text that turns its direction, fillers, and
# bytes that are no UTF-8. Joiners belong into words of some scripts, and into emoji.
_UNSEEN = (
    "\x7f-\x9f\xad\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f"
    "\u3164\ufeff\uffa0\ufff0-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff"
)
_JOINER = "(?<![^\x00-\x7f])[\u200c\u200d]|[\u200c\u200d](?![^\x00-\x7f])"
_IN_LINE = re.compile(f"[\x00-\x1f{_UNSEEN}]|{_JOINER}")
_IN_LINES = re.compile(f"[\x00-\x08\x0b-\x1f{_UNSEEN}]|{_JOINER}")

_TWINS = {
    "✓": "v", "✗": "x", "○": "o", "◌": ".", "●": "*", "⊘": "-", "…": "~", "–": "-", "—": "-",
    "±": "+-", "·": ".", "•": "*", "→": ">", "←": "<", "↑": "^", "↓": "v", "▌": "|",
    "■": "#", "▲": "A", "◆": "D", "□": "u", "△": "a", "◇": "d", "◉": "@", "▣": "%", "▼": "V",
    "◈": "X", "│": "|", "┃": "|", "─": "-", "━": "=", "╌": "-", "┤": "+", "├": "+", "┴": "+",
    "┬": "+", "┼": "+", "└": "+", "┘": "+", "┌": "+", "┐": "+", "░": ":", "▒": "+", "▓": "%",
    "█": "@", "★": "*", "▁": "_", "▂": "_", "▃": ".", "▄": "-", "▅": "-", "▆": "=", "▇": "#",
    "▸": ">", "▾": "v", "∅": "#",
}  # fmt: skip
_BRAILLE = 0x2800
_UPPER, _LOWER = 0x1B, 0xE4
"""Dots of the two upper and of the two lower rows of a cell of braille."""


def visible(text: str) -> str:
    """`text` as one line: what could not be seen, or would move the cursor, by its number."""
    if text.isascii() and text.isprintable():
        return text
    return _IN_LINE.sub(_number, text)


def visible_lines(text: str) -> str:
    """The same, but that lines and tabs stay."""
    if text.isascii() and text.isprintable():
        return text
    return _IN_LINES.sub(_number, text.replace("\r\n", "\n"))


def spelt(text: str, encoding: str) -> str:
    """`text` in the characters that `encoding` has."""
    return text.encode(encoding, FALLBACK).decode(encoding)


def fit(stream: TextIO) -> None:
    """Make `stream` take any text, whatever its encoding."""
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors=FALLBACK)


def send(text: str) -> None:
    """Exact data to standard output: in UTF-8, as into a file. On a terminal it is visible."""
    if sys.stdout.isatty():
        sys.stdout.write(visible_lines(text))
        return
    sys.stdout.flush()
    sys.stdout.buffer.write(text.encode(errors=FALLBACK))
    sys.stdout.buffer.flush()


def _number(match: re.Match[str]) -> str:
    return _escaped(match[0])


def _escaped(letter: str) -> str:
    if "\udc80" <= letter <= "\udcff":  # a byte of what was no UTF-8
        return f"\\x{ord(letter) - 0xDC00:02x}"
    return letter.encode("unicode_escape").decode()


def _twins(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_twin, error.object[error.start : error.end])), error.end


def _twin(letter: str) -> str:
    dots = ord(letter) - _BRAILLE
    if 0 <= dots < 0x100:
        return " .':"[2 * bool(dots & _UPPER) + bool(dots & _LOWER)]
    return _TWINS.get(letter) or _escaped(letter)


codecs.register_error(FALLBACK, _twins)
