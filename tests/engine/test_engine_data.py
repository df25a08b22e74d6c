"""From a task's config to batches: label words, labels, padding and order."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

from engine import batches, data
from engine.contract.sections import TaskConfig
from engine.errors import ConfigError, DataError
from tests.engine.engine_bench import load_task, rows

CPU = torch.device("cpu")


def loaded(folder: Path, tokenizer: PreTrainedTokenizerFast, **task: Any) -> data.TaskData:
    raw = {"name": "SST-2", "data": str(folder), "k": 4, **task}
    return load_task(TaskConfig.model_validate(raw), tokenizer)


def test_examples_stand_for_the_files_rows(task: data.TaskData, plain: Any) -> None:
    lines = rows(8, 1)
    assert [e.label for e in task.train] == [int(line.split("\t")[1]) for line in lines]
    for example, line in zip(task.train, lines, strict=True):
        expected = f"<s> {line.split(chr(9))[0]} It was <mask> . </s>"
        assert " ".join(plain.convert_ids_to_tokens(list(example.ids))) == expected
    assert [plain.decode(list(answer)) for answer in task.answers] == ["terrible", "great"]
    assert (len(task.dev), len(task.test)) == (8, 24)


def test_label_words_take_the_token_with_a_space(
    task_folder: Path, spaced: PreTrainedTokenizerFast
) -> None:
    ids = sum(loaded(task_folder, spaced).answers, ())
    assert spaced.convert_ids_to_tokens(list(ids)) == ["Ġterrible", "Ġgreat"]
    found = loaded(task_folder, spaced, type="autoregressive", label_words={"0": "bad"})
    assert spaced.convert_ids_to_tokens(list(sum(found.answers, ()))) == ["bad", "Ġpositive"]


def test_own_prompt_and_words(task_folder: Path, plain: PreTrainedTokenizerFast) -> None:
    found = loaded(
        task_folder, plain, prompt="*mask*:*sent_0*", label_words={"1": "good", "0": "bad"}
    )
    assert found.label_words == ("bad", "good"), "the classes keep the task's order"
    assert found.sample.startswith("<mask> :")
    assert {e.answer for e in found.train} == {0}


@pytest.mark.parametrize(
    ("task", "words"),
    [
        ({"label_words": {"0": "dreadful"}}, ["'dreadful'", "not one token"]),
        ({"label_words": {"0": "not bad"}}, ["'not bad'", "not bad"]),
        ({"label_words": {"7": "bad"}}, ["no label '7'", "0, 1"]),
        ({"prompt": "*cls**sent_0*_It_was.*sep+*"}, ["no *mask*"]),
        ({"prompt": "*cls**snt_0**mask*"}, ["*snt_0*"]),
        ({"prompt": "*sent_1**mask*"}, ["sentence 1"]),
        ({"max_length": 8, "prompt": "a a a a a a a a a *mask*"}, ["task.max_length = 8"]),
    ],
)
def test_a_wrong_task_is_named(
    task_folder: Path, plain: PreTrainedTokenizerFast, task: dict[str, Any], words: list[str]
) -> None:
    with pytest.raises(ConfigError) as caught:
        loaded(task_folder, plain, **task)
    assert [word for word in words if word not in caught.value.message] == []
    assert caught.value.hint or "label '7'" in caught.value.message


def test_an_unknown_label_is_named(tmp_path: Path, plain: PreTrainedTokenizerFast) -> None:
    for split in ("train", "dev", "test"):
        path = tmp_path / "SST-2" / "4-13" / f"{split}.tsv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("sentence\tlabel\nthe film\tgood\n")
    with pytest.raises(DataError, match="tsv, row 2 has the label 'good', .* SST-2 are 0, 1"):
        loaded(tmp_path, plain)


def example(length: int, label: int = 0) -> batches.Example:
    return batches.Example(tuple(range(5, 5 + length)), length // 2, (0,) * length, label)


@given(lengths=st.lists(st.integers(1, 9), min_size=1, max_size=12), tokens=st.integers(1, 40))
def test_batches_hold_every_row_once_and_pad_to_the_longest(
    lengths: list[int], tokens: int
) -> None:
    examples = [example(length, at) for at, length in enumerate(lengths)]
    seen = []
    for chosen, batch in batches.sorted_batches(examples, tokens, pad_id=1, device=CPU):
        assert len(batch) == len(chosen)
        assert batch.ids.numel() <= tokens or len(chosen) == 1
        assert batch.ids.shape == (len(chosen), max(lengths[i] for i in chosen))
        for row, index in enumerate(chosen):
            kept = batch.attention[row].bool()
            assert batch.ids[row][kept].tolist() == list(examples[index].ids)
            assert batch.ids[row][~kept].eq(1).all()
            assert int(batch.label[row]) == index
            assert int(batch.answer[row]) == examples[index].answer
        seen += chosen
    assert sorted(seen) == list(range(len(lengths)))


def test_training_batches_pass_over_all_rows_in_a_new_order() -> None:
    examples = [example(3, at) for at in range(7)]

    def passes(seed: int) -> list[list[int]]:
        endless = batches.shuffled_batches(examples, 3, seed, 1, CPU)
        return [sum((next(endless).label.tolist() for _ in range(3)), []) for _ in range(3)]

    first = passes(0)
    assert [sorted(one) for one in first] == [list(range(7))] * 3
    assert len({tuple(one) for one in first}) > 1, "each pass has an order of its own"
    assert passes(0) == first
    assert passes(1) != first


def test_a_short_sample_says_how_the_prompt_looks(task: data.TaskData) -> None:
    assert Counter(e.label for e in task.train) == {0: 4, 1: 4}
    assert task.sample.startswith("<s> the")
    assert "It was<mask>" in task.sample.replace("was <mask>", "was<mask>")
