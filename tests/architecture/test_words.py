"""One word a concept: docs/glossary.md says which, and what its synonyms are not used for.

A name that only says that something is there (`found`, `one`) says nothing of what it is.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

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
SOURCES = sorted(
    path.relative_to(ROOT).as_posix()
    for folder in ("graftui", "engine", "bench", "dev")
    for path in (ROOT / folder).rglob("*.py")
)


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


@pytest.mark.parametrize("path", SOURCES)
def test_names_are_the_glossarys(path: str) -> None:
    said = list(names(ast.parse((ROOT / path).read_text(encoding="utf-8"))))
    vague = sorted({name for name, value in said if value and name.lstrip("_") in VAGUE})
    assert not vague, f"{path}: say what it is: {', '.join(vague)}"
    synonyms = {name: words(name) & SYNONYMS for name, _ in said if words(name) & SYNONYMS}
    assert not synonyms, f"{path}: see docs/glossary.md: {synonyms}"
