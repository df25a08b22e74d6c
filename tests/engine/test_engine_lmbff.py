"""Demonstration contexts against LM-BFF's rule, stated here anew.

A context is drawn, so what is compared is the set of all that can be drawn: one answered training
row of each label, in the order of LM-BFF's label list, each sentence cut to its limit, the whole
to max_seq_length or, with double_demo, to twice that.
"""

from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from transformers import PreTrainedTokenizerFast

from engine.contract.sections import TaskConfig
from tests.engine.engine_bench import load_task

Example = tuple[tuple[str, ...], str]
"""Its sentences and its label."""


class Published(NamedTuple):
    """What LM-BFF's processors and scripts have for a task."""

    labels: tuple[str, ...]
    words: dict[str, str]
    pieces: tuple[str, ...]
    """The template, cut at its stars."""
    limits: tuple[int | None, int | None] = (None, None)
    doubled: bool = False
    median: float | None = None


INFER = ("cls", "first, last letter off", "?", "mask", ",", " second, lowered", "sep+")
PAIR = ("cls", "first", "mask", ",", " second, lowered", "sep+")
WAS = ("cls", "first", " It was", "mask", ".", "sep+")
TASKS = {
    "QNLI": Published(
        ("entailment", "not_entailment"), {"not_entailment": "No", "entailment": "Yes"}, INFER
    ),
    "RTE": Published(
        ("entailment", "not_entailment"), {"not_entailment": "No", "entailment": "Yes"}, INFER,
        (240, None),
    ),
    "STS-B": Published(("0", "1"), {"0": "No", "1": "Yes"}, PAIR, median=2.5),
    "mr": Published(
        ("0", "1"), {"0": "terrible", "1": "great"}, WAS, (110, 50), doubled=True
    ),
}  # fmt: skip
ROWS: dict[str, list[Example]] = {
    "QNLI": [
        (("Man runs.", "A man sleeps"), "entailment"),
        (("the film is good?", "It was fun"), "not_entailment"),
        (("he runs:", "The plot is dull"), "not_entailment"),
        (("one story.", "This is great"), "entailment"),
    ],
    "STS-B": [
        (("a man runs", "A man runs"), "5.0"),
        (("a film", "The plot"), "2.5"),
        (("he sleeps", "He has a film"), "1.2"),
        (("one story", "One of the best"), "2.6"),
    ],
    "mr": [
        (("the film is dull " * 40,), "0"),
        (("a deep plot",), "1"),
        (("grim",), "0"),
        (("the best story of the best cast " * 10,), "1"),
    ],
}
ROWS["RTE"] = ROWS["QNLI"]
COLUMNS = {"QNLI": (4, (1, 2), 3), "RTE": (4, (1, 2), 3), "STS-B": (10, (7, 8), 9)}


def write(root: Path, name: str) -> None:
    """The rows as all three files of the task's k-shot folder."""
    folder = root / name / "2-13"
    folder.mkdir(parents=True)
    width, places, last = COLUMNS.get(name, (2, (1,), 0))
    lines = [] if name == "mr" else ["header"]
    for texts, label in ROWS[name]:
        cells = ["x"] * width
        cells[last] = label
        for place, text in zip(places, texts, strict=True):
            cells[place] = text
        lines.append(("," if name == "mr" else "\t").join(cells))
    for split in ("train", "dev", "test"):
        ending = "csv" if name == "mr" else "tsv"
        (folder / f"{split}.{ending}").write_text("\n".join(lines) + "\n")


def polarity(label: str, task: Published) -> str:
    if task.median is None:
        return label
    return "0" if float(label) <= task.median else "1"


def segment(
    texts: tuple[str, ...], answer: str, task: Published, tokenizer: Any, first: bool
) -> Iterator[int]:
    """Ids of one example of a context: the input itself (`first`), or a demonstration."""

    def cut(text: str, place: int) -> list[int]:
        limit = task.limits[0 if first and place == 0 else 1]
        return list(tokenizer.encode(text, add_special_tokens=False)[:limit])

    for piece in task.pieces:
        if piece == "cls":
            yield from [tokenizer.cls_token_id] if first else []
        elif piece == "sep+":
            yield tokenizer.sep_token_id
        elif piece == "mask":
            yield tokenizer.mask_token_id if first else tokenizer.encode(" " + answer)[0]
        elif piece.startswith("first"):
            yield from cut(texts[0][:-1] if "off" in piece else texts[0], 0)
        elif piece.startswith(" second"):
            yield from cut(" " + texts[1][:1].lower() + texts[1][1:], 1)
        else:
            yield from tokenizer.encode(piece, add_special_tokens=False)


def contexts_of(row: Example, pool: list[Example], task: Published, tokenizer: Any) -> set[Any]:
    """All contexts that LM-BFF could draw for `row` from `pool`."""
    groups = [[e for e in pool if polarity(e[1], task) == label] for label in task.labels]
    found = set()
    for shown in product(*groups):
        ids = list(segment(row[0], "", task, tokenizer, first=True))
        for texts, label in shown:
            word = task.words[polarity(label, task)]
            ids += segment(texts, word, task, tokenizer, first=False)
        assert len(ids) <= 128 * (2 if task.doubled else 1)
        found.add(tuple(ids))
    return found


@pytest.mark.parametrize("name", TASKS)
def test_contexts_are_lm_bffs(tmp_path: Path, spaced: PreTrainedTokenizerFast, name: str) -> None:
    write(tmp_path, name)
    task, pool = TASKS[name], ROWS[name]
    config = TaskConfig(name=name, data=str(tmp_path), k=2, type="prompt-demo")
    loaded = load_task(config, spaced, samples=40, double=task.doubled)
    for split, own in ((loaded.train, True), (loaded.test, False)):
        for at, row in enumerate(pool):
            others = [one for one in pool if not (own and one is row)]
            drawn = {example.ids for example in split[40 * at : 40 * (at + 1)]}
            assert drawn == contexts_of(row, others, task, spaced)


@pytest.mark.parametrize("name", ["QNLI", "RTE"])
def test_logit_columns_are_lm_bffs(
    tmp_path: Path, spaced: PreTrainedTokenizerFast, name: str
) -> None:
    write(tmp_path, name)
    loaded = load_task(TaskConfig(name=name, data=str(tmp_path), k=2), spaced)
    assert [spaced.decode(answer).strip() for answer in loaded.answers] == ["Yes", "No"]
    columns = TASKS[name].labels
    assert [columns[int(row.label)] for row in loaded.test] == [label for _, label in ROWS[name]]


def test_the_filter_keeps_as_many_of_each_class_as_lm_bff() -> None:
    """Of 9 others in two classes, a rate of 0.7 keeps int(9 // 2 * 0.7) = 2 of each."""
    import numpy as np

    from engine.contract.sections import DemoConfig
    from engine.demos import Demonstrations
    from engine.tasks.readers import Row

    class Near(Demonstrations):
        """The row of the next number is the most similar."""

        def _similarity(self, rows: Any) -> Any:
            return -np.abs(np.subtract.outer(np.arange(len(rows)), np.arange(len(self.pool))))

    pool = [Row((f"row {at}",), str(at % 2)) for at in range(10)]
    config = DemoConfig(filter=True, filter_rate=0.7, samples=200)
    shots = Near(pool, np.array([at % 2 for at in range(10)]), 2, config, seed=13)
    shown = [{texts[place] for texts, _ in shots.draw(pool, own=True)[0]} for place in (1, 2)]
    assert shown == [{"row 2", "row 4"}, {"row 1", "row 3"}]
