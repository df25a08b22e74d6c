"""A card of evidence as Markdown, LaTeX or JSON: one page."""

from collections.abc import Callable

from engine.contract import finite
from graftui.results.evidence import words
from graftui.results.evidence.card import Card, as_json
from graftui.results.export import grid


def to_markdown(card: Card) -> str:
    """A table of the figures, and a line a claim with what it rests on and would be refuted by."""
    table = grid.markdown(words.HEADS, list(words.rows(card)))
    lines = "".join(
        f"- **{line.title}**: {line.asks} **{line.verdict.value}**"
        f"{f' ({line.because})' if line.because else ''}. Would be refuted if {line.refuted_by}.\n"
        for line in card.lines
    )
    notes = "".join(f"- {note}\n" for note in card.notes)
    about = f"{words.heading(card)}. Run {card.run} ({card.name}), {words.made(card)}."
    return f"# Evidence for {card.run}\n\n{about}\n\n{table}\n{lines}{notes}"


def to_latex(card: Card) -> str:
    """A tabular for booktabs; below it a list of what would refute each claim."""
    heading = " ".join(words.heading(card).split())
    about = f"% {heading}. Run {card.run}, {words.made(card)}.\n"
    table = grid.latex(words.HEADS, list(words.rows(card)), left=3)
    items = "".join(
        rf"  \item[{grid.escaped(line.title)}] {grid.escaped(line.verdict.value)}; would be "
        f"refuted if {grid.escaped(line.refuted_by)}\n"
        for line in card.lines
    )
    return f"{about}{table}\\begin{{description}}\n{items}\\end{{description}}\n"


def to_json(card: Card) -> str:
    """Everything."""
    return finite.dumps(as_json(card)) + "\n"


FORMATS: dict[str, Callable[[Card], str]] = {
    "md": to_markdown, "latex": to_latex, "json": to_json,
}  # fmt: skip
