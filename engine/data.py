"""Data: from a task's config to batches of token ids, padded to their own longest row.

Owns finding the files, the few-shot split and the label words. Knows no model.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch

from engine.contract.catalog import Prompting, TaskSpec, tasks
from engine.contract.config import TaskConfig
from engine.contract.layout import shipped
from engine.contract.preflight import check_task
from engine.errors import ConfigError, DataError
from engine.tasks import readers, sampling, template
from engine.tasks.readers import Row


@dataclass(frozen=True, slots=True)
class Splits:
    """The rows of a task."""

    train: list[Row]
    dev: list[Row]
    test: list[Row]


@dataclass(frozen=True, slots=True)
class Example:
    """One filled prompt and its class."""

    ids: tuple[int, ...]
    answer: int
    segments: tuple[int, ...]
    label: int


@dataclass(frozen=True, slots=True)
class Batch:
    """Examples as tensors, padded on the right."""

    ids: torch.Tensor  # (B, T) int64
    attention: torch.Tensor  # (B, T) int64, 1 at tokens
    segments: torch.Tensor  # (B, T) int64
    answer: torch.Tensor  # (B,) int64, position of the answer
    label: torch.Tensor  # (B,) int64

    def __len__(self) -> int:
        return len(self.label)


@dataclass(frozen=True, slots=True)
class TaskData:
    """A task, ready for a model."""

    train: list[Example]
    dev: list[Example]
    test: list[Example]
    label_words: tuple[str, ...]
    label_ids: tuple[int, ...]
    """Token of each class's label word."""
    pad_id: int
    sample: str
    """The first training prompt, decoded, for the log."""


def spec_of(task: TaskConfig) -> TaskSpec:
    """The catalog's entry. Raises ConfigError for an unknown task or data folder."""
    if trouble := check_task(task.name, task.data):
        raise ConfigError(*trouble)
    return tasks()[task.name]


def prompting_of(task: TaskConfig, spec: TaskSpec) -> Prompting:
    """Prompt and label words: the task's own, changed by what the config gives."""
    default = spec.prompting(task.type)
    if default is None and not (task.prompt and task.label_words):
        raise ConfigError(
            f"{spec.name} has no {task.type} prompt of its own",
            "set task.prompt and task.label_words",
        )
    labels = list(spec.masked.label_words)
    unknown = [label for label in task.label_words if label not in labels]
    if unknown:
        raise ConfigError(
            f"task.label_words: {spec.name} has no label {unknown[0]!r}; it has {', '.join(labels)}"
        )
    words = {**(default.label_words if default else {}), **task.label_words}
    missing = [label for label in labels if label not in words]
    if missing:
        raise ConfigError(f"task.label_words: no word for label {missing[0]!r}")
    prompt = task.prompt or (default.prompt if default else "")
    return Prompting(prompt=prompt, label_words={label: words[label] for label in labels})


def read_rows(task: TaskConfig, spec: TaskSpec) -> Splits:
    """The rows of the task: train and dev of K a class, and the test rows.

    `task.data` is a folder holding `TASK/K-SEED/` (k-shot) or `TASK/` (original: sampled
    here), or `hub`, or `hub:NAME`. Raises DataError.
    """
    if task.data == "hub" or task.data.startswith("hub:"):
        splits = _from_hub(task, spec)
    else:
        splits = _from_files(task, spec)
    for name in ("train", "dev", "test"):
        if not getattr(splits, name):
            raise DataError(f"{task.data or spec.name}: there are no {name} rows", "check the file")
    limit = task.test_rows or None
    return Splits(splits.train, splits.dev, splits.test[:limit])


def _from_hub(task: TaskConfig, spec: TaskSpec) -> Splits:
    assert spec.hub is not None  # check_task saw to it
    path = task.data.removeprefix("hub").removeprefix(":") or spec.hub.path
    pool, test = readers.read_hub(spec.hub, path, list(spec.masked.label_words))
    train, dev = sampling.k_shot(pool, lambda row: row.label, task.k, task.data_seed)
    return Splits(train, dev, test)


def _from_files(task: TaskConfig, spec: TaskSpec) -> Splits:
    folder = _folder(task, spec)
    shots = folder / f"{task.k}-{task.data_seed}"
    suffix = spec.format
    if shots.is_dir():
        train, dev, test = (
            readers.read_file(shots / f"{split}.{suffix}", spec)
            for split in ("train", "dev", "test")
        )
        return Splits(train, dev, test)
    source = folder / f"train.{suffix}"
    if not source.exists():
        there = sorted(path.name for path in folder.iterdir() if path.is_dir())
        raise DataError(
            f"{folder} holds neither {shots.name}/ nor train.{suffix}",
            f"set task.k and task.data_seed to one of: {', '.join(there)}"
            if there
            else "give a folder in LM-BFF's k-shot or original layout as task.data",
        )
    records = readers.read_lines(source, spec)
    picked = sampling.k_shot(
        records, lambda record: readers.parse(record, spec, source).label, task.k, task.data_seed
    )
    train, dev = ([readers.parse(record, spec, source) for record in half] for half in picked)
    # In LM-BFF's original layout the labelled test set of a GLUE task is its dev file.
    tests = [folder / f"{split}.{suffix}" for split in ("test", "dev")]
    return Splits(train, dev, readers.read_file(next(filter(Path.exists, tests), tests[0]), spec))


def _folder(task: TaskConfig, spec: TaskSpec) -> Path:
    root = Path(task.data).expanduser() if task.data else shipped() / spec.home
    named = root / (spec.folder or spec.name)
    return named if named.is_dir() else root


def label_token(word: str, tokenizer: Any, kind: str) -> int:
    """The one token of a label word, with a leading space where the tokenizer knows one.

    Raises ConfigError if the word is not a single known token.
    """
    forms = [word] if kind == "autoregressive" else [f" {word}", word]
    for form in forms:
        ids = tokenizer.encode(form, add_special_tokens=False)
        if len(ids) == 1 and ids[0] != tokenizer.unk_token_id:
            return int(ids[0])
    pieces = tokenizer.convert_ids_to_tokens(tokenizer.encode(forms[0], add_special_tokens=False))
    raise ConfigError(
        f"label word {word!r} is not one token of this tokenizer: {' '.join(pieces)}",
        "choose another with task.label_words, such as --set task.label_words.0=bad",
    )


def load(task: TaskConfig, tokenizer: Any) -> TaskData:
    """Rows read, prompts filled, labels numbered. Raises ConfigError or DataError."""
    spec = spec_of(task)
    prompting = prompting_of(task, spec)
    if task.type == "prompt" and "*mask*" not in prompting.prompt:
        raise ConfigError(f"prompt {prompting.prompt!r} has no *mask*", "add *mask* to task.prompt")
    splits = read_rows(task, spec)
    labels = {label: index for index, label in enumerate(prompting.label_words)}
    longest = min(task.max_length, tokenizer.model_max_length)
    train, dev, test = (
        [_example(row, prompting, labels, tokenizer, longest) for row in rows]
        for rows in (splits.train, splits.dev, splits.test)
    )
    words = tuple(prompting.label_words.values())
    label_ids = tuple(label_token(word, tokenizer, task.type) for word in words)
    if len(set(label_ids)) < len(label_ids):
        raise ConfigError(
            f"two labels have the same label word: {', '.join(words)}",
            "give each its own with task.label_words",
        )
    return TaskData(
        train=train,
        dev=dev,
        test=test,
        label_words=words,
        label_ids=label_ids,
        pad_id=next(
            i for i in (tokenizer.pad_token_id, tokenizer.eos_token_id, 0) if i is not None
        ),
        sample=tokenizer.decode(train[0].ids),
    )


def _example(
    row: Row, prompting: Prompting, labels: dict[str, int], tokenizer: Any, max_length: int
) -> Example:
    if row.label not in labels:
        raise DataError(
            f"a row has the label {row.label!r}, but the task's labels are {', '.join(labels)}",
            "check that the file is this task's",
        )
    filled = template.fill(prompting.prompt, row.texts, tokenizer, max_length)
    return Example(filled.ids, filled.answer, filled.segments, labels[row.label])


def collate(examples: Sequence[Example], pad_id: int, device: torch.device) -> Batch:
    """`examples` as one batch, padded to the longest of them."""
    longest = max(len(e.ids) for e in examples)

    def padded(rows: Sequence[Sequence[int]], fill: int) -> torch.Tensor:
        return torch.tensor([[*row, *[fill] * (longest - len(row))] for row in rows], device=device)

    return Batch(
        ids=padded([e.ids for e in examples], pad_id),
        attention=padded([[1] * len(e.ids) for e in examples], 0),
        segments=padded([e.segments for e in examples], 0),
        answer=torch.tensor([e.answer for e in examples], device=device),
        label=torch.tensor([e.label for e in examples], device=device),
    )


def sorted_batches(
    examples: Sequence[Example], size: int, pad_id: int, device: torch.device
) -> Iterator[tuple[list[int], Batch]]:
    """Batches of rows of like length, with the rows' indices: little padding, any order back."""
    order = sorted(range(len(examples)), key=lambda i: len(examples[i].ids))
    for start in range(0, len(order), size):
        chosen = order[start : start + size]
        yield chosen, collate([examples[i] for i in chosen], pad_id, device)


def shuffled_batches(
    examples: Sequence[Example], size: int, seed: int, pad_id: int, device: torch.device
) -> Iterator[Batch]:
    """Endless batches of `size`, a new order each pass; the last short batch of a pass is kept."""
    generator = torch.Generator().manual_seed(seed)
    while True:
        order = torch.randperm(len(examples), generator=generator).tolist()
        for start in range(0, len(order), size):
            yield collate([examples[i] for i in order[start : start + size]], pad_id, device)
