"""Runs over their seeds: which are peers, what they are called, and what their figures come to."""

import csv
import io
import json
from typing import Any

import numpy as np
import pyarrow.parquet
import pytest

from graftui.measured import Score
from graftui.models import Run, RunStatus
from graftui.results.cells import Role
from graftui.results.export.cells import FORMATS
from graftui.results.peer_figures import figures
from graftui.results.peers import each_alone, peers
from graftui.results.side_by_side import compare
from graftui.results.trials import Entry


def entry(id: str, accuracy: float, k: int = 16, lr: float = 0.1, seed: int = 13) -> Entry:
    """A fine-tuning that scored so."""
    config: dict[str, Any] = {
        "kind": "finetune", "task": {"name": "T", "k": k, "data_seed": seed},
        "model": {"name": "m"}, "train": {"lr": lr, "seed": 0}, "compute": {"threads": seed},
    }  # fmt: skip
    run = Run(id=id, name="n", kind="finetune", config=config, config_hash=id, created_at=0.0,
              status=RunStatus.finished)  # fmt: skip
    return Entry(run, (Score("finetuned", "test", {}, {"accuracy": accuracy, "ece": 0.1}),))


STUDY = [
    entry("a", 0.5), entry("b", 0.75, seed=21), entry("c", 0.5, lr=0.2), entry("d", 0.5, k=4),
    entry("e", 1.0, k=4, seed=21),
]  # fmt: skip


def test_runs_that_differ_in_seeds_alone_are_peers_whatever_they_were_computed_with() -> None:
    columns = peers(STUDY)
    assert [column.ids for column in columns] == [("a", "b"), ("c",), ("d", "e")]
    assert [column.label for column in columns] == ["k 16, lr 0.1", "k 16, lr 0.2", "k 4, lr 0.1"]
    assert columns[0].seeds == ((13, 0, None), (21, 0, None))
    assert [column.ids for column in peers(STUDY, ())] == [("a",), ("b",), ("c",), ("d",), ("e",)]
    (alone,) = peers([STUDY[0]])
    assert alone.label == "finetune"


def test_a_cell_has_mean_and_deviation_of_its_runs() -> None:
    side = compare([e.run for e in STUDY], {e.run.id: e.scores for e in STUDY})
    table = figures(side, peers(STUDY))
    rows = {row.name: row.cells for _, row in table.lines()}
    values = [[0.5, 0.75], [0.5], [0.5, 1.0]]
    assert [cell.value for cell in rows["finetuned accuracy"]] == [np.mean(v) for v in values]
    assert [cell.text for cell in rows["finetuned accuracy"]] == [
        f"62.5 ± {100 * np.std(values[0], ddof=1):.1f}", "50.0",
        f"75.0 ± {100 * np.std(values[2], ddof=1):.1f}",
    ]  # fmt: skip
    assert [cell.role for cell in rows["finetuned accuracy"]] == [
        Role.plain, Role.plain, Role.best,
    ]  # fmt: skip
    assert {cell.role for cell in rows["finetuned ece"]} == {Role.plain}, "all are as good"
    assert "task.data_seed" in rows, "the second column lacks a seed of the others"
    assert "task.name" not in rows
    assert "task.name" in {row.name for _, row in figures(side, peers(STUDY), True).lines()}
    alone = figures(side, each_alone([e.run for e in STUDY]))
    assert alone.heads == tuple("abcde")
    assert not alone.notes


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_has_what_the_screen_has(form: str) -> None:
    side = compare([e.run for e in STUDY], {e.run.id: e.scores for e in STUDY})
    table = figures(side, peers(STUDY))
    text = FORMATS[form](table)
    if isinstance(text, bytes):
        assert pyarrow.parquet.read_table(io.BytesIO(text)).num_rows == len(list(table.lines()))
        return
    if form.endswith("csv"):
        rows = list(csv.DictReader(io.StringIO(text)))
        assert [row[""] for row in rows] == [row.name for _, row in table.lines()]
        assert float(rows[-2]["k 4, lr 0.1"]) == 0.75
    elif form in ("json", "jsonl"):
        read = json.loads(text if form == "json" else f"[{','.join(text.splitlines())}]")
        assert read[-2]["values"][2] == {
            "column": "k 4, lr 0.1", "value": 0.75, "text": "75.0 ± 35.4",
        }  # fmt: skip
    else:
        for _, row in table.lines():
            assert all(cell.text.partition(" ±")[0] in text for cell in row.cells)
        assert r"75.0 $\pm$ 35.4" in text or "75.0 ± 35.4" in text
