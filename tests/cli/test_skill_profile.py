"""graftui skill profile: how an update's profile is shown."""

import json
from typing import Any

import pytest

from tests import pretend
from tests.cli.workplace import Workplace

MOVED = {"weights": 50, "changed": 10, "beyond": [6, 4, 1], "hidden": 5, "norm": 1.0, "unseen": 0.1}
ANSWER: dict[str, Any] = {
    "total": {"weights": 100, "changed": 30, "beyond": [12, 8, 2], "hidden": 10, "norm": 2.0,
              "unseen": 0.25},
    "tensors": [
        MOVED | {"name": "a.bias", "shape": [50], "dtypes": ["float32", "float32"], "norm": 0.2},
        MOVED | {"name": "b.weight", "shape": [5, 10], "dtypes": ["float32", "float32"],
                 "spectral": 0.75, "rank": 5, "method": "randomized", "at_least": True},
    ],
    "sizes": [{"least": 0.25, "weights": 99, "changed": 30},
              {"least": 0.5, "weights": 1, "changed": 0}],
    "exact_in_bfloat16": False,
}  # fmt: skip


@pytest.fixture
def pair(work: Workplace) -> Workplace:
    for name in ("base", "tuned"):
        (work.path / name).mkdir()
    said = pretend.answered("skill.profile", ANSWER)
    work.env["GRAFTUI_PYTHON"] = pretend.answering(work.path, said)
    return work


def test_the_tensors_that_moved_most_come_first(pair: Workplace) -> None:
    out = pair.run("skill", "profile", "base", "tuned")
    lines = [" ".join(line.split()) for line in out.splitlines()]
    assert lines[1:3] == [
        "b.weight 50 20 % 12 % 8 % 2 % 25 % ~0.75 >=5 of 5", "a.bias 50 20 % 12 % 8 % 2 % 1 %",
    ]  # fmt: skip
    assert "all 100 30 % 12 % 8 % 2 % 100 %" in lines
    assert "0.25 to 0.5 99 % 30.3 %" in lines
    said = " ".join(lines)
    assert "30 % of 100 weights changed. Of these, 60 % moved by one unit" in said
    assert "33.3 % would not show in bfloat16: there 20 % of the weights" in said
    assert "at most 0.25 in all (norm), beside the 2 that is seen" in said
    assert "a.bias" not in pair.run("skill", "profile", "base", "tuned", "-n", "1")


def test_its_json_is_the_answer(pair: Workplace) -> None:
    about = json.loads(pair.run("skill", "profile", "base", "tuned", "--json"))
    assert about["total"] == ANSWER["total"]
    assert about["tensors"][1]["rank"] == 5
    asked = json.loads((pair.path / "asked").read_text())
    assert asked["finetuned"] == str(pair.path / "tuned")
