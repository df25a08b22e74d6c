"""Demonstrations: one answered training example a class beside the input (LM-BFF's prompt-demo).

Owns which examples are drawn. The template that holds them is in tasks/template.py.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from engine.contract.sections import DemoConfig
from engine.errors import ConfigError
from engine.tasks.readers import Row

Context = tuple[tuple[str, ...], tuple[int, ...]]
"""The sentences of an input and of its demonstrations, and the classes of the latter."""


@dataclass(frozen=True, slots=True)
class Demonstrations:
    """Draws contexts for rows."""

    pool: Sequence[Row]
    """The training rows."""
    classes: np.ndarray
    """Class of each row of the pool, (N,) int."""
    count: int
    """Number of classes."""
    config: DemoConfig
    seed: int

    def draw(self, rows: Sequence[Row], own: bool) -> list[list[Context]]:
        """`config.samples` contexts for each row; `own`: the rows are the pool, none shows itself.

        Draws depend on the seed alone. Raises ConfigError where a class has nobody to show.
        """
        random = np.random.default_rng([self.seed, int(own)])
        near = self._similarity(rows) if self.config.filter else None  # (rows, N)
        drawn = []
        for index, row in enumerate(rows):
            ranked = np.arange(len(self.pool)) if near is None else np.argsort(-near[index])
            if own:
                ranked = ranked[ranked != index]
            groups = [self._kept(ranked, wanted) for wanted in range(self.count)]
            drawn.append([self._context(row, groups, random) for _ in range(self.config.samples)])
        return drawn

    def _kept(self, ranked: np.ndarray, wanted: int) -> np.ndarray:
        """The demonstrations of class `wanted` to draw from: all, or the most similar ones.

        The filter keeps as many of each class: a share of an even part of all (LM-BFF).
        """
        members: np.ndarray = ranked[self.classes[ranked] == wanted]
        if not len(members):
            raise ConfigError(
                f"there is no demonstration of class {wanted}: task.k is too small",
                "set task.k to 2 or more",
            )
        if not self.config.filter:
            return members
        return members[: max(1, int(len(ranked) // self.count * self.config.filter_rate))]

    def _context(
        self, row: Row, groups: Sequence[np.ndarray], random: np.random.Generator
    ) -> Context:
        shown = [self.pool[int(random.choice(group))] for group in groups]
        texts = row.texts + tuple(text for example in shown for text in example.texts)
        return texts, tuple(range(len(groups)))

    def _similarity(self, rows: Sequence[Row]) -> np.ndarray:
        """Cosine of the sentence embeddings of `rows` and of the pool, (rows, N)."""
        model = _encoder(self.config.filter_model)
        left, right = (
            model.encode([" ".join(r.texts) for r in some], normalize_embeddings=True)
            for some in (rows, self.pool)
        )
        return np.asarray(left @ right.T)


@cache
def _encoder(name: str) -> Any:
    """The sentence-transformers model; loaded once for all splits. Raises ConfigError."""
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError:
        raise ConfigError(
            "demo.filter needs the package sentence-transformers",
            "install it with `pip install 'graftui[demo]'`, or set demo.filter=false",
        ) from None
    try:
        return SentenceTransformer(name, device="cpu")
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"demo.filter_model = {name!r} cannot be loaded: {str(error).splitlines()[0][:200]}",
            "give a sentence-transformers model: a folder, or a hub name",
        ) from None
