"""`graftui paper`: every item can be planned, and its table is made of what is there."""

import json
from pathlib import Path
from typing import get_args

import pytest

from graftui.errors import UsageError
from graftui.planning.paper import ScaleName, item_of, items, sweep_of
from graftui.planning.sweeps import making
from graftui.settings import at
from tests.cli.conftest import Graftui
from tests.cli.workplace import Workplace


@pytest.mark.parametrize("name", items())
def test_every_item_can_be_planned_offline(name: str, tmp_path: Path) -> None:
    outcome = making.make(sweep_of(items()[name], "tiny"), at(tmp_path), queue=False)
    assert outcome.plan.to_make == len(outcome.cells) > 1
    for scale in get_args(ScaleName):
        assert making.count(sweep_of(items()[name], scale)) > 1


def test_settings_and_axes_as_typed_take_the_place_of_the_scales() -> None:
    item = item_of("accuracy")
    made = sweep_of(item, "tiny", ["task.k=4", "train.lr=0.5"], ["task.data_seed=1,2,3"])
    assert made.axes.grid["task.k"] == (4,)
    assert made.axes.grid["task.data_seed"] == (1, 2, 3)
    assert made.sets["train.lr"] == 0.5
    assert made.sets["model.name"] == "pocket:masked-lm"
    with pytest.raises(UsageError, match="no such setting"):
        sweep_of(item, "tiny", ["task.shots=4"])


def test_what_is_missing_has_its_rows_and_is_told(graftui: Graftui) -> None:
    made = json.loads(graftui("paper", "table", "accuracy", "--json"))
    names = [row["name"] for row in made["rows"]]
    assert names == ["pocket-film, 8", "pocket-film, 16", "pocket-food, 8", "pocket-food, 16"]
    assert all(row["values"][-1]["value"] is None for row in made["rows"]), "the paper has none"
    assert any("missing: 8 of 8 cells" in note for note in made["notes"])
    for name in items():
        assert "missing" in graftui("paper", "table", name)


def test_the_papers_own_figures_stand_beside(graftui: Graftui, tmp_path: Path) -> None:
    folder = tmp_path / "SST-2" / "16-13"
    folder.mkdir(parents=True)
    for split in ("train", "dev", "test"):
        rows = "".join(f"a film {n}\t{n % 2}\n" for n in range(32))
        (folder / f"{split}.tsv").write_text(f"sentence\tlabel\n{rows}")
    asked = ("--grid", "task.name=SST-2", "--grid", "task.data_seed=13")
    said = graftui("paper", "table", "ece", *asked, "--set", f"task.data={tmp_path}", "--json")
    (row,) = json.loads(said)["rows"]
    assert row["name"] == "SST-2"
    assert row["values"][-1]["value"] == items()["ece"].published["SST-2"]


def test_an_item_that_is_not_there_is_told(graftui: Graftui) -> None:
    assert "There is no table" in graftui("paper", "plan", "eec", code=2)


ONE_CELL = ("accuracy", "--scale", "tiny", "--set", "model.name=scored", "--set", "task.k=8",
            "--grid", "task.name=pocket-film", "--grid", "task.data_seed=13")  # fmt: skip


def test_an_item_goes_from_its_plan_to_its_table(work: Workplace) -> None:
    """By an engine that pretends: it scores each fine-tuned model with an accuracy of 0.75."""
    assert "2 runs" in work.run("paper", "plan", *ONE_CELL)
    assert work.json("ls") == [], "a plan makes none"
    said = work.run("paper", "run", *ONE_CELL)
    assert "pocket-film" in said
    assert "75.0" in said
    assert sorted(run["kind"] for run in work.json("ls")) == ["finetune", "graft"]
    made = work.json("paper", "table", *ONE_CELL)
    (row,) = made["rows"]
    assert row["name"] == "pocket-film, 8"
    assert {"value": 0.75}.items() <= row["values"][0].items()
    assert not [note for note in made["notes"] if "missing" in note]
    work.run("paper", "run", *ONE_CELL)
    assert len(work.json("ls")) == 2, "what is done is not done again"
