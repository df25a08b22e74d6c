"""What is being typed where the cursor is: a key or a word, an operator, a value.

Reads leniently what stands before the cursor, as a query is wrong nearly always while it is typed;
what is right is the grammar's business.
"""

import re
from dataclasses import dataclass

from graftui.registry.query import scanner
from graftui.registry.query.keys import KEYS, LONGEST_HEADING, known

_QUOTED = re.compile(r"\"(?:[^\"\\]|\\.)*\"?|'(?:[^'\\]|\\.)*'?", re.DOTALL)
"""Open or closed."""
_ITEM = re.compile(r"[^,()]*")
_REST = re.compile(r"(?:(?!!=)[^\s()=<>~\"',])*")


@dataclass(frozen=True, slots=True)
class Typing:
    """What stands between start and end, and what it is to be."""

    begun: str
    """What of it stands before the cursor, without quotes."""
    start: int
    end: int
    key: str = ""
    """The key that a value or an operator belongs to; empty: a key, or a word, is being typed."""
    is_value: bool = False
    in_list: bool = False


def at_cursor(line: str, cursor: int) -> Typing:
    """What is being typed at the cursor."""
    return _Reader(line, cursor).read()


def settled(line: str, cursor: int) -> str:
    """The line without the word at the cursor, where that may be on its way to be a key: who types
    `sta` for status=failed does not look for that word.
    """
    at = at_cursor(line, cursor)
    word = at.begun.lower()
    begins = "." in word or any(name.startswith(word) for name in KEYS)
    quoted = line[at.start : at.start + 1] in ("'", '"')
    if at.key or not word or not begins or quoted:
        return line
    return f"{line[: at.start]}{line[at.end :]}".strip()


class _Reader:
    """One pass up to the cursor."""

    def __init__(self, line: str, cursor: int) -> None:
        self._text = line[:cursor]
        rest = _REST.match(line, cursor)
        self._end = rest.end() if rest else cursor
        self._words: list[str] = []
        """Those that were read last, and may be a key."""

    def read(self) -> Typing:
        """All of it."""
        text, at = self._text, 0
        while True:
            start = self._space(at)
            key = self._key()
            if key and (listed := scanner.IN.match(text, start)):
                at = self._list(listed.end())
                if at < 0:
                    return self._typing(-at - 1, key, is_value=True, in_list=True)
            elif key and (sign := scanner.SIGN.match(text, start)):
                value = self._space(sign.end())
                at = self._piece(value, scanner.VALUE)
                if at == len(text):
                    return self._typing(value, key, is_value=True)
            elif start == len(text):
                return self._typing(start, key if start > at else "")
            else:
                at = self._piece(start, scanner.BARE)
                if at == len(text) and text[start] not in "()=<>~,!":
                    return self._typing(start, "")
                self._words = [*self._words, text[start:at]]
                continue
            self._words = []

    def _list(self, at: int) -> int:
        """Behind its closing parenthesis; of an open one, -1 - the start of the last item."""
        text = self._text
        while True:
            start = self._space(at)
            end = self._piece(start, _ITEM) if start < len(text) else start
            if end >= len(text):
                return -1 - start
            if text[end] == ")":
                return end + 1
            at = end + 1

    def _space(self, at: int) -> int:
        while at < len(self._text) and self._text[at].isspace():
            at += 1
        return at

    def _piece(self, at: int, pattern: re.Pattern[str]) -> int:
        """Where what begins there ends: a quoted text, or what the pattern says; never nothing."""
        form = _QUOTED.match(self._text, at) or pattern.match(self._text, at)
        return max(form.end() if form else at, min(at + 1, len(self._text)))

    def _key(self) -> str:
        """Of the words before, the most that are a key together; else the last one."""
        for number in range(LONGEST_HEADING, 0, -1):
            name = " ".join(self._words[-number:])
            if known(name):
                return name
        return self._words[-1].strip("\"'") if self._words else ""

    def _typing(
        self, start: int, key: str, is_value: bool = False, in_list: bool = False
    ) -> Typing:
        begun = self._text[start:].lstrip("\"'")
        return Typing(begun, start, max(self._end, start), key, is_value, in_list)
