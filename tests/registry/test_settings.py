"""Where settings come from, and what is said of wrong ones."""

from pathlib import Path

import pytest

from graftui.errors import UsageError
from graftui.settings import KNOBS, at, load


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name in ("DB", "DATA", "JOBS", "GRACE", "POLL", "PYTHON", "WARM"):
        monkeypatch.delenv(f"GRAFTUI_{name}", raising=False)
    return tmp_path


def test_defaults_lie_in_the_working_directory(here: Path) -> None:
    assert load() == at(here)
    assert load().runs == here / "data" / "runs"
    assert load().data == here / "data"
    assert list(here.iterdir()) == []  # looking makes nothing


def test_flag_before_environment_before_file_before_default(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (here / "graftui.toml").write_text('jobs = 2\ngrace_s = 2.5\ndb = "f.db"')
    monkeypatch.setenv("GRAFTUI_JOBS", "3")
    monkeypatch.setenv("GRAFTUI_DATA", "elsewhere")
    found = load({"jobs": "4", "db": None})
    assert (found.jobs, found.grace_s, found.db) == (4, 2.5, here / "f.db")
    assert load().jobs == 3
    assert found.runs == here / "elsewhere" / "runs"
    assert found.cache == here / "elsewhere" / "cache"


def test_a_registry_in_a_folder_that_is_not_there_is_refused(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GRAFTUI_DB", "typo/deeper/runs.db")
    with pytest.raises(UsageError) as caught:
        load()
    assert caught.value.message.startswith("GRAFTUI_DB = ")
    assert str(here / "typo" / "deeper") in caught.value.message
    assert list(here.iterdir()) == [], "nothing is made"
    (here / "typo" / "deeper").mkdir(parents=True)
    assert load().db == here / "typo" / "deeper" / "runs.db"


def test_absolute_paths_and_home(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", "/home/someone")
    assert load({"db": str(tmp_path / "y.db")}).db == tmp_path / "y.db"
    assert load({"data": "~/d"}).runs == Path("/home/someone/d/runs")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("speed = 1", "no setting 'speed'"),
        ("jobs = 0", "graftui.toml: jobs = 0: should be a whole number, 1 or more"),
        ("jobs = 1.5", "should be a whole number"),
        ("grace_s = 'soon'", "should be seconds, 0 or more"),
        ("poll_s = nan", "should be seconds, 0.01 or more"),
        ("db = ''", "should be a path"),
        ("warm = 2", "graftui.toml: warm = 2: should be true or false"),
        ("jobs = ", "not valid TOML"),
    ],
)
def test_wrong_values_name_where_they_stand(here: Path, text: str, said: str) -> None:
    (here / "graftui.toml").write_text(text)
    with pytest.raises(UsageError) as caught:
        load()
    assert said in caught.value.message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("variable", "line", "warm"),
    [("", "", True), ("", "warm = false", False), ("0", "warm = true", False), ("on", "", True)],
)
def test_a_switch(
    here: Path, monkeypatch: pytest.MonkeyPatch, variable: str, line: str, warm: bool
) -> None:
    (here / "graftui.toml").write_text(line)
    monkeypatch.setenv("GRAFTUI_WARM", variable)
    assert load().warm is warm


def test_an_unknown_key_names_the_known_ones(here: Path) -> None:
    (here / "graftui.toml").write_text("speed = 1")
    with pytest.raises(UsageError) as caught:
        load()
    assert all(name in caught.value.hint for name in KNOBS)


def test_a_wrong_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GRAFTUI_GRACE", "-1")
    with pytest.raises(UsageError, match="GRAFTUI_GRACE = '-1'"):
        load()
