"""The card of evidence beside a graft: read where there is one, and shown below its scores."""

import json
from pathlib import Path

from textual.content import Content

from engine.contract.layout import read_whole
from graftui.results.evidence.card import FILE, Card, from_json
from graftui.show.evidence import page
from graftui.tui.text import TONES, data


def stamp(folder: Path) -> int:
    """Changes when a card is made anew; 0: there is none."""
    try:
        return (folder / FILE).stat().st_mtime_ns
    except OSError:
        return 0


def card_in(folder: Path) -> Card | None:
    """None: there is none, or none that can be read."""
    try:
        return from_json(json.loads(read_whole(folder / FILE)))
    except (OSError, ValueError, RecursionError):
        return None


def content(card: Card, width: int) -> Content:
    """The page, in `width` cells."""
    lines = [
        Content.assemble(
            ("evidence", "bold"), ("   `graftui evidence` makes it anew", "$text-muted")
        )
    ]
    for line in page(card, width):
        pieces = [data(text, f"${TONES[tone]}" if tone else "") for text, tone in line]
        lines.append(Content.assemble(*pieces))
    return Content("\n").join(lines)
