"""The project's own Python files, each read and parsed once for all that is asked of them."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="package")
def trees() -> Iterator[dict[str, ast.Module]]:
    """Each file of the code, by its path from the root. Given up with the last test here: the
    collector of garbage walks through what is kept.
    """
    parsed = {
        path.relative_to(ROOT).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for folder in ("graftui", "engine", "bench", "dev")
        for path in sorted((ROOT / folder).rglob("*.py"))
    }
    assert len(parsed) > 300, "the files are not where they were"
    yield parsed
    parsed.clear()
