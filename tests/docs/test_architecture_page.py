"""What docs/architecture.md names is there."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "architecture.md").read_text()
NAMED = sorted(set(re.findall(r"`((?:graftui|engine|data)/[\w./]*)`", PAGE)))


def test_every_path_is_there() -> None:
    assert len(NAMED) > 30
    assert [path for path in NAMED if not (ROOT / path).exists()] == []


def test_every_folder_of_both_packages_is_told() -> None:
    folders = [
        f"{package}/{folder.name}/"
        for package in ("graftui", "engine")
        for folder in (ROOT / package).iterdir()
        if (folder / "__init__.py").exists()
    ]
    assert [folder for folder in folders if folder not in NAMED] == []
