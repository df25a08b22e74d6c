"""Where a task's files lie, and what is said of a folder that is one too high or too low."""

from pathlib import Path

import pytest

from engine.contract import preflight
from engine.contract.catalog import tasks
from engine.contract.files import MissingFiles, TaskFiles, task_files
from engine.contract.kinds.finetune import FinetuneConfig
from engine.contract.remarks import remarks
from engine.contract.sections import TaskConfig

SST2 = tasks()["SST-2"]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """LM-BFF's data folder: k-shot/ and original/, each with a folder a task."""
    for folder in ("k-shot/SST-2/16-13", "k-shot/SST-2/16-21", "k-shot/mr/16-13", "original/SST-2"):
        spec = tasks()[Path(folder).parts[1]]
        (tmp_path / folder).mkdir(parents=True)
        for split in ("train", "dev", "test"):
            (tmp_path / folder / f"{split}.{spec.format}").touch()
    return tmp_path


def files(source: Path, **task: object) -> TaskFiles:
    config = {"name": "SST-2", "data": str(source), **task}
    return task_files(TaskConfig.model_validate(config), SST2)


@pytest.mark.parametrize("below", ["k-shot", "k-shot/SST-2"])
def test_a_sample_is_found_from_its_tasks_folder_or_from_all(data: Path, below: str) -> None:
    folder = data / "k-shot/SST-2/16-21"
    assert files(data / below, data_seed=21) == TaskFiles(
        folder / "train.tsv", folder / "dev.tsv", {"test": folder / "test.tsv"}
    )


def test_shots_that_are_drawn_need_the_original_files(data: Path) -> None:
    folder = data / "original/SST-2"
    assert files(data / "original") == TaskFiles(
        folder / "train.tsv", None, {"test": folder / "dev.tsv"}
    )


@pytest.mark.parametrize(
    ("below", "hints"),
    [
        ("", ["did you mean task.data={}/k-shot or {}/original?"]),
        ("k-shot/SST-2/16-13", ["did you mean task.data={}/k-shot?"]),
        ("k-shot/SST-2/16-21", ["did you mean task.data={}/k-shot?"]),
        ("k-shot/mr", ["check task.data"]),
        ("original/SST-2/none", ["layout"]),
    ],
)
def test_a_folder_too_high_or_too_low(data: Path, below: str, hints: list[str]) -> None:
    (data / "original/SST-2/none").mkdir()
    with pytest.raises(MissingFiles) as caught:
        files(data / below)
    assert [hint for hint in hints if hint.format(data, data) not in caught.value.hint] == []


def test_what_is_missing_is_refused_at_planning(data: Path) -> None:
    def trouble(**task: object) -> str:
        config = {"name": "SST-2", "data": str(data / "k-shot"), **task}
        return " ".join(preflight.check(FinetuneConfig.model_validate({"task": config})) or ())

    assert trouble() == ""
    assert "neither 32-13/ nor train.tsv" in trouble(k=32)
    assert "one of: 16-13, 16-21" in trouble(data_seed=7)
    assert "imdb" in trouble(also_test=("imdb",))
    assert trouble(also_test=("mr",)) == ""
    (data / "k-shot/SST-2/16-13/dev.tsv").unlink()
    assert "16-13/dev.tsv" in trouble()
    (data / "k-shot/SST-2/16-21/test.tsv").unlink()
    assert "copy that there as test.tsv" in trouble(data_seed=21)


@pytest.mark.parametrize("source", ["~nobody-of-that-name/data", "a\0b", "x" * 200])
def test_a_folder_that_cannot_be_is_no_crash(source: str) -> None:
    assert preflight.check_task("SST-2", source)
    assert preflight.check_model(f"./{source}")


@pytest.mark.parametrize(
    ("task", "train", "said"),
    [
        ({}, {}, []),
        ({"label_words": {"0": "bad"}}, {}, ["the task's own words to other labels: 1 = 'great'"]),
        ({"label_words": {"0": "bad", "1": "good"}}, {}, []),
        ({"label_words": {"0": "bad"}, "type": "finetune"}, {}, ["no effect with task.type"]),
        ({"k": 2}, {"batch_size": 4}, []),
        ({"k": 2}, {"batch_size": 5}, ["train.batch_size = 5 is above the 4 training rows"]),
    ],
)
def test_what_may_not_be_meant_is_said(
    task: dict[str, object], train: dict[str, object], said: list[str]
) -> None:
    config = FinetuneConfig.model_validate({"task": task, "train": train})
    found = remarks(config)
    assert len(found) == len(said)
    assert all(words in remark for words, remark in zip(said, found, strict=True))


def test_words_that_would_be_the_same_once_merged_are_refused() -> None:
    task = TaskConfig(label_words={"0": "great"})
    trouble = preflight.check(FinetuneConfig(task=task))
    assert trouble
    assert "0 = 'great', 1 = 'great'" in trouble[0]
