"""Data: from a task's config to tokenised prompts with their labels.

Owns prompts, label words and labels. Reading and sampling rows is in tasks/; batches are next
door. Knows no model but its tokenizer.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np

from engine.batches import Example
from engine.contract.catalog import Prompting, TaskSpec, tasks
from engine.contract.preflight import check_prompt, check_task
from engine.contract.prompts import PromptFileError, resolved
from engine.contract.remarks import merged_words
from engine.contract.sections import DemoConfig, TaskConfig
from engine.demos import Context, Demonstrations
from engine.errors import ConfigError
from engine.label_tokens import Answers, answers_of
from engine.room import UNKNOWN, Room
from engine.tasks import sources, template
from engine.tasks.readers import Row
from engine.tasks.row_ids import row_ids
from engine.tasks.template import Filler, Limits
from engine.tasks.whole import WholeFiller
from engine.tokenised import Tokenised, digest, tokenise

CAUSAL_LENGTH = 256
"""Longest input of a causal LM, where the task does not ask for more (reference code)."""

Progress = Callable[[str, int, int], None]
"""Told the split, rows done, and rows in all."""


@dataclass(frozen=True, slots=True)
class TaskData:
    """A task, ready for a model."""

    train: Sequence[Example]
    dev: Sequence[Example]
    tests: dict[str, Sequence[Example]]
    """Name of a test set -> its examples; the first is the one that scores go by."""
    label_words: tuple[str, ...]
    answers: Answers
    """Token ids of each class's answer."""
    metric: str
    """What selection and recovery go by."""
    contexts: int
    """Examples that one row stands for; they follow one another."""
    pad_id: int
    sample: str
    """The first training prompt, decoded, for the log."""
    notes: tuple[str, ...] = ()
    """What to know of the files, such as rows left out."""
    task: str = ""
    """Its name."""
    labels: tuple[str, ...] = ()
    """Names of the classes, in their order."""
    bounds: tuple[float, float] | None = None
    """Of a regression: the lowest and the highest score."""
    row_ids: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Split -> id of each of its rows."""

    @property
    def test(self) -> Sequence[Example]:
        """The first test set."""
        return next(iter(self.tests.values()))

    @property
    def longest(self) -> Example:
        """The row of most tokens."""
        parts = filter(len, (self.train, self.dev, *self.tests.values()))
        return max((_longest(part) for part in parts), key=_size)


def _longest(rows: Sequence[Example]) -> Example:
    return rows.longest if isinstance(rows, Tokenised) else max(rows, key=_size)


def _size(row: Example) -> int:
    return len(row.ids)


def spec_of(task: TaskConfig) -> TaskSpec:
    """The catalog's entry. Raises ConfigError for an unknown task or data folder."""
    if trouble := check_task(task.name, task.data):
        raise ConfigError(*trouble)
    return tasks()[task.name]


def prompting_of(task: TaskConfig, spec: TaskSpec) -> Prompting:
    """Prompt and label words: the task's own, changed by what the config gives.

    Several prompts are several lines. Raises ConfigError.
    """
    try:
        task = resolved(task)
    except PromptFileError as error:
        raise ConfigError(str(error)) from None
    default = spec.prompting(task.type)
    if default is None and not (task.prompt and task.label_words):
        raise ConfigError(
            f"{spec.name} has no {task.type} prompt of its own",
            "set task.prompt and task.label_words",
        )
    unknown = [label for label in task.label_words if label not in spec.labels]
    if unknown:
        raise ConfigError(
            f"task.label_words: {spec.name} has no label {unknown[0]!r}; "
            f"it has {', '.join(spec.labels)}"
        )
    words = {**(default.label_words if default else {}), **task.label_words}
    missing = [label for label in spec.labels if label not in words]
    if missing:
        raise ConfigError(f"task.label_words: no word for label {missing[0]!r}")
    prompt = task.prompt or (default.prompt if default else "")
    return Prompting(prompt=prompt, label_words={label: words[label] for label in spec.labels})


def load(
    task: TaskConfig, demo: DemoConfig, tokenizer: Any, cache: Path, progress: Progress,
    room: Room = UNKNOWN,
) -> TaskData:  # fmt: skip
    """Rows read, prompts filled, labels numbered, for a network with `room`.

    Raises ConfigError or DataError.
    """
    spec = spec_of(task)
    prompting = prompting_of(task, spec)
    splits = sources.read_rows(task, spec)
    also = {name: sources.also_rows(name, task, spec) for name in task.also_test}
    fillers, answers = _fillers(task, demo, spec, prompting, tokenizer, splits.train[0], room)
    shots = _demonstrations(task, demo, spec, splits.train)
    tokenizer_id = digest(tokenizer)

    def made(split: str, rows: list[Row]) -> Tokenised:
        labels = [label_of(row, spec) for row in rows]
        contexts = _contexts(rows, shots, own=split == "train")
        return tokenise(contexts, labels, fillers, tokenizer_id, cache, partial(progress, split))

    train, dev = made("train", splits.train), made("dev", splits.dev)
    tests = {name: made(name, rows) for name, rows in {**splits.tests, **also}.items()}
    room.check([*(s.largest for s in (train, dev, *tests.values())), *chain(*answers)], tokenizer)
    return TaskData(
        train=train,
        dev=dev,
        tests={**tests},
        label_words=tuple(prompting.label_words.values()),
        answers=answers,
        metric=spec.metric,
        contexts=len(train) // len(splits.train),
        pad_id=_pad_id(tokenizer, room),
        sample=tokenizer.decode(train[0].ids, clean_up_tokenization_spaces=False),
        notes=(*merged_words(task), *splits.notes),
        task=spec.name,
        labels=spec.labels,
        bounds=spec.bounds,
        row_ids=_row_ids(spec.name, {"dev": splits.dev, **splits.tests}) | _row_ids("", also),
    )


def _row_ids(task: str, splits: Mapping[str, Sequence[Row]]) -> dict[str, tuple[str, ...]]:
    """Of each split; `task`: whose rows they are, empty where each split is named by its task."""
    return {name: row_ids(task or name, rows) for name, rows in splits.items()}


@dataclass(frozen=True, slots=True)
class FirstExample:
    """The first training row as the model will see it."""

    ids: tuple[int, ...]
    answer: int
    label: float
    answers: Answers


def first_example(task: TaskConfig, demo: DemoConfig, tokenizer: Any) -> FirstExample:
    """The first training row, filled in. Raises ConfigError or DataError."""
    spec = spec_of(task)
    rows = sources.read_rows(task, spec).train
    fillers, answers = _fillers(task, demo, spec, prompting_of(task, spec), tokenizer, rows[0])
    shots = _demonstrations(task, demo, spec, rows)
    texts, shown = _contexts(rows, shots, own=True)[0][0]
    filled = fillers[0](texts, shown)
    return FirstExample(filled.ids, filled.answer, label_of(rows[0], spec), answers)


def label_of(row: Row, spec: TaskSpec) -> float:
    """Class of a row (int), or its score as a fraction of the bounds (float)."""
    if spec.bounds is None:
        return spec.labels.index(row.label)
    low, high = spec.bounds
    return (float(row.label) - low) / (high - low)


def _fillers(
    task: TaskConfig,
    demo: DemoConfig,
    spec: TaskSpec,
    prompting: Prompting,
    tokenizer: Any,
    sample: Row,
    room: Room = UNKNOWN,
) -> tuple[list[Filler], Answers]:
    """A filler for each prompt of the task, and the classes' answers after `sample`."""
    linear = task.type == "finetune"
    # A linear head needs no words.
    words = () if linear else tuple(prompting.label_words.values())
    answers = answers_of(words, tokenizer, task.type)
    limits = _limits(task, demo, spec, tokenizer, room, max(map(len, answers), default=0))
    prompts = prompting.prompt.split("\n")
    if linear and task.head != "mask":
        prompts = [_plain(spec, tokenizer)]
    elif trouble := check_prompt(task.model_copy(update={"prompt": prompting.prompt})):
        raise ConfigError(*trouble)
    if task.type == "prompt-demo":
        shape = len(spec.labels), len(spec.text)
        prompts = [template.with_demonstrations(prompt, *shape) for prompt in prompts]
    if task.type != "autoregressive" or not tokenizer.is_fast:  # others tell no offsets
        return [Filler(prompt, tokenizer, limits, answers) for prompt in prompts], answers
    fillers: list[Filler] = [
        WholeFiller(prompt, tokenizer, limits, words, sample.texts, task.bos) for prompt in prompts
    ]
    return fillers, _shared(fillers, words)


def _shared(fillers: Sequence[Filler], words: Sequence[str]) -> Answers:
    """The tokens of the answers, after whichever prompt. Raises ConfigError if that matters."""
    first, *others = (tuple(map(tuple, filler.answers)) for filler in fillers)
    if any(answers != first for answers in others) or len(set(first)) < len(words):
        raise ConfigError(
            f"the answers {', '.join(words)} are not told apart by the tokens after the prompts",
            "let all prompts end alike, and begin each of task.label_words with a space",
        )
    return first


def _plain(spec: TaskSpec, tokenizer: Any) -> str:
    """The input of a linear head: the sentences, each closed by [SEP] where there is one."""
    if tokenizer.cls_token_id is None or tokenizer.sep_token_id is None:
        return "*sent_0*" + "*+sent_1*" * (len(spec.text) - 1)
    return "*cls**sent_0**sep+*" + "*sent_1**sep+*" * (len(spec.text) - 1)


def _limits(
    task: TaskConfig, demo: DemoConfig, spec: TaskSpec, tokenizer: Any, room: Room, answer: int
) -> Limits:
    causal = task.type == "autoregressive"
    own = max(spec.max_length, CAUSAL_LENGTH) if causal else spec.max_length
    times = 2 if demo.double and task.type == "prompt-demo" else 1
    # A tokenizer without a limit of its own says 10^30.
    most = min(tokenizer.model_max_length, room.positions or tokenizer.model_max_length)
    longest = min(times * (task.max_length or own), most)
    return Limits(
        length=longest - (answer if causal else 0),
        first=task.first_sent_limit or spec.first_sent_limit,
        other=task.other_sent_limit or spec.other_sent_limit,
        cut=task.truncate,
    )


def _demonstrations(
    task: TaskConfig, demo: DemoConfig, spec: TaskSpec, train: Sequence[Row]
) -> Demonstrations | None:
    if task.type != "prompt-demo":
        return None
    values = [label_of(row, spec) for row in train]
    # Of a regression: the middle itself is low (LM-BFF), though it is high when shots are drawn.
    classes = np.array([int(value > 0.5 if spec.bounds else value) for value in values])
    return Demonstrations(train, classes, len(spec.labels), demo, task.data_seed)


def _contexts(
    rows: Sequence[Row], shots: Demonstrations | None, own: bool
) -> Sequence[Sequence[Context]]:
    return shots.draw(rows, own) if shots else [[(row.texts, ())] for row in rows]


def _pad_id(tokenizer: Any, room: Room) -> int:
    """What rows are padded with; a padding token that was added without a row for it is none."""
    known = (tokenizer.pad_token_id, tokenizer.eos_token_id, 0)
    return next(int(token) for token in known if token is not None and room.holds(token))
