"""Rows that are lost and gained, against a naive count; which answers are paired."""

import gzip
import json
import random
from pathlib import Path
from typing import Any

import pytest

from graftui.errors import UsageError
from graftui.models import Run
from graftui.results.answer_pairs import Change, pairs_of, question, table


def run(id: str, kind: str = "graft", task: str = "film") -> Run:
    config = {"task": {"name": task, "also_test": []}, "localizer": "fisher"}
    return Run(id=id, name=id, kind=kind, config=config, config_hash="", created_at=0.0)


def written(
    folder: Path,
    groups: dict[str, list[list[Any]]],
    task: str = "film",
    labels: dict[str, float] | None = None,
) -> Path:
    """Answers of each stage to the test set, and of none to dev."""
    folder.mkdir()
    lines: list[Any] = []
    for split in ("dev", "test"):
        for stage, rows in groups.items():
            rows = rows if split == "test" else []
            head = {"v": 1, "task": task, "subject": "model", "stage": stage, "split": split}
            lines += [
                {**head, "labels": labels or {}, "classes": ["no", "yes"], "rows": len(rows)},
                *rows,
            ]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    (folder / "answers.jsonl.gz").write_bytes(gzip.compress(text.encode()))
    return folder


def drawn(seed: int, count: int = 60) -> list[list[Any]]:
    """Rows of the same ids, answered by chance."""
    dice, gold = random.Random(seed), random.Random(0)
    rows = []
    for n in range(count):
        sure = round(dice.random(), 3)
        rows.append([f"r{n}", gold.randrange(2), int(sure > 0.5), [round(1 - sure, 3), sure]])
    return rows


def test_what_is_lost_and_gained_is_what_a_naive_count_says(tmp_path: Path) -> None:
    before, after = drawn(1), drawn(2)
    folder = written(tmp_path / "a", {"finetuned": before, "learnt_graft": after[::-1]})
    pairs = pairs_of([(run("a"), folder)])
    assert pairs.titles == ("a fine-tuned", "a fisher graft")
    lost = {a[0] for a, b in zip(before, after, strict=True) if a[2] == a[1] != b[2]}
    gained = {a[0] for a, b in zip(before, after, strict=True) if b[2] == a[1] != a[2]}
    assert {row.id for row in pairs.rows if row.change is Change.lost} == lost
    assert {row.id for row in pairs.rows if row.change is Change.gained} == gained
    drops = {a[0]: a[3][a[1]] - b[3][a[1]] for a, b in zip(before, after, strict=True)}
    assert {row.id: row.drop for row in pairs.rows} == pytest.approx(drops)
    changed = [abs(row.drop) for row in pairs.rows if row.change is not Change.same]
    assert changed == sorted(changed, reverse=True)
    made = table(pairs, {"r1": ("good", "film")}, Change.lost, most=3)
    rows = [row for _, row in made.lines()]
    assert len(rows) == 3
    assert made.notes[0] == f"film: of 60 rows {len(lost)} lost, {len(gained)} gained"
    assert made.notes[1] == f"3 of {len(lost)} shown"
    texts = {
        row.cells[-1].text: row.name for _, row in table(pairs, {"r1": ("a", "b")}, None).lines()
    }
    assert (texts["r1"], texts["r2"]) == ("a / b", "r2")


def test_of_two_runs_their_results_are_paired(tmp_path: Path) -> None:
    a = written(tmp_path / "a", {"finetuned": drawn(1), "learnt_graft": drawn(2)})
    b = written(tmp_path / "b", {"base_patch": drawn(3)})
    assert pairs_of([(run("a"), a), (run("b"), b)]).titles == ("a fisher graft", "b base patch")
    tuned = pairs_of([(run("c", "finetune"), written(
        tmp_path / "c", {"pretrained": drawn(1), "finetuned": drawn(2)}))])  # fmt: skip
    assert tuned.titles == ("c pretrained", "c fine-tuned")
    other = written(tmp_path / "d", {"base_patch": drawn(3)}, task="food")
    with pytest.raises(UsageError, match="no rows in common"):
        pairs_of([(run("a"), a), (run("d"), other)])
    with pytest.raises(UsageError, match="no such answers"):
        pairs_of([(run("e"), tmp_path)])


def test_a_question_is_of_the_task_as_it_was_stored(tmp_path: Path) -> None:
    folder = written(tmp_path / "a", {"finetuned": drawn(1), "learnt_graft": drawn(2)})
    pairs = pairs_of([(run("a"), folder)])
    asked = question(run("a"), pairs, ["r1"])
    assert (asked.task.name, asked.split, asked.ids) == ("film", "test", ("r1",))
    strange = run("a")
    strange.config["task"]["k"] = "many"
    with pytest.raises(UsageError, match="not one that this version reads"):
        question(strange, pairs, [])
