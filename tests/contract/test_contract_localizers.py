"""Localizers: each is known everywhere by its entry alone."""

from pathlib import Path

import pytest

from engine.contract import localizers as entries
from engine.contract import schema
from engine.contract.kinds.graft import GraftConfig, settings_of_some
from engine.contract.localizers import Localizer, localizers, register_localizer

PAGE = Path(__file__).parents[2] / "docs" / "localizers.md"


def row(entry: Localizer) -> str:
    """Its line of the table."""
    uses = ", ".join(f"`{name}`" for name in entry.uses) or "none"
    cells = (f"`{entry.name}`", entry.chooses, entry.budget, entry.cost, uses)
    return "| " + " | ".join(cell.replace("|", r"\|") for cell in cells) + " |"


def test_the_page_of_localizers_has_the_line_of_each() -> None:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    assert rows == [row(entry) for entry in localizers().values()]


def test_the_setting_has_each_name_to_choose_from() -> None:
    (setting,) = [one for one in schema.settings("graft") if one.path == "graft.localizer"]
    assert setting.choices == tuple(localizers())
    assert GraftConfig().localizer in setting.choices


def test_each_file_of_the_package_is_an_entry() -> None:
    files = Path(entries.__file__).parent.glob("*.py")
    assert len([path for path in files if path.stem != "__init__"]) == len(localizers())


def test_what_some_localizers_use_is_a_setting_so_marked() -> None:
    assert {name for entry in localizers().values() for name in entry.uses} == {*settings_of_some()}


@pytest.mark.parametrize(
    "entry",
    [
        Localizer("fisher", "others", "none", "none"),
        Localizer("both", "all", "none", "none", scorer="a:b", learner="a:c"),
    ],
)
def test_a_wrong_entry_is_refused(entry: Localizer) -> None:
    before = localizers()
    with pytest.raises(ValueError, match=entry.name):
        register_localizer(entry)
    assert localizers() == before
