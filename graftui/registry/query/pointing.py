"""What is wrong with a query, and where: its text with a line of ^ below the place."""

import unicodedata

from graftui.errors import UsageError
from graftui.registry.query.tree import Span
from graftui.text import visible

_BEFORE, _WITHIN, _AFTER = 40, 32, 24
"""Cells of a long text that are shown around the place, so that the two lines never wrap."""


def bad_query(message: str, hint: str, span: Span | None) -> UsageError:
    """The error to raise; `span`: what it is about, None where nobody typed it."""
    if span is None:
        return UsageError(message, hint)
    return UsageError(message, hint, excerpt(span), (span.start, span.end))


def excerpt(span: Span) -> str:
    """Two lines: the text, or the part of it around `span`, and what points at it."""
    before = visible(span.text[: span.start])
    within = visible(span.text[span.start : span.end])
    after = visible(span.text[span.end :])
    if len(before) > _BEFORE:
        before = f"…{before[-_BEFORE:]}"
    if len(within) > _WITHIN:
        within, after = f"{within[:_WITHIN]}…", ""
    if len(after) > _AFTER:
        after = f"{after[:_AFTER]}…"
    arrows = "^" * max(1, _cells(within))
    return f"  {before}{within}{after}\n  {' ' * _cells(before)}{arrows}"


def _cells(text: str) -> int:
    """How wide `text` is in a terminal."""
    wide = sum(unicodedata.east_asian_width(letter) in "WF" for letter in text)
    return len(text) + wide - sum(unicodedata.combining(letter) > 0 for letter in text)
