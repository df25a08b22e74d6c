"""Methods of combining: each is known everywhere by its entry alone."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from engine.contract import combining as entries
from engine.contract import schema
from engine.contract.combining import Method, methods, register_method
from engine.contract.identity import config_hash
from engine.contract.kinds import kinds
from engine.contract.kinds.combine import CombineConfig, settings_of_some

PAGE = Path(__file__).parents[2] / "docs" / "combining.md"


def row(entry: Method) -> str:
    """Its line of the table."""
    uses = ", ".join(f"`{name}`" for name in entry.uses) or "none"
    return f"| `{entry.name}` | {entry.makes} | {uses} | {entry.source} |"


def test_the_page_has_the_line_of_each_method() -> None:
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| `")]
    assert rows == [row(entry) for entry in methods().values()]


def test_each_file_of_the_package_is_an_entry_and_a_choice() -> None:
    files = Path(entries.__file__).parent.glob("*.py")
    assert {path.stem for path in files} - {"__init__"} == {*methods()}
    (setting,) = [each for each in schema.settings("combine") if each.path == "combine.method"]
    assert setting.choices == tuple(methods())


def test_what_some_methods_use_is_a_setting_so_marked() -> None:
    assert {name for entry in methods().values() for name in entry.uses} == {*settings_of_some()}


def test_a_name_that_is_taken_is_refused() -> None:
    with pytest.raises(ValueError, match="union"):
        register_method(Method("union", "others", "nobody", "a:b"))


def test_a_setting_of_another_method_changes_nothing_and_is_refused_where_it_is_given() -> None:
    union, other = CombineConfig(), CombineConfig(keep=0.5)
    assert config_hash(union) == config_hash(other)
    assert config_hash(union) != config_hash(CombineConfig(scale=0.5))
    told = kinds()["combine"].check_given(other, (), ("combine.keep",))
    assert told is not None
    assert "not used by combine.method = union" in told[0]
    assert "ties" in told[1]
    given = kinds()["combine"].check_given
    assert given(other, ("combine.keep",), ("combine.method",)) is None


@pytest.mark.parametrize(
    ("raw", "named"),
    [
        ({"skills": ["a", "b"], "scales": [1.0]}, "scales"),
        ({"skills": ["a"], "finetuned": ["b"], "tasks": ["SST-2"]}, "tasks"),
        ({"method": "della", "keep": 0.05}, "window"),
        ({"method": "soup"}, "method"),
    ],
)
def test_what_cannot_be_is_refused(raw: dict[str, object], named: str) -> None:
    with pytest.raises(ValidationError, match=named):
        CombineConfig.model_validate(raw)


def test_what_is_not_there_is_told_before_it_runs(tmp_path: Path) -> None:
    check = kinds()["combine"].check
    nothing = check(CombineConfig(), ())
    assert nothing is not None
    assert "nothing to combine" in nothing[0]
    assert check(CombineConfig(), ("skills",)) is None
    gone = check(CombineConfig(skills=(str(tmp_path / "none"),)), ())
    assert gone is not None
    assert "none" in gone[0]
    folder = check(CombineConfig(finetuned=(str(tmp_path),)), ())
    assert folder is not None
    assert "config.json" in folder[0]
    strange = check(CombineConfig(tasks=("no-task",)), ("skills",))
    assert strange is not None
    assert "combine.tasks" in strange[0]
