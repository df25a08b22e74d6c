"""A folder's graftui.toml does not choose the program that is run, unless its user said so once."""

import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from graftui import trust
from graftui.errors import UsageError
from graftui.settings import load

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "sent"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    for name in ("DB", "DATA", "JOBS", "GRACE", "POLL", "PYTHON"):
        monkeypatch.delenv(f"GRAFTUI_{name}", raising=False)
    (folder / "graftui.toml").write_text('python = "./x.sh"\n')
    return folder


def test_refused_until_allowed_and_then_for_this_file_and_value_alone(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match="./x.sh") as refusal:
        load()
    assert str(here / "graftui.toml") in refusal.value.message
    assert "GRAFTUI_PYTHON" in refusal.value.hint
    trust.allow(here / "graftui.toml", "python", "./x.sh")
    assert load().python == "./x.sh"
    (here / "graftui.toml").write_text('python = "./y.sh"\n')
    with pytest.raises(UsageError, match="./y.sh"):
        load()
    other = tmp_path / "another"
    here.rename(other)
    monkeypatch.chdir(other)
    (other / "graftui.toml").write_text('python = "./x.sh"\n')
    with pytest.raises(UsageError, match="./x.sh"):
        load()


def test_the_environment_and_a_flag_are_the_users_own(monkeypatch: pytest.MonkeyPatch) -> None:
    assert load({"python": "/a/python"}).python == "/a/python"
    monkeypatch.setenv("GRAFTUI_PYTHON", "/b/python")
    assert load().python == "/b/python"


@pytest.mark.parametrize("kept", ["", "{", "[]", '{"python": 3}', '{"python": {"x": null}}'])
def test_a_damaged_list_allows_nothing_and_is_made_anew(here: Path, kept: str) -> None:
    file = trust._kept()
    file.parent.mkdir(parents=True)
    file.write_text(kept)
    with pytest.raises(UsageError):
        load()
    trust.allow(here / "graftui.toml", "python", "./x.sh")
    assert load().python == "./x.sh"


@pytest.mark.parametrize(("answer", "code"), [("y", 0), ("n", 2)])
def test_a_terminal_is_asked_once(here: Path, answer: str, code: int, empty_registry: Path) -> None:
    """The program is not run by asking."""
    shutil.copy(empty_registry, here)
    (here / "x.sh").write_text(f'#!/bin/sh\ntouch {here}/ran\nexec {sys.executable} "$@"\n')
    (here / "x.sh").chmod(0o755)
    environment = os.environ | {"PYTHONPATH": str(ROOT), "COLUMNS": "200"}
    command = [sys.executable, "-m", "graftui", "ls"]
    main, side = pty.openpty()
    os.write(main, f"{answer}\n".encode())
    done = subprocess.run(command, env=environment, stdin=side, stdout=side, stderr=side)
    said = os.read(main, 1 << 16).decode()
    os.close(side)
    os.close(main)
    assert done.returncode == code
    assert "./x.sh" in said
    again = subprocess.run(command, env=environment, stdin=subprocess.DEVNULL, capture_output=True)
    assert again.returncode == code
    assert not (here / "ran").exists()
