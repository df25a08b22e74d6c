"""The card of evidence on a run's page: read from beside the graft, never believed blindly."""

import json
from pathlib import Path

from graftui.results.evidence.card import FILE, Card, CardLine, Figure, Unit, Verdict, as_json
from graftui.tui.run.evidence import card_in, content, stamp

LINE = CardLine(
    "size",
    "how few weights recover 95 %?",
    Verdict.holds,
    "as few weights at random do",
    (Figure("smallest region", 565, Unit.weights, 551, 608, "18 sizes tried"),),
    "[b]200[/b] times as many",
)
CARD = Card("abc123", "film", "pocket-film", "accuracy", "m", "learnt graft", 656, 0.002, 0.0,
            (LINE,))  # fmt: skip


def test_it_is_shown_as_it_lies_there(tmp_path: Path) -> None:
    assert card_in(tmp_path) is None
    assert stamp(tmp_path) == 0
    (tmp_path / FILE).write_text(json.dumps(as_json(CARD)))
    card = card_in(tmp_path)
    assert card == CARD
    assert stamp(tmp_path) > 0
    shown = content(CARD, 76).plain
    for words in ("✓ size: holds", "565 weights", "[551 to 608]", "[b]200[/b] times"):
        assert words in shown


def test_a_sentence_that_breaks_goes_on_further_in_than_it_began() -> None:
    lines = content(CARD, 30).plain.splitlines()
    (first,) = [number for number, line in enumerate(lines) if "refuted if" in line]
    assert lines[first : first + 2] == ["    refuted if as few weights", "      at random do"]


def test_what_is_no_card_is_not_shown(tmp_path: Path) -> None:
    for text in ("{", "[]", '{"run": 1}', "nothing", "[" * 100_000):
        (tmp_path / FILE).write_text(text)
        assert card_in(tmp_path) is None
