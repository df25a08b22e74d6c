"""Where in a query one is, and the pieces that it is made of: bare words, quoted ones, keywords.

Owns what each piece looks like, and the errors of pieces. What they mean together: grammar.py.
"""

import re
from typing import NoReturn

from graftui.registry.query.pointing import bad_query
from graftui.registry.query.tree import OPERATORS, Span

BARE = re.compile(r"(?!!=)[^\s()=<>~\"'](?:(?!!=)[^\s()=<>~])*")
VALUE = re.compile(r"(?![\"'])(?:[^\s()]|\([^\s()]*\))+")
ITEM = re.compile(r"(?![\"'])(?:[^,()]|\([^()]*\))+")
TEXT_IN_PARENTHESES = re.compile(r"\((?:(?!\b(?:and|or|not)\b)[^()=<>~\"'])*\)", re.IGNORECASE)
SIGN = re.compile(r"!=|[=<>~]+")
"""What is meant as an operator."""
IN = re.compile(r"(not\s+)?in\s*\(", re.IGNORECASE)
_OPERATOR = re.compile(r"!=|>=|<=|==|~|[=<>](?![<>])")
_SPACE = re.compile(r"\s*")
_QUOTED = re.compile(r"\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)'", re.DOTALL)

HOW = f"Write KEY OPERATOR VALUE, as in status=failed; operators: in {' '.join(OPERATORS)}"

Piece = tuple[str, Span]
"""A key, value or word, and where it stands."""


class Scanner:
    """One pass over a text, from left to right."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        """Always behind what was read, and behind the spaces after it."""
        self.skip()

    @property
    def next(self) -> str:
        """The next character; empty at the end."""
        return self.text[self.at : self.at + 1]

    @property
    def done(self) -> bool:
        """Whether nothing is left."""
        return self.at >= len(self.text)

    def space(self, at: int) -> int:
        """Where the spaces that begin at `at` end."""
        spaces = _SPACE.match(self.text, at)
        return spaces.end() if spaces else at

    def skip(self, end: int | None = None) -> None:
        """Go on behind `end`."""
        self.at = self.space(self.at if end is None else end)

    def sees(self, *keywords: str) -> bool:
        """Whether one of the keywords stands here."""
        word = BARE.match(self.text, self.at)
        return word is not None and word[0].lower() in keywords

    def took(self, keyword: str) -> bool:
        """Whether it stands here; it is behind one then."""
        if not self.sees(keyword):
            return False
        self.skip(self.at + len(keyword))
        return True

    def quoted(self) -> Piece | None:
        """A quoted text, if one stands here."""
        if self.next not in ('"', "'"):
            return None
        form = _QUOTED.match(self.text, self.at)
        if form is None:
            hint = """Close it, as in name="two words"; or quote the quote: "it's"."""
            self.refuse("A quote is open.", hint)
        span = Span(self.text, *form.span())
        self.skip(form.end())
        inner = form[1] if form[1] is not None else form[2]
        return re.sub(r"\\([\\\"'])", r"\1", inner), span

    def bare(self, pattern: re.Pattern[str]) -> Piece | None:
        """What of the text here fits `pattern`, if anything does."""
        form = pattern.match(self.text, self.at)
        if form is None:
            return None
        end = form.start() + len(form[0].rstrip())
        self.skip(end)
        return self.text[form.start() : end], Span(self.text, form.start(), end)

    def operator(self) -> str:
        """The operator that stands here. Raises UsageError."""
        form = _OPERATOR.match(self.text, self.at)
        if form is None:
            sign = SIGN.match(self.text, self.at)
            end = sign.end() if sign else self.at + 1
            self.refuse(f"{self.text[self.at : end]!r} is no operator.", HOW, end)
        self.at = form.end()  # a value that touches it may look like a keyword
        return form[0].replace("==", "=")

    def refuse(self, message: str, hint: str, end: int | None = None) -> NoReturn:
        """Raise UsageError about what stands from here to `end`."""
        raise bad_query(message, hint, Span(self.text, self.at, end or self.at + 1))
