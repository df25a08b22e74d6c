r"""The grammar of queries, and its parser: text -> tree.

    query       = { alternative "or" } alternative ;
    alternative = { part [ "and" ] } part ;              words and conditions side by side: and
    part        = "not" part | "(" query ")" | condition | word ;
    condition   = key operator [ value ]                 no value: the empty text
                | key [ "not" ] "in" "(" value { "," value } ")" ;
    operator    = "=" | "==" | "!=" | ">" | "<" | ">=" | "<=" | "~" ;
    key         = quoted | heading | bare ;              heading: of a column, "of gain", "ECE %"
    value       = quoted | bare ;
    word        = quoted | bare ;                        quoted: these words, in this order
    quoted      = '"' ... '"' | "'" ... "'" ;            with \" and \\ in it

`and or not in` are written in any case; spaces around operators are as you like. A bare word ends
at a space, a parenthesis or an operator; a bare value at a space or a parenthesis that it did not
open. More words belong to a bare value where

  - its key has a unit, and the value reads on with them: `took > 3:05 min`, `graft >= 90 %`;
  - it is typed as `-f KEY=VALUE` (`in_option`), up to the next `and`, `or`, condition or
    parenthesis of conditions: `-f "name=my run (b)"`.

Everywhere else, and after a value such as `status=failed` that can be no longer, they are words to
search for. Refuses, pointing at the place, what is nested or long beyond use.
"""

import re
from collections.abc import Sequence

from graftui.errors import UsageError
from graftui.registry.query import scanner
from graftui.registry.query.fulltext import tokens
from graftui.registry.query.keys import LONGEST_HEADING, Key, known
from graftui.registry.query.pointing import bad_query
from graftui.registry.query.scanner import HOW, Piece, Scanner
from graftui.registry.query.tree import (
    EVERYTHING,
    NOTHING,
    ORDER,
    And,
    Condition,
    Not,
    Or,
    Query,
    Span,
    Word,
    all_of,
    leaves,
)

LONGEST = 10_000
"""Characters of a query."""
MOST = 300
"""Words and conditions of a query: SQLite refuses trees that are deeper than 1,000."""
DEEPEST = 50
"""Parentheses and `not` within each other."""

_LONGEST_NUMBER = 2
"""Words of a number with its unit, or of a date with its time."""
_THOUSANDS = re.compile(r"\d{1,3}(,\d{3})+(?![\d.])")


def parse(text: str, in_option: bool = False) -> Query:
    """The query in `text`; without one, everything. `in_option`: as the value of one -f.

    Raises UsageError with the place of what is wrong.
    """
    if len(text) > LONGEST:
        raise UsageError(
            f"A query of {len(text):,} characters is too long.",
            f"At most {LONGEST:,} are read; choose by a tag instead (`graftui tag`).",
        )
    return limited(_Parser(text, in_option).whole())


def parse_options(texts: Sequence[str]) -> Query:
    """The query of all -f together: each must hold."""
    for text in texts:
        if not text.strip():
            raise UsageError("'' is not a filter.", HOW)
    return limited(all_of(*(parse(text, in_option=True) for text in texts)))


def words(text: str) -> Query:
    """What `--search` means: all of these words, nothing else being read into them."""
    parts = tuple(Word(part) for part in text.split() if tokens(part))
    return limited(And(parts)) if parts or not text.split() else NOTHING


def limited(query: Query) -> Query:
    """`query`, unless it has too many parts. Raises UsageError."""
    if sum(1 for _ in leaves(query)) > MOST:
        raise UsageError(
            f"A query of more than {MOST} words and conditions is too long.",
            "Write values as a list, id in (a, b, c), or choose by a tag (`graftui tag`).",
        )
    return query


class _Parser:
    """A method for each line of the grammar; each leaves the scanner behind what it read."""

    def __init__(self, text: str, in_option: bool) -> None:
        self._scan = Scanner(text)
        self._in_option = in_option

    def whole(self) -> Query:
        """All of the text."""
        scan = self._scan
        if scan.done:
            return EVERYTHING
        query = self._query(0)
        if not scan.done:
            scan.refuse("This closes no parenthesis.", "Open one with (, or quote the text.")
        return query

    def _query(self, depth: int) -> Query:
        parts = [self._alternative(depth)]
        while self._scan.took("or"):
            parts.append(self._alternative(depth))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _alternative(self, depth: int) -> Query:
        scan = self._scan
        parts = [self._part(depth)]
        while not (scan.done or scan.next == ")" or scan.sees("or")):
            scan.took("and")
            parts.append(self._part(depth))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _part(self, depth: int) -> Query:
        scan = self._scan
        if depth > DEEPEST:
            scan.refuse("This is nested too deeply.", f"At most {DEEPEST} levels are read.")
        if scan.done or scan.next == ")" or scan.sees("and", "or"):
            hint = "`and` and `or` stand between conditions or words; quoted, they are words."
            scan.refuse("A word or a condition is missing here.", hint)
        key = self._key()
        if key:
            return self._condition(*key)
        if scan.took("not"):
            return Not(self._part(depth + 1))
        return self._group(depth) if scan.next == "(" else self._word()

    def _group(self, depth: int) -> Query:
        scan = self._scan
        opened = scan.at
        scan.skip(opened + 1)
        query = self._query(depth + 1)
        if scan.done:
            scan.at = opened
            scan.refuse("This parenthesis is not closed.", "Close it with ).")
        scan.skip(scan.at + 1)
        return query

    def _word(self) -> Query:
        scan = self._scan
        if scan.sees("in"):
            hint = "Write it as in: status in (failed, lost). To search for the word, quote it."
            scan.refuse("`in` stands between a key and a list in parentheses.", hint, scan.at + 2)
        word = scan.quoted() or scan.bare(scanner.BARE)
        if word is None:
            scan.refuse("There is no key before this operator.", HOW)
        text, span = word
        if not tokens(text):
            hint = "Words to search for have some; conditions are written as in status=failed."
            raise bad_query(f"{text!r} has no letter and no digit.", hint, span)
        return Word(text, span)

    def _key(self) -> Piece | None:
        """The key that stands here, if an operator or a list follows it; it is not taken yet."""
        scan, start = self._scan, self._scan.at
        pieces: list[Piece] = []
        if quoted := scan.quoted():
            pieces.append(quoted)
        while not quoted and len(pieces) < LONGEST_HEADING and (word := scan.bare(scanner.BARE)):
            end = word[1].end
            pieces.append((scan.text[start:end], Span(scan.text, start, end)))
        scan.at = start
        for text, span in reversed(pieces):
            if self._compared(span.end) and (span == pieces[0][1] or known(text)):
                return text, span
        return None

    def _compared(self, end: int) -> bool:
        scan = self._scan
        at = scan.space(end)
        sign = scanner.SIGN.match(scan.text, at)
        return bool(sign or (at > end and scanner.IN.match(scan.text, at)))

    def _condition(self, key: str, span: Span) -> Query:
        scan = self._scan
        scan.skip(span.end)
        if listed := scanner.IN.match(scan.text, scan.at):
            scan.skip(listed.end())
            op, values = "!=" if listed[1] else "=", self._list()
        else:
            op = scan.operator()
            values = [self._value(key, op)]
        texts, spans = zip(*values, strict=True)
        return Condition(key, op, texts, span, spans)

    def _list(self) -> list[Piece]:
        scan = self._scan
        values: list[Piece] = []
        while not values or scan.text[scan.at - 1] == ",":
            scan.skip()
            value = scan.quoted() or scan.bare(scanner.ITEM)
            if value is None or scan.next not in (",", ")"):
                hint = "Write it as in: status in (failed, lost)"
                scan.refuse("This list is not written right.", hint)
            values.append(value)
            self._refuse_thousands(value[1])
            scan.at += 1
        scan.skip()
        return values

    def _refuse_thousands(self, span: Span) -> None:
        # 8,505 is one number wherever it stands alone; here it would silently be two.
        twofold = _THOUSANDS.match(span.text, span.start)
        if twofold and twofold.end() > span.end:
            text = twofold[0]
            hint = f"Write {text.replace(',', '')} or {text.replace(',', ', ')}"
            whole = Span(span.text, span.start, twofold.end())
            raise bad_query(f"{text} may be one number or several.", hint, whole)

    def _value(self, key: str, op: str) -> Piece:
        scan, touching = self._scan, self._scan.at
        scan.skip()
        start = scan.at
        if scan.done or scan.next == ")" or (start > touching and scan.sees("and", "or")):
            return "", Span(scan.text, touching, touching)
        if quoted := scan.quoted():
            return quoted
        value = scan.bare(scanner.VALUE)
        if value is None:
            hint = "Quote it; or write a list: status in (failed, lost)"
            scan.refuse("A value cannot begin with this parenthesis.", hint)
        end = self._end_of_value(key, op, value[1])
        scan.skip(end)
        return scan.text[start:end], Span(scan.text, start, end)

    def _end_of_value(self, key: str, op: str, first: Span) -> int:
        """The end of the bare value whose first word is `first`; the scanner is behind that."""
        meaning = known(key)
        ends = [first.end]
        if op in ORDER or (meaning and meaning.has_unit):
            while len(ends) < _LONGEST_NUMBER and (word := self._scan.bare(scanner.VALUE)):
                ends.append(word[1].end)
            return self._longest_number(meaning, first, ends)
        if not (meaning and first.text[first.start : first.end] in meaning.choices):
            while self._in_option and (more := self._more_of_value()):
                ends.append(more)
        return ends[-1]

    def _longest_number(self, key: Key | None, first: Span, ends: Sequence[int]) -> int:
        for end in reversed(ends):
            if key and key.number(first.text[first.start : end]) is not None:
                return end
        return first.end

    def _more_of_value(self) -> int | None:
        """The end of a word, or a text in parentheses, that can only belong to the value before."""
        scan = self._scan
        if scan.sees("and", "or", "not") or scanner.SIGN.match(scan.text, scan.at) or self._key():
            return None
        more = scan.bare(scanner.TEXT_IN_PARENTHESES if scan.next == "(" else scanner.VALUE)
        return more[1].end if more else None
