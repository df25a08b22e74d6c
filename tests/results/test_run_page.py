"""What a run's page says beside its scores: attempts, files, cards, cells of its map."""

import signal
from dataclasses import replace
from pathlib import Path
from typing import Any

from graftui import kinds
from graftui.kinds import Card
from graftui.measured import Artifact
from graftui.models import Attempt, Run, RunStatus
from graftui.results.attempts import TITLES, rows
from graftui.results.files import files_in
from graftui.results.maps import Cell, GraftMap, RunMap, Tensor, about


def run_of(status: RunStatus, **summary: float) -> Run:
    return Run(id="r", name="r", kind="graft", config={}, config_hash="", created_at=0.0,
               status=status, summary=summary)  # fmt: skip


def test_each_attempt_says_how_it_ended_and_what_it_took() -> None:
    begun: dict[str, Any] = {"host": "gpu1", "pid": 7, "started_at": 100.0}
    attempts = [
        Attempt(n=1, **begun, ended_at=160.0, signal=signal.SIGKILL, peak_bytes=2_000_000_000),
        Attempt(n=2, **begun, ended_at=103.0, exit_code=1, peak_gpu_bytes=3_000_000),
        Attempt(n=3),
        Attempt(n=4, **begun, resumed_step=1200),
    ]
    running = [dict(zip(TITLES, row, strict=True))
               for row in rows(run_of(RunStatus.running), attempts, 130.0)]  # fmt: skip
    assert [row["end"] for row in running] == ["SIGKILL", "exit 1", "never began", "at work"]
    assert [row["took"] for row in running] == ["1:00 min", "3 s", "–", "30 s"]
    assert [row["memory"] for row in running] == ["2 GB", "–", "–", "–"]
    assert running[1]["GPU memory"] == "3 MB"
    assert running[3]["from step"] == "1,200"
    assert running[3]["where"] == "local 7 on gpu1"
    ended = rows(run_of(RunStatus.lost), attempts, 130.0)
    assert ended[3][2:4] == ("–", "not seen")
    by_its_word = replace(run_of(RunStatus.finished), ended_at=220.0)
    assert rows(by_its_word, attempts, 300.0)[3][2:4] == ("2:00 min", "not seen")
    assert rows(run_of(RunStatus.queued), [], 0.0) == []


def test_files_are_what_was_made_and_what_else_lies_there(tmp_path: Path) -> None:
    (tmp_path / "checkpoint").mkdir()
    (tmp_path / "checkpoint" / "model.bin").write_bytes(b"123")
    (tmp_path / "attempts").mkdir()
    (tmp_path / "attempts" / "1.json").write_text("{}")
    (tmp_path / "config.json").write_text("{}")
    made = {"checkpoint": Artifact("checkpoint", "checkpoint", 3),
            "skill": Artifact("skill", "skill", 9, gone=True)}  # fmt: skip
    assert files_in(tmp_path, made) == (
        made["checkpoint"], made["skill"], Artifact("attempts/1.json", "attempts", 2),
        Artifact("config.json", "what to do", 2),
    )  # fmt: skip
    assert files_in(tmp_path / "none", {}) == ()


def test_a_graft_has_a_card_of_its_smallest_size() -> None:
    cards = kinds.shown("graft").cards
    known = {"weights": 40, "recovery": 0.95, "low": 0.9, "high": 0.99, "more": 1}
    assert cards({"recover": known}) == (
        Card("smallest graft", (
            ("weights", "weights", 40.0), ("recovers %", "recovery", 0.95),
            ("at least %", "recovery", 0.9), ("at most %", "recovery", 0.99),
        )),
    )  # fmt: skip
    for broken in ({}, {"recover": None}, {"recover": {"weights": "x"}}, {"recover": [1]}):
        assert cards(broken) == ()
    assert kinds.shown("finetune").cards({"recover": known}) == ()
    assert kinds.shown("no such kind").cards({}) == ()


def test_a_cell_says_how_much_denser_it_is_than_the_model() -> None:
    tensors = (
        Tensor("a", "layer", 0, "query", "weight", 90),
        Tensor("b", "layer", 0, "query", "bias", 10),
        Tensor("c", "layer", 1, "query", "weight", 100),
        Tensor("d", "head", None, "head", "weight", 200),
    )
    few, many = (
        GraftMap("", "learnt_graft", {"sparsity": s}, "", counts)
        for s, counts in ((0.01, (3, 1, 0, 0)), (0.1, (10, 10, 10, 10)))
    )
    located = RunMap("m", tensors, (few, many))
    assert located.at(few, "query", 0) == Cell(4, 100, 4, 400)
    dense = located.at(few, "query", 0)
    assert dense
    assert (dense.share, dense.enrichment) == (0.04, 4.0), "all of it in a quarter of the model"
    assert located.at(few, "query", None) is None
    assert located.at(GraftMap("", "", {}, "", (0, 0, 0, 0)), "head", None) == Cell(0, 200, 0, 400)
    empty = located.at(GraftMap("", "", {}, "", (0, 0, 0, 0)), "head", None)
    assert empty
    assert empty.enrichment is None
    assert (located.modules, located.layers) == (("query", "head"), (None, 0, 1))
    assert few.title("fisher", several=True) == "fisher graft at 0.01"
    assert few.title("fisher", several=False) == "fisher graft"
    assert about(run_of(RunStatus.finished, weights=4.0), located) == 0
    assert about(run_of(RunStatus.finished), located) == 1
