"""Answers: what the weights that a run scored said to each row, as a file (docs/answers.md).

Owns the form of answers.jsonl.gz. Its reader is graftui's, which has no torch.
"""

import gzip
import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.contract.layout import write_whole
from engine.contract.subjects import MODEL, Labels
from engine.data import TaskData
from engine.evaluate import Outcome

FORMAT = 1
_LEVEL = 4
"""Of gzip: half the time of its usual 6, for a tenth more bytes."""


@dataclass(frozen=True, slots=True)
class Answered:
    """What one set of weights answered to the rows of one split."""

    stage: str
    split: str
    outcome: Outcome
    labels: Labels
    subject: str = MODEL


def write_answers(path: Path, groups: Iterable[tuple[Answered, TaskData]]) -> None:
    """The file of all groups, each with the task that it answers, put in place whole."""
    lines = (line for group, data in groups for line in _lines(group, data))
    # No time in its header: the same answers are the same bytes.
    write_whole(path, gzip.compress("".join(lines).encode(), _LEVEL, mtime=0))


def _lines(group: Answered, data: TaskData) -> Iterator[str]:
    outcome, ids = group.outcome, data.row_ids[group.split]
    yield json.dumps({**_head(group, data), "rows": len(ids)}) + "\n"
    probabilities = outcome.logits.softmax(1).tolist()
    gold = outcome.labels.tolist()
    if data.bounds:
        for id, right, (_, high) in zip(ids, gold, probabilities, strict=True):
            yield f'["{id}",{_number(right)},{_number(high)}]\n'
        return
    said = outcome.predictions.tolist()
    for id, right, answer, each in zip(ids, gold, said, probabilities, strict=True):
        yield f'["{id}",{right},{answer},[{_numbers(each)}]]\n'


def _head(group: Answered, data: TaskData) -> dict[str, object]:
    about: dict[str, object] = {
        "v": FORMAT,
        "task": data.task,
        "subject": group.subject,
        "stage": group.stage,
        "split": group.split,
        "labels": dict(group.labels),
    }
    if data.bounds:
        return about | {"columns": ["id", "gold", "prediction"], "bounds": list(data.bounds)}
    columns = ["id", "gold", "prediction", "probabilities"]
    return about | {"columns": columns, "classes": list(data.labels)}


def _numbers(values: Sequence[float]) -> str:
    return ",".join(map(_number, values))


def _number(value: float) -> str:
    """As many digits as tell one float32 from the next; of what is no number, null."""
    return f"{value:.9g}" if math.isfinite(value) else "null"
