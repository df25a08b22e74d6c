"""A card of evidence as lines of styled text: the same page in the terminal and the dashboard."""

from collections.abc import Iterator

from graftui.results.evidence import words
from graftui.results.evidence.card import Card, CardLine, Verdict
from graftui.show.states import Tone

GLYPHS = {
    Verdict.holds: ("✓", Tone.good), Verdict.fails: ("✗", Tone.bad),
    Verdict.chance: ("~", Tone.warning), Verdict.missing: ("-", Tone.dim),
}  # fmt: skip
Piece = tuple[str, Tone | None]
"""Text, and its tone; None: plain."""


def page(card: Card) -> Iterator[list[Piece]]:
    """A list of pieces a line, top to bottom."""
    yield [(words.heading(card), None)]
    yield [(f"run {card.run} ({card.name}), {words.made(card)}", Tone.dim)]
    for line in card.lines:
        yield []
        yield from _claim(line)
    if card.notes:
        yield []
    for note in card.notes:
        yield [(note, Tone.warning)]


def _claim(line: CardLine) -> Iterator[list[Piece]]:
    glyph, tone = GLYPHS[line.verdict]
    yield [(f"{glyph} {line.title}: {line.verdict.value}", tone)]
    yield [(f"    {line.asks}", Tone.dim)]
    cells = [(f.name, words.value(f), words.interval(f), f.n) for f in line.figures]
    widths = [max((len(row[n]) for row in cells), default=0) for n in range(4)]
    for name, value, ends, n in cells:
        between = f"[{ends}]" if ends else ""
        text = f"    {name:<{widths[0]}}  {value:>{widths[1]}}  {between:<{widths[2] + 2}}"
        yield [(text, None), (f"  {n}", Tone.dim)]
    if line.because:
        yield [(f"    {line.because}", None)]
    yield [(f"    refuted if {line.refuted_by}", Tone.dim)]
