"""For tests of the engine: one thread, and models and tasks that are quick to make."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch
from transformers import PreTrainedTokenizerFast

from engine import data
from engine.contract.layout import RunDir
from engine.contract.sections import TaskConfig
from engine.contract.warming import Begin, Start
from graftui.scheduler.environment import for_engines
from graftui.scheduler.executors import warm as warming
from graftui.scheduler.executors.warm import Warm
from graftui.settings import at
from tests.engine.engine_bench import finetuning, load_task, run_here, write_model, write_task
from tests.engine.engine_tokens import plain_tokenizer, spaced_tokenizer

torch.set_num_threads(1)


@pytest.fixture(scope="session")
def plain() -> PreTrainedTokenizerFast:
    return plain_tokenizer()


@pytest.fixture(scope="session")
def spaced() -> PreTrainedTokenizerFast:
    return spaced_tokenizer()


@pytest.fixture(scope="session")
def model_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random RoBERTa of two layers on disk. Not to be written to."""
    return write_model(tmp_path_factory.mktemp("model"))


@pytest.fixture(scope="session")
def task_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SST-2's files with four rows a class. Not to be written to."""
    return write_task(tmp_path_factory.mktemp("task"))


@pytest.fixture(scope="session")
def task(task_folder: Path, plain: PreTrainedTokenizerFast) -> data.TaskData:
    return load_task(TaskConfig(name="SST-2", data=str(task_folder), k=4), plain)


@pytest.fixture(scope="session")
def fork(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[RunDir], int]]:
    """Starts the engine of a run as a child of this process, forked from a warm one, which saves
    its seconds of imports: its process number.
    """
    patch = pytest.MonkeyPatch()
    patch.setattr(warming, "_FORKING_S", 300.0)  # on a busy machine 20 s were not enough
    warm, env = Warm(at(tmp_path_factory.mktemp("warm"))), for_engines()
    until = time.monotonic() + 300
    while not warm.ready(env):
        assert time.monotonic() < until
        time.sleep(0.05)

    def forked(place: RunDir) -> int:
        start = Start([str(place.path)], str(place.path), env)
        with place.output.open("ab") as output:
            pid = warm.fork(start, output, lambda pid: Begin())
        assert pid, "no warm engine came up"
        return pid

    yield forked
    warm.close()
    patch.undo()


@pytest.fixture(scope="session")
def tuned(tmp_path_factory: pytest.TempPathFactory, model_folder: Path, task_folder: Path) -> Path:
    """The checkpoint of a short fine-tuning of `model_folder`. Not to be written to."""
    raw = finetuning(model_folder, task_folder, steps=60)
    ran = run_here(tmp_path_factory.mktemp("tuned"), raw)
    assert ran.code == 0, ran.place.events.read_text()
    return ran.place.checkpoint
