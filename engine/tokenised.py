"""Tokenised rows: filled prompts as flat arrays, cached by a hash of all that makes them.

Owns the cache's files (data/cache/HASH.safetensors), which are read by memory map.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, overload

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save

from engine.batches import Example
from engine.contract.layout import write_whole
from engine.demos import Context
from engine.tasks.template import Filler

FORMAT = 2
"""Raise it when the same inputs give other tokens than before."""

Progress = Callable[[int, int], None]


class Tokenised(Sequence[Example]):
    """Examples over flat arrays: N tokens in all, E examples."""

    def __init__(self, arrays: dict[str, torch.Tensor], key: str) -> None:
        """`arrays`: ids (N,) int32, segments (N,) uint8, starts (E + 1,) int64, answers (E,)
        int32, labels (E,) int64 or float32. `key`: hash of all that makes them."""
        self.key = key
        self._ids, self._segments = arrays["ids"], arrays["segments"]
        self._starts = arrays["starts"].tolist()
        self._answers, self._labels = arrays["answers"].tolist(), arrays["labels"].tolist()

    def __len__(self) -> int:
        return len(self._labels)

    @property
    def largest(self) -> int:
        """The largest token id; 0 where there are no tokens."""
        return int(self._ids.max()) if len(self._ids) else 0

    @property
    def longest(self) -> Example:
        """The example of most tokens."""
        return self[int(torch.tensor(self._starts).diff().argmax())]

    @overload
    def __getitem__(self, index: int) -> Example: ...
    @overload
    def __getitem__(self, index: slice) -> list[Example]: ...
    def __getitem__(self, index: int | slice) -> Example | list[Example]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        index = range(len(self))[index]
        span = slice(self._starts[index], self._starts[index + 1])
        return Example(
            tuple(self._ids[span].tolist()),
            self._answers[index],
            tuple(self._segments[span].tolist()),
            self._labels[index],
        )


def tokenise(
    contexts: Sequence[Sequence[Context]],
    labels: Sequence[float],
    fillers: Sequence[Filler],
    tokenizer_digest: str,
    cache: Path,
    progress: Progress,
) -> Tokenised:
    """An example for each context of each row and each prompt; from the cache if it has them.

    A row's examples follow one another.
    """
    key = _key(contexts, labels, fillers, tokenizer_digest)
    path = cache / f"{key}.safetensors"
    if cached := _cached(path):
        return Tokenised(cached, key)
    arrays = _arrays(contexts, labels, fillers, progress)
    with suppress(OSError):  # a full disk, or a folder that may not be written to: only slower
        cache.mkdir(parents=True, exist_ok=True)
        write_whole(path, save(arrays))
    return Tokenised(_cached(path) or arrays, key)


def digest(tokenizer: Any) -> str:
    """Hex SHA-256 of what a tokenizer does: its whole definition, or its vocabulary."""
    backend = getattr(tokenizer, "backend_tokenizer", None)
    if backend is not None:
        text = backend.to_str()
    else:
        text = json.dumps([type(tokenizer).__name__, sorted(tokenizer.get_vocab().items())])
    return hashlib.sha256(text.encode()).hexdigest()


def _key(
    contexts: Sequence[Sequence[Context]],
    labels: Sequence[float],
    fillers: Sequence[Filler],
    tokenizer_digest: str,
) -> str:
    prompts = [(f.template, repr(f.limits), [list(a) for a in f.answers], f.form) for f in fillers]
    head = json.dumps([FORMAT, tokenizer_digest, prompts, list(labels)])
    hashed = hashlib.sha256(head.encode())
    for row in contexts:
        hashed.update(json.dumps(row).encode())
    return hashed.hexdigest()[:32]


def _cached(path: Path) -> dict[str, torch.Tensor] | None:
    """The arrays of a file, mapped, not read; None where there is none, or it is damaged."""
    try:
        with safe_open(path, "pt") as file:
            return {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (OSError, SafetensorError):
        return None


def _arrays(
    contexts: Sequence[Sequence[Context]],
    labels: Sequence[float],
    fillers: Sequence[Filler],
    progress: Progress,
) -> dict[str, torch.Tensor]:
    ids: list[int] = []
    segments: list[int] = []
    starts, answers = [0], []
    for number, row in enumerate(contexts):
        for texts, shown in row:
            for filler in fillers:
                filled = filler(texts, shown)
                ids += filled.ids
                segments += filled.segments
                starts.append(len(ids))
                answers.append(filled.answer)
        if number % 500 == 0:
            progress(number, len(contexts))
    repeated = [label for label in labels for _ in range(len(contexts[0]) * len(fillers))]
    return {
        "ids": torch.tensor(ids, dtype=torch.int32),
        "segments": torch.tensor(segments, dtype=torch.uint8),
        "starts": torch.tensor(starts),
        "answers": torch.tensor(answers, dtype=torch.int32),
        "labels": torch.tensor(repeated),
    }
