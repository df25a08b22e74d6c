"""A card of evidence as lines of styled text: the same page in the terminal and the dashboard.

Owns where its sentences break: behind the first line of one they stand further in.
"""

import textwrap
from collections.abc import Iterator

from graftui.results.evidence import words
from graftui.results.evidence.card import Card, CardLine, Verdict
from graftui.show.states import Tone

GLYPHS = {
    Verdict.holds: ("✓", Tone.good), Verdict.fails: ("✗", Tone.bad),
    Verdict.chance: ("~", Tone.warning), Verdict.missing: ("-", Tone.dim),
    Verdict.unknown: ("?", Tone.warning),
}  # fmt: skip
Piece = tuple[str, Tone | None]
"""Text, and its tone; None: plain."""


_IN = 4
"""Cells that a claim's lines stand in."""
_NARROWEST = 24


def page(card: Card, width: int | None = None) -> Iterator[list[Piece]]:
    """A list of pieces a line, top to bottom; sentences in `width` cells, or a line each."""
    yield from _sentence(words.heading(card), None, width, 0)
    yield from _sentence(f"run {card.run} ({card.name}), {words.made(card)}", Tone.dim, width, 0)
    for line in card.lines:
        yield []
        yield from _claim(line, width)
    if card.notes:
        yield []
    for note in card.notes:
        yield from _sentence(note, Tone.warning, width, 0)


def _claim(line: CardLine, width: int | None) -> Iterator[list[Piece]]:
    glyph, tone = GLYPHS[line.verdict]
    yield [(f"{glyph} {line.title}: {line.verdict.value}", tone)]
    yield from _sentence(line.asks, Tone.dim, width)
    cells = [(f.name, words.value(f), words.interval(f), f.n) for f in line.figures]
    widths = [max((len(row[n]) for row in cells), default=0) for n in range(4)]
    for name, value, ends, n in cells:
        between = f"[{ends}]" if ends else ""
        text = f"    {name:<{widths[0]}}  {value:>{widths[1]}}  {between:<{widths[2] + 2}}"
        yield [(text, None), (f"  {n}", Tone.dim)]
    if line.because:
        yield from _sentence(line.because, None, width)
    yield from _sentence(f"refuted if {line.refuted_by}", Tone.dim, width)


def _sentence(
    text: str, tone: Tone | None, width: int | None, indent: int = _IN
) -> Iterator[list[Piece]]:
    if width is None:
        yield [(f"{' ' * indent}{text}", tone)]
        return
    further = " " * (indent + 2)
    for line in textwrap.wrap(
        text, max(_NARROWEST, width), initial_indent=" " * indent, subsequent_indent=further
    ):
        yield [(line, tone)]
