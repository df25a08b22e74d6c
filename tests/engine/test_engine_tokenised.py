"""The cache of tokenised rows: the same examples back, and a new key for all that matters."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transformers import PreTrainedTokenizerFast

from engine.batches import Example
from engine.tasks.template import Filler, Limits
from engine.tokenised import digest, tokenise

SST2 = "*cls**sent_0*_It_was*mask*.*sep+*"
TEXTS = [("the film is great",), ("",), ("a man sleeps and runs",)]


def made(folder: Path, tokenizer: Any, **changes: Any) -> tuple[list[Example], int]:
    """The examples, and how often progress was told: never when they come from the cache."""
    told: list[int] = []
    options: dict[str, Any] = {
        "texts": TEXTS,
        "labels": [1, 0, 1],
        "prompts": [SST2],
        "limits": Limits(32),
    }
    options |= {"words": [[8], [9]], "digest": digest(tokenizer), **changes}
    fillers = [
        Filler(prompt, tokenizer, options["limits"], options["words"])
        for prompt in options["prompts"]
    ]
    contexts = [[(texts, ())] for texts in options["texts"]]
    found = tokenise(
        contexts, options["labels"], fillers, options["digest"], folder, lambda n, _: told.append(n)
    )
    return list(found), len(told)


def test_the_second_time_nothing_is_tokenised(
    tmp_path: Path, plain: PreTrainedTokenizerFast
) -> None:
    first, told = made(tmp_path, plain)
    assert told
    assert made(tmp_path, plain) == (first, 0)
    fill = Filler(SST2, plain, Limits(32))
    for example, texts in zip(first, TEXTS, strict=True):
        filled = fill(texts)
        assert (example.ids, example.answer) == (filled.ids, filled.answer)
    assert [type(example.label) for example in first] == [int] * 3


CHANGES: dict[str, Any] = {
    "texts": [("the film is good",), *TEXTS[1:]],
    "labels": [0, 0, 1],
    "scores": [1.0, 0.0, 1.0],
    "prompts": [SST2.replace("was", "is")],
    "more prompts": [SST2, SST2],
    "limits": Limits(32, first=2),
    "words": [[8], [10]],
    "digest": "another tokenizer",
}


@pytest.mark.parametrize("name", CHANGES)
def test_all_that_matters_makes_another_file(
    tmp_path: Path, plain: PreTrainedTokenizerFast, name: str
) -> None:
    made(tmp_path, plain)
    key = {"more prompts": "prompts", "scores": "labels"}.get(name, name)
    _, told = made(tmp_path, plain, **{key: CHANGES[name]})
    assert told, "not the other one's cache"
    assert len(list(tmp_path.iterdir())) == 2


def test_a_damaged_file_is_made_anew(tmp_path: Path, plain: PreTrainedTokenizerFast) -> None:
    first, _ = made(tmp_path, plain)
    (file,) = tmp_path.iterdir()
    file.write_bytes(file.read_bytes()[:50])
    again, told = made(tmp_path, plain)
    assert (again, bool(told)) == (first, True)


def test_tokenizers_are_told_apart(
    plain: PreTrainedTokenizerFast, spaced: PreTrainedTokenizerFast
) -> None:
    assert digest(plain) != digest(spaced)
    assert digest(plain) == digest(plain)


WORDS = st.lists(st.sampled_from(["film", "great", "🙂", "x\ty", "the"]), max_size=30)


@settings(max_examples=30, deadline=None)
@given(texts=st.lists(WORDS, min_size=1, max_size=5))
def test_any_rows_come_back(
    tmp_path_factory: pytest.TempPathFactory,
    plain: PreTrainedTokenizerFast,
    texts: list[list[str]],
) -> None:
    rows = [(" ".join(words),) for words in texts]
    found, _ = made(tmp_path_factory.mktemp("cache"), plain, texts=rows, labels=[0.25] * len(rows))
    fill = Filler(SST2, plain, Limits(32), [[8], [9]])
    for example, row in zip(found, rows, strict=True):
        filled = fill(row)
        assert example == Example(filled.ids, filled.answer, filled.segments, 0.25)
