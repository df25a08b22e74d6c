"""docs/settings.md says what the schema says."""

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_reference_of_settings_is_current() -> None:
    page = runpy.run_path(str(DOCS / "settings.py"))["text"]()
    assert (DOCS / "settings.md").read_text() == page, "run: python docs/settings.py"
