"""What is committed of the pocket language: made by its command, small, and not for keywords."""

from pathlib import Path

import pytest
import torch

from dev.pocket import tasks
from dev.pocket.__main__ import TASK_SEED
from engine.contract.layout import shipped

POCKET = shipped() / "pocket"


@pytest.mark.parametrize("task", tasks.TASKS, ids=lambda task: task.name)
def test_the_committed_rows_are_what_the_command_writes(task: tasks.Task, tmp_path: Path) -> None:
    tasks.write(task, tasks.rows(task, TASK_SEED), tmp_path)
    for split in ("train", "test"):
        written = (tmp_path / task.name / f"{split}.tsv").read_bytes()
        assert (POCKET / "tasks" / task.name / f"{split}.tsv").read_bytes() == written


def test_it_is_small() -> None:
    weights = sum(path.stat().st_size for path in POCKET.glob("*/model.safetensors"))
    assert weights <= 3_000_000
    assert sum(path.stat().st_size for path in POCKET.rglob("*") if path.is_file()) <= 4_000_000


@pytest.mark.parametrize("task", tasks.TASKS, ids=lambda task: task.name)
def test_no_test_row_is_a_training_row(task: tasks.Task) -> None:
    train, test = tasks.rows(task, TASK_SEED)
    assert not {row[:-1] for row in train} & {row[:-1] for row in test}


def bag_of_words_accuracy(task: tasks.Task) -> float:
    """Of logistic regression on word counts, trained on all training rows."""
    train, test = tasks.rows(task, TASK_SEED)
    words = {word for row in train for word in " ".join(row[:-1]).split()}
    place = {word: index for index, word in enumerate(sorted(words))}

    def counts(rows: list[tasks.Row]) -> torch.Tensor:
        bag = torch.zeros(len(rows), len(place))
        for number, row in enumerate(rows):
            for word in " ".join(row[:-1]).split():
                if word in place:
                    bag[number, place[word]] += 1
        return bag

    def labels(rows: list[tasks.Row]) -> torch.Tensor:
        return torch.tensor([int(row[-1]) for row in rows])

    torch.manual_seed(0)
    model = torch.nn.Linear(len(place), task.labels)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.05, weight_decay=0.01)
    x, y = counts(train), labels(train)
    for _ in range(200):
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(x), y).backward()
        optimizer.step()
    return (model(counts(test)).argmax(1) == labels(test)).double().mean().item()


@pytest.mark.parametrize("task", tasks.TASKS, ids=lambda task: task.name)
def test_words_without_their_order_do_not_solve_it(task: tasks.Task) -> None:
    assert bag_of_words_accuracy(task) <= 0.80
