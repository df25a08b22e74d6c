"""States and times look the same everywhere: each is put into words in one file."""

import ast
from collections.abc import Iterator

TIMES, STATES = "graftui/results/times.py", "graftui/show/states.py"
FOLDERS = tuple(f"graftui/{folder}/" for folder in ("cli", "tui", "show", "results"))
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


def test_said_in_one_place(trees: dict[str, ast.Module]) -> None:
    shown = {path: tree for path, tree in trees.items() if path.startswith(FOLDERS)}
    timed = {path: list(words_of_times(tree)) for path, tree in shown.items()}
    stated = {path: list(glyphs_of_states(tree)) for path, tree in shown.items()}
    assert timed.pop(TIMES), "times are not put into words there"
    assert stated.pop(STATES), "states have no glyphs there"
    assert not {path: said for path, said in (*timed.items(), *stated.items()) if said}
