"""States and times look the same everywhere: each is put into words in one file."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TIMES, STATES = "graftui/results/times.py", "graftui/show/states.py"
SOURCES = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in ("cli", "tui", "show", "results")
    for path in (ROOT / "graftui" / folder).rglob("*.py")
)
FORMATS = ("strftime", "isoformat")
UNITS = (60, 3600, 86400)
GLYPHS = "◌⊘"


def words_of_times(tree: ast.Module) -> Iterator[str]:
    """Where seconds are divided into units, or a moment is written."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and node.attr in FORMATS:
            yield f"line {node.lineno}: {node.attr}"
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.FloorDiv | ast.Div | ast.Mod):
            by = node.right.value if isinstance(node.right, ast.Constant) else None
            yield from [f"line {node.lineno}: by {by}"] if by in UNITS else []


def glyphs_of_states(tree: ast.Module) -> Iterator[str]:
    """Where a glyph stands that says nothing but a state."""
    for node in ast.walk(tree):
        text = node.value if isinstance(node, ast.Constant) else ""
        if isinstance(text, str) and set(GLYPHS) & set(text):
            yield f"a glyph in {text!r}"


@pytest.mark.parametrize("path", SOURCES)
def test_said_in_one_place(path: str) -> None:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    assert path == TIMES or not list(words_of_times(tree))
    assert path == STATES or not list(glyphs_of_states(tree))


def test_the_places_are_there() -> None:
    assert list(words_of_times(ast.parse((ROOT / TIMES).read_text())))
    assert list(glyphs_of_states(ast.parse((ROOT / STATES).read_text())))
