"""A working directory that an earlier graftui left: all that could be done with it still can be.

tests/golden holds its registry and run folders (less the checkpoints), and what the verbs printed
of it then. Never make these anew: add others beside them.
"""

import json
import shutil
import sqlite3
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from engine.contract.questions.messages import Answered
from engine.tools.answering import answered
from tests.cli.workplace import Workplace

GOLDEN = Path(__file__).parents[1] / "golden"
THERE = "/home/ada/study"
"""Where that working directory was."""
PRINTED: dict[str, Any] = json.loads((GOLDEN / "printed.json").read_text())
"""Command line, less --json where it has that -> what it printed."""


@pytest.fixture
def home(work: Workplace) -> Workplace:
    """That directory, as if it had always been here."""
    shutil.copytree(GOLDEN / "home", work.path, dirs_exist_ok=True)
    for card in work.path.glob("data/runs/*/run.json"):
        card.write_text(card.read_text().replace(THERE, str(work.path)))
    with sqlite3.connect(work.path / "runs.db") as db:
        db.execute("UPDATE runs SET folder = replace(folder, ?, ?)", (THERE, str(work.path)))
    return work


def unlike(then: Any, now: Any, at: str = "") -> list[str]:
    """Where `now` lacks something of `then` or says it otherwise; more it may have."""
    if isinstance(then, dict) and isinstance(now, dict):
        return [d for key in then for d in unlike(then[key], now.get(key), f"{at}.{key}")]
    if isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        return [d for i, old in enumerate(then) for d in unlike(old, now[i], f"{at}[{i}]")]
    return [] if then == now else [f"{at}: {then!r} is now {now!r}"]


def printed(home: Workplace, command: str) -> Any:
    as_json = [] if command.startswith("export") else ["--json"]
    return json.loads(home.run(*command.split(), *as_json).replace(str(home.path), THERE))


@pytest.mark.parametrize("command", PRINTED)
def test_it_prints_what_it_printed(home: Workplace, command: str) -> None:
    assert not unlike(PRINTED[command], printed(home, command))


def test_a_registry_made_from_the_folders_equals_the_one_that_was_there(home: Workplace) -> None:
    (home.path / "runs.db").unlink()
    assert "read 9 run folders anew" in home.run("doctor", "--rebuild")
    for command in PRINTED:
        assert not unlike(PRINTED[command], printed(home, command))


def test_a_graft_of_then_is_run_again_with_its_fine_tuning(home: Workplace) -> None:
    home.run("rerun", "first", "--set", "graft.steps=3", "--detach")
    graft, tuning = home.json("ls", "--limit", "2")
    assert (graft["kind"], graft["config"]["steps"]) == ("graft", 3)
    assert tuning["kind"] == "finetune", "its checkpoint is gone"
    assert tuning["config_hash"] == home.json("show", "rcuett")["config_hash"]


def test_a_skill_of_then_goes_in_and_out(home: Workplace) -> None:
    model = home.path / "model"
    shutil.copytree(Path(__file__).parents[2] / "data" / "pocket" / "masked-lm", model)
    skill = home.path / "data" / "runs" / "8vr7ar" / "skill.safetensors"
    before = digest(model)
    for verb, changed in (("install", True), ("uninstall", False)):
        question = {"name": f"skill.{verb}", "skill": str(skill), "model": str(model)}
        assert isinstance(answered(json.dumps(question), lambda far: None), Answered)
        assert (digest(model) != before) is changed


def digest(model: Path) -> bytes:
    return sha256((model / "model.safetensors").read_bytes()).digest()
