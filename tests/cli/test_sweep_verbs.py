"""`graftui sweep`, typed: a grid of which one cell works, one fails and one hangs."""

import json
import time
from typing import Any

import pytest

from graftui.cli.sweeps import spread
from tests.cli.workplace import Workplace, in_process

GRID = ("--grid", "model.name=finish,fail,sleep", "--tag", "study")


def numbers(work: Workplace) -> dict[str, int]:
    counts: dict[str, int] = work.json("sweep", "show", "last")["counts"]
    return {state: number for state, number in counts.items() if number}


def wait(work: Workplace, **wanted: int) -> None:
    until = time.monotonic() + 300
    while (seen := numbers(work)) != wanted:
        assert time.monotonic() < until, seen
        time.sleep(0.1)


def test_from_the_plan_to_the_end(work: Workplace) -> None:
    plan = work.run("sweep", "both.toml", *GRID, "--dry-run")
    assert "3 cells: 6 runs (3 finetune, 3 graft)" in plan
    assert "nothing was queued" in plan
    assert not (work.path / "data" / "sweeps").exists()
    made = work.json("sweep", "both.toml", *GRID)
    assert (made["to_make"], len(made["queued"])) == (3, 6)
    wait(work, done=1, failed=1, running=1)
    shown = work.run("sweep", "show", made["id"])
    assert all(text in shown for text in ("✓", "✗ input", "●")), shown
    assert "nothing is to be made" in work.run("sweep", "run", "last", "--cells", "model=finish")
    assert "no terminal to ask at" in work.run("sweep", "cancel", "last", code=2)
    work.run("sweep", "cancel", "last", "--yes")
    assert numbers(work) == {"done": 1, "failed": 1, "missing": 1}
    chosen = ("--failed", "--cells", "model.name=fail", "--dry-run")
    again = work.json("sweep", "run", "last", *chosen)
    assert (again["cells"], len(again["plans"]), again["queued"]) == (1, 2, [])
    assert "failed" in work.run("watch", "--filter", "sweep=last", code=3)
    work.run("watch", "-f", "sweep=last and model.name=finish")
    assert "no run meets this" in work.run("watch", "-f", "sweep=last and tag=none")
    assert "No id and no filter" in work.run("watch", code=2)
    (listed,) = work.json("sweep", "ls")
    assert (listed["id"], listed["cells"], listed["counts"]["done"]) == (made["id"], 3, 1)
    assert made["id"] in work.run("sweep", "ls")
    assert len(work.json("ls", "-f", "sweep=last and kind=graft")) == 3
    assert "6 runs" in work.run("sweep", "rm", "last", "--runs", code=2), "counted, and asked"
    work.run("sweep", "rm", "last", "--runs", "--yes")
    assert (work.json("ls"), work.json("sweep", "ls")) == ([], [])


def test_a_search_from_the_first_trial_to_the_end(work: Workplace) -> None:
    asked = ("sweep", "both.toml", "--search", "model.name=finish,fail", "--maximize", "accuracy")
    made = work.json(*asked, "--trials", "3")
    states = {trial["at"]["model.name"]: trial["state"] for trial in made["told"]}
    assert states == {"finish": "done", "fail": "failed"}
    assert made["best"] == {
        "number": made["best"]["number"], "at": {"model.name": "finish"}, "state": "done",
        "figure": 0.75, "why": "",
    }  # fmt: skip
    assert all("the loss is nan" in t["why"] for t in made["told"] if t["state"] == "failed")
    shown = work.json("sweep", "show", made["id"])
    assert shown["best"] == {"at": {"model.name": "finish"}, "figure": 0.75}
    assert "2 of 3 trials" in work.run("sweep", "show", "last")
    runs = len(work.json("ls"))
    longer = work.run("sweep", "run", "last", "--trials", "4")
    assert longer.count("trial 3") >= 1, longer
    assert "no run of this sweep" in work.run("sweep", "cancel", "last", "--yes")
    assert runs <= len(work.json("ls")) <= runs + 2, "what is done is not done again"
    work.run("sweep", "rm", "last")
    assert not list((work.path / "data" / "sweeps").iterdir())


@pytest.fixture
def here(work: Workplace, monkeypatch: pytest.MonkeyPatch) -> Workplace:
    """The workplace as that of this process."""
    monkeypatch.chdir(work.path)
    for name, value in work.env.items():
        monkeypatch.setenv(name, value)
    return work


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("sweep both.toml", "Nothing varies"),
        ("sweep nobody --grid train.lr=1,2", "no recipe 'nobody'"),
        ("sweep both.toml --grid train.lr=1,2 --set train.lr=3", "is set, and is an axis"),
        ("sweep both.toml --grid train.lr=0", "No run was queued"),
        ("sweep both.toml --zip train.lr=1,2 train.steps=1", "as many values each"),
        ("sweep both.toml --grid train.lr=1 --skip status=failed", "no run yet"),
        ("sweep show last", "no sweep 'last'"),
        ("sweep both.toml --search train.lr=2..1", "has no inside"),
        ("sweep both.toml --search train.lr=1..2 --skip train.lr=1", "chooses its cells"),
        ("sweep both.toml --search train.lr=1..2 --grid train.lr=1", "is an axis, and searched"),
        ("sweep both.toml --search train.lr=1..2 --maximize nobody", "no key 'nobody'"),
        ("sweep both.toml --search train.lr=0..2", "No run was queued"),
        ("sweep both.toml --grid train.lr=1,2 --minimize loss", "Nothing is searched"),
    ],
)
def test_what_is_refused(
    here: Workplace, monkeypatch: pytest.MonkeyPatch, arguments: str, said: str
) -> None:
    code, text = in_process(monkeypatch, arguments.split())
    assert (code, said in " ".join(text.split())) == (2, True), text
    assert not (here.path / "data" / "sweeps").exists()
    assert not list((here.path / "data").glob("runs/*"))


def test_options_take_all_that_follow(here: Workplace, monkeypatch: pytest.MonkeyPatch) -> None:
    words = (
        "sweep both.toml --zip task.k=4,8 train.steps=10,20 --grid train.lr=1,2 task.data_seed=1"
    )
    code, text = in_process(monkeypatch, [*words.split(), "--random", "3", "--dry-run", "--json"])
    assert code == 0, text
    plan: dict[str, Any] = json.loads(text)
    assert (plan["cells"], len(plan["plans"])) == (3, 6)
    assert plan["id"] is None, "of what was looked at there is no sweep to show"


@pytest.mark.parametrize("how", [[], ["--json"]])
def test_a_file_that_is_no_sweep_is_named(
    here: Workplace, monkeypatch: pytest.MonkeyPatch, how: list[str]
) -> None:
    folder = here.path / "data" / "sweeps"
    folder.mkdir(parents=True)
    (folder / "broken.json").write_text("{")
    code, text = in_process(monkeypatch, ["sweep", "ls", *how])
    assert (code, "broken.json is no sweep" in text) == (0, True), text
    assert text.startswith("[]\n") == bool(how), "on standard error, beside the JSON"


def test_spread() -> None:
    typed = "pocket --grid a=1 b=2 -s c=3 d=4 --zip e=5 --tag f=6 g"
    told = "pocket --grid a=1 --grid b=2 -s c=3 d=4 --zip e=5 --tag f=6 g"
    assert " ".join(spread(typed.split(" "))) == told
