"""Demonstrations: who may be shown, beside whom, and how contexts are averaged."""

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

from engine.batches import shuffled_batches
from engine.contract.sections import DemoConfig, TaskConfig
from engine.demos import Demonstrations
from engine.errors import ConfigError
from engine.tasks.readers import Row
from tests.engine.engine_bench import load_task, session_of
from tests.engine.engine_zoo import FAMILIES


def rows(count: int, name: str = "row") -> list[Row]:
    return [Row((f"{name} {at}",), str(at % 3)) for at in range(count)]


def shots(pool: list[Row], **config: Any) -> Demonstrations:
    classes = np.array([int(row.label) for row in pool])
    return Demonstrations(pool, classes, 3, DemoConfig(**config), seed=13)


@given(each=st.integers(2, 5), samples=st.integers(1, 4), own=st.booleans())
def test_one_of_each_class_and_nobody_beside_itself(each: int, samples: int, own: bool) -> None:
    pool = rows(3 * each)
    asked = pool if own else rows(4, "new")
    label = {row.texts[0]: int(row.label) for row in pool}
    found = shots(pool, samples=samples).draw(asked, own)
    assert [len(contexts) for contexts in found] == [samples] * len(asked)
    for row, contexts in zip(asked, found, strict=True):
        for texts, classes in contexts:
            assert texts[0] == row.texts[0]
            assert [label[text] for text in texts[1:]] == list(classes) == [0, 1, 2]
            assert row.texts[0] not in texts[1:]
    assert found == shots(pool, samples=samples).draw(asked, own), "the same draws again"


def test_draws_reach_all_of_a_class_alike() -> None:
    found = shots(rows(12), samples=400).draw(rows(1, "new"), own=False)
    seen = Counter(texts[1] for texts, _ in found[0])
    assert set(seen) == {"row 0", "row 3", "row 6", "row 9"}
    assert min(seen.values()) > 60


def test_the_filter_keeps_the_most_similar(monkeypatch: pytest.MonkeyPatch) -> None:
    near = np.array([[0.1, 0.2, 0.3, 0.9, 0.8, 0.7, 0.5, 0.4, 0.6]])
    monkeypatch.setattr(Demonstrations, "_similarity", lambda *_: near)
    config = {"samples": 60, "filter": True, "filter_rate": 0.67}
    found = shots(rows(9), **config).draw(rows(1, "new"), own=False)
    shown = {text for texts, _ in found[0] for text in texts[1:]}
    assert shown == {"row 3", "row 6", "row 4", "row 7", "row 5", "row 8"}


def test_one_shot_leaves_nobody_to_show() -> None:
    with pytest.raises(ConfigError, match="no demonstration of class 0: task.k is too small"):
        shots(rows(3)).draw(rows(3), own=True)


def test_the_filter_without_its_package_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "sentence_transformers", None)
    with pytest.raises(ConfigError, match="needs the package sentence-transformers") as caught:
        shots(rows(9), filter=True).draw(rows(1, "new"), own=False)
    assert "graftui[demo]" in caught.value.hint


@pytest.fixture
def demo_task(task_folder: Path, plain: PreTrainedTokenizerFast) -> Any:
    config = TaskConfig(name="SST-2", data=str(task_folder), k=4, type="prompt-demo")
    return load_task(config, plain, samples=3)


def test_contexts_are_averaged_at_inference(demo_task: Any, tmp_path: Path) -> None:
    lm = FAMILIES["roberta"].build(max_position_embeddings=140)
    session = session_of(lm, demo_task, tmp_path)
    assert (demo_task.contexts, len(demo_task.test)) == (3, 3 * 24)
    outcome = session.evaluate(demo_task.test)
    assert outcome.logits.shape == (24, 2)
    session.model.eval()
    for row in (0, 2):
        with torch.no_grad():
            each = [
                session.model(
                    next(shuffled_batches([demo_task.test[3 * row + c]], 1, 0, 1, session.device))
                )
                for c in range(3)
            ]
        assert len({tuple(one.flatten().tolist()) for one in each}) > 1
        torch.testing.assert_close(outcome.logits[row], torch.cat(each).mean(0))


def test_training_takes_one_context_a_row_and_draws_it_anew(demo_task: Any) -> None:
    train = demo_task.train
    own = [example.ids[: example.answer] for example in train]
    batches = shuffled_batches(train, 4, 0, 1, torch.device("cpu"), contexts=3)
    passes = [[next(batches), next(batches)] for _ in range(12)]
    for both in passes:
        assert sum(len(batch) for batch in both) == 8, "every row once a pass"
    seen = {tuple(ids) for both in passes for batch in both for ids in batch.ids.tolist()}
    assert len(seen) > 12, "more than one context of a row is met"
    assert len(set(own)) <= 8
