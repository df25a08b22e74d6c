"""A fresh registry for each test."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from graftui.registry.store import Store


@pytest.fixture
def store(tmp_path: Path, empty_registry: Path) -> Iterator[Store]:
    shutil.copy(empty_registry, tmp_path)
    with Store.open(tmp_path / "runs.db") as opened:
        yield opened
