"""`graftui resume`: what it queues and says, and what it refuses."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from graftui import settings
from graftui.models import RunStatus
from graftui.registry.store import Store
from graftui.scheduler import look
from tests.cli import study
from tests.cli.workplace import in_process

Graftui = Callable[..., str]
KILLED = {"status": RunStatus.failed, "reason": "killed"}


@pytest.fixture
def graftui(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Graftui:
    """Types a command where the films are, in this process; nothing of it is started."""
    study.films(tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(look, "ensure", lambda _: None)

    def typed(*arguments: str, code: int = 0) -> str:
        left, text = in_process(monkeypatch, list(arguments))
        assert left == code, text
        return text

    typed("ls")  # takes them in
    return typed


def change(id: str, **changes: Any) -> None:
    with Store.open(settings.load().db) as store:
        assert store.update(id, **changes)


def status(graftui: Graftui, id: str) -> str:
    return str(json.loads(graftui("show", id, "--json"))["status"])


def test_it_says_from_which_step_each_goes_on(graftui: Graftui) -> None:
    for id in ("a1", "b1"):
        change(id, **KILLED)
    state = Path("data/runs/a1/state")
    state.mkdir()
    for number, step in ((9, 90), (10, 100)):
        (state / f"{number}.json").write_text(json.dumps({"step": step, "bytes": 4}))
        (state / f"{number}.safetensors").write_bytes(b"1234")
    (state / "10.safetensors").write_bytes(b"12")  # the disk was full
    said = graftui("resume", "a1", "b1")
    assert "a1 (study-a1): goes on from step 90" in said
    assert "b1 (study-b1): goes on from its start" in said
    assert status(graftui, "a1") == status(graftui, "b1") == "queued"


def test_that_it_is_paused_is_said_once(graftui: Graftui) -> None:
    change("a1", **KILLED)
    change("b1", **KILLED, queue_group="one that was given up")
    graftui("queue", "pause")
    assert graftui("resume", "a1", "b1").count("paused:") == 1


def test_a_filter_leaves_out_what_cannot_go_on(graftui: Graftui) -> None:
    change("a1", **KILLED)
    change("a2", status=RunStatus.failed, reason="diverged")
    queued = json.loads(graftui("resume", "--filter", "kind=finetune", "--json"))
    assert queued == [{"id": "a1", "name": "study-a1", "kind": "finetune", "saved_step": None}]
    assert "no run meets this" in graftui("resume", "-f", "status=failed and reason=killed")


def test_what_has_finished_is_refused_with_what_to_do(graftui: Graftui) -> None:
    change("a1", **KILLED)
    said = graftui("resume", "a1", "b1", code=2)
    assert "Run b1 is finished." in said
    assert "graftui rerun b1" in said
    assert status(graftui, "a1") == "failed", "nothing was done"
