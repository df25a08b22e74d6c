"""What a run's models answered to each row, read back from answers.jsonl.gz (docs/answers.md).

Owns how much of such a file is believed: bounded lines, rows and bytes, however small the file.
Refuses one that is torn, that unpacks without end, or whose rows are not what its headers say.
"""

import gzip
import json
import math
import stat
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from engine.contract.subjects import labels_of, word
from graftui.errors import UsageError

LONGEST_LINE = 1 << 16
"""Bytes of a line."""
MOST_BYTES = 1 << 28
"""Of the unpacked file: some millions of rows."""
MOST_ROWS = 1 << 20
"""Of a group, which is what is in memory at once."""
_MOST_CLASSES = 1000
_VERSION = 1


class Answer(NamedTuple):
    """What was answered to one row."""

    id: str
    """The same for the same row in every run."""
    gold: float
    """Number of the right class; of a regression the score, as a fraction of its bounds."""
    prediction: float
    """Number of the class that was answered; of a regression as `gold`."""
    probabilities: tuple[float, ...] = ()
    """Of each class; nan where there was none. Empty for a regression."""


@dataclass(frozen=True, slots=True)
class Answers:
    """What one set of weights answered to the rows of one split."""

    task: str
    subject: str
    stage: str
    split: str
    labels: Mapping[str, str | float]
    """Of a graft its `sparsity`."""
    classes: tuple[str, ...]
    """Their names; empty for a regression."""
    bounds: tuple[float, float] | None
    """Of a regression: the lowest and the highest score."""
    rows: tuple[Answer, ...]

    @property
    def what(self) -> str:
        """These weights in one word, but for their sparsity."""
        return word(self.subject, self.stage, self.labels)


def answers_of(run_dir: Path) -> Iterator[Answers]:
    """The groups of a run's answers, one after the other, as they were scored; none without a file.

    Raises UsageError where the file is not what it should be, behind the groups before that.
    """
    path = run_dir / "answers.jsonl.gz"
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise ValueError("is no file")
        with gzip.open(path) as file:
            lines = _lines(file.readline)
            for line in lines:
                yield _group(json.loads(line), lines)
    except FileNotFoundError:
        return
    except (OSError, EOFError, zlib.error, ValueError, RecursionError) as error:
        raise UsageError(
            f"The answers in {path} cannot be read: {error}.",
            "Run it again, or copy the file anew.",
        ) from None


def _lines(readline: Callable[[int], bytes]) -> Iterator[bytes]:
    total = 0
    while line := readline(LONGEST_LINE):
        if not line.endswith(b"\n"):
            raise ValueError("a line has no end")
        total += len(line)
        if total > MOST_BYTES:
            raise ValueError(f"it unpacks to more than {MOST_BYTES >> 20} MiB")
        yield line


def _group(head: Any, lines: Iterator[bytes]) -> Answers:
    if not isinstance(head, dict) or head.get("v") != _VERSION:
        raise ValueError(f"it is not of version {_VERSION}")
    count, classes = head.get("rows"), tuple(_list(head, "classes", str))
    if type(count) is not int or not 0 <= count <= MOST_ROWS or len(classes) > _MOST_CLASSES:
        raise ValueError("a header gives too many rows or classes")
    bounds = tuple(_list(head, "bounds", int | float))
    if (len(bounds) == 2) == bool(classes):
        raise ValueError("a header gives neither classes nor bounds, or both")
    rows = []
    for _ in range(count):
        line = next(lines, None)
        if line is None:
            raise ValueError("rows are missing")
        rows.append(_answer(json.loads(line), len(classes)))
    return Answers(
        task=_text(head, "task"),
        subject=_text(head, "subject"),
        stage=_text(head, "stage"),
        split=_text(head, "split"),
        labels=labels_of(head.get("labels")),
        classes=classes,
        bounds=(float(bounds[0]), float(bounds[1])) if bounds else None,
        rows=tuple(rows),
    )


def _answer(row: Any, classes: int) -> Answer:
    """Raises ValueError for a row that is none."""
    if not isinstance(row, list) or len(row) != (4 if classes else 3) or type(row[0]) is not str:
        raise ValueError("a row is none")
    id, gold, prediction, *rest = row
    if not classes:
        return Answer(id, _number(gold), _number(prediction))
    if not all(type(answer) is int and 0 <= answer < classes for answer in (gold, prediction)):
        raise ValueError("a row is of no class")
    (each,) = rest
    if not isinstance(each, list) or len(each) != classes:
        raise ValueError("a row lacks a probability of each class")
    return Answer(id, gold, prediction, tuple(map(_number, each)))


def _number(value: Any) -> float:
    if value is None:
        return math.nan
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 1:
        raise ValueError("a row has a value that is no fraction")
    return float(value)


def _text(head: Mapping[str, Any], name: str) -> str:
    value = head.get(name)
    if not isinstance(value, str):
        raise ValueError(f"a header has no {name}")
    return value


def _list(head: Mapping[str, Any], name: str, form: Any) -> list[Any]:
    values = head.get(name, [])
    if not isinstance(values, list) or not all(isinstance(value, form) for value in values):
        raise ValueError(f"a header has {name} that are none")
    return values
