"""The labelled rows of the four few-shot tasks. Reads no file, trains nothing.

Rows are balanced, distinct, and shuffled; the same text is never in train and test, and `held_out`
names every sentence that must not occur in the corpus.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random

from dev.pocket import corpus, grammar, words

TRAIN_ROWS, TEST_ROWS = 1200, 800

Row = tuple[str, ...]  # the text or the two texts, then the label


@dataclass(frozen=True)
class Task:
    """A few-shot task: how to draw a row with a given label."""

    name: str
    header: tuple[str, ...]
    labels: int
    draw: Callable[[Random, int], tuple[str, ...]]  # the texts of one row


def _film(rng: Random, label: int) -> tuple[str, ...]:
    return (grammar.opinion(rng, words.FILM, label == 1, grammar.TASK_MIX),)


def _food(rng: Random, label: int) -> tuple[str, ...]:
    return (grammar.opinion(rng, words.FOOD, label == 1, grammar.TASK_MIX),)


def _topic(rng: Random, label: int) -> tuple[str, ...]:
    return (grammar.topical(rng, label, replace(grammar.TASK_MIX, simple=0.0)),)


def _agreement(rng: Random, label: int) -> tuple[str, ...]:
    domain, praise = rng.choice(words.DOMAINS), rng.random() < 0.5
    first = grammar.opinion(rng, domain, praise, replace(grammar.TASK_MIX, simple=0.7))
    agreed = praise if label == 1 else not praise
    return (first, corpus.second(rng, domain, agreed, grammar.TASK_MIX))


TASKS = (
    Task("film-sentiment", ("text", "label"), 2, _film),
    Task("food-sentiment", ("text", "label"), 2, _food),
    Task("topic", ("text", "label"), len(words.TOPICS), _topic),
    Task("agreement", ("text_a", "text_b", "label"), 2, _agreement),
)


def rows(task: Task, seed: int) -> tuple[list[Row], list[Row]]:
    """Train and test rows, each balanced over the labels."""
    rng = Random(f"{task.name}-{seed}")
    seen: set[str] = set()
    parts: tuple[list[Row], list[Row]] = ([], [])
    for part, count in zip(parts, (TRAIN_ROWS, TEST_ROWS), strict=True):
        while len(part) < count:
            label = len(part) % task.labels
            texts = task.draw(rng, label)
            if texts[0] not in seen:
                seen.add(texts[0])
                part.append((*texts, str(label)))
        rng.shuffle(part)
    return parts


def held_out(all_rows: list[list[Row]]) -> frozenset[str]:
    """The opening sentences of all rows: what the corpus must not contain."""
    return frozenset(row[0] for part in all_rows for row in part)


def write(task: Task, parts: tuple[list[Row], list[Row]], folder: Path) -> None:
    """train.tsv and test.tsv under folder/<task name>."""
    home = folder / task.name
    home.mkdir(parents=True, exist_ok=True)
    for name, part in zip(("train", "test"), parts, strict=True):
        lines = ["\t".join(line) for line in [task.header, *part]]
        (home / f"{name}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
