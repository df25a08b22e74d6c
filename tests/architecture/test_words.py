"""One word a concept: docs/glossary.md says which, and what its synonyms are not used for.

A name that only says that something is there (`found`, `one`) says nothing of what it is.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
VAGUE = {"found", "one", "place", "thing", "stuff"}
"""As a whole name of an argument, a variable or a field."""
TABLE = (ROOT / "docs" / "glossary.md").read_text().split("|---|---|---|\n")[1]
ROWS = re.findall(r"^\| ([\w ,-]+) \|.*\|\s*([\w ,-]*?)\s*\|$", TABLE, re.MULTILINE)
SYNONYMS = {
    synonym.strip().replace(" ", "_")
    for _, synonyms in ROWS
    for synonym in synonyms.split(",")
    if synonym
}
"""As a word within any name."""


def names(tree: ast.Module) -> Iterator[tuple[str, bool]]:
    """What the file names, and whether it is a value."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id, True
        elif isinstance(node, ast.arg):
            yield node.arg, True
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield node.name, False


def words(name: str) -> set[str]:
    """The words of `a_name` or `AName`, and pairs of neighbours."""
    single = re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower().strip("_").split("_")
    return {*single, *("_".join(pair) for pair in zip(single, single[1:], strict=False))}


def test_the_glossary_is_read() -> None:
    assert {"run", "graft", "localizer"} <= {word for word, _ in ROWS}
    assert {"hyperparameter", "pruner"} <= SYNONYMS


def test_names_are_the_glossarys(trees: dict[str, ast.Module]) -> None:
    said = {path: list(names(tree)) for path, tree in trees.items()}
    vague = {
        path: sorted({name for name, value in pairs if value and name.lstrip("_") in VAGUE})
        for path, pairs in said.items()
    }
    assert not {path: bad for path, bad in vague.items() if bad}, "say what it is"
    synonyms = {
        path: {name: words(name) & SYNONYMS for name, _ in pairs if words(name) & SYNONYMS}
        for path, pairs in said.items()
    }
    assert not {path: bad for path, bad in synonyms.items() if bad}, "see docs/glossary.md"
