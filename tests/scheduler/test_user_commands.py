"""Commands of a user's own: their table, who has allowed them, and what they are told of a run."""

import io
import tempfile
from pathlib import Path

import pytest

from graftui import trust
from graftui.errors import UsageError
from graftui.models import Run
from graftui.scheduler.commands import Command, call, commands
from graftui.settings import at

RUN = Run(id="k3f9qz", name="$(touch owned); `x` 'y", kind="finetune", config={}, config_hash="",
          created_at=0.0)  # fmt: skip


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ("[commands.sync]\nkey = 'f6'", "has no `run`"),
        ("[commands.sync]\nrun = 3", "run should be a line of text"),
        ('[commands.sync]\nrun = "a\\nb"', "run should be a line of text"),
        ("[commands.sync]\nrun = 'x'\nshell = 'zsh'", "has no setting 'shell'"),
        ("[commands.sync]\nrun = 'x'\nkey = 'f6,'", "key names no key"),
        ("[commands]\nsync = 'x'", "[commands.sync] should be a table"),
        ("[commands.'a b']\nrun = 'x'", "is no name of a command"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, table: str, said: str) -> None:
    (tmp_path / "graftui.toml").write_text(table)
    with pytest.raises(UsageError) as caught:
        commands(at(tmp_path))
    assert said in caught.value.message
    assert caught.value.hint


def test_nothing_is_called_that_nobody_has_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    file = tmp_path / "graftui.toml"
    file.write_text("[commands.sync]\nrun = 'echo 1'\nkey = 'f6'\n")
    with pytest.raises(trust.NotAllowed) as refusal:
        commands(at(tmp_path))
    assert "echo 1" in refusal.value.message
    trust.allow(refusal.value.file, refusal.value.name, refusal.value.value)
    assert commands(at(tmp_path)) == (Command("sync", "echo 1", "f6"),)
    for other in ("run = 'echo 2'\nkey = 'f6'\n", "run = 'echo 1'\nkey = 'j'\n"):
        file.write_text(f"[commands.sync]\n{other}")
        with pytest.raises(trust.NotAllowed):
            commands(at(tmp_path))


def test_a_run_is_told_in_the_environment_alone(tmp_path: Path) -> None:
    line = 'printf "%s|" "$GRAFTUI_RUN" "$GRAFTUI_NAME" "$GRAFTUI_RUN_DIR"; exit 3'
    with tempfile.TemporaryFile() as output:
        assert call(at(tmp_path), Command("say", line), RUN, output) == 3
        output.seek(0, io.SEEK_SET)
        folder = tmp_path / "data" / "runs" / RUN.id
        assert output.read().decode() == f"{RUN.id}|{RUN.name}|{folder}|"
    assert not (tmp_path / "owned").exists()
