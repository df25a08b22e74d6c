"""How long a run takes, by how long finished ones of the same kind and shape took.

The shape of a config is what of it may cost time: texts, whole numbers and switches, and how many
entries a list has. Fractions (a learning rate), seeds and paths say nothing.
"""

import json
from collections.abc import Hashable, Iterator, Mapping
from statistics import median
from typing import Any

from graftui.models import Run
from graftui.registry.lineage import is_path
from graftui.registry.store import Store

_NEWEST = 500
"""Finished runs of a kind that are looked at."""
_IDLE = ("version", "path", "config_hash")
Shape = frozenset[tuple[str, Hashable]]


class Durations:
    """What is known of it just now. Reads the finished runs of a kind once."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._known: dict[str, dict[Shape, list[float]]] = {}

    def of(self, run: Run) -> float | None:
        """Seconds: the median of those of the same shape, or else of one that differs in its task
        alone; None: no such run has finished.
        """
        if run.kind not in self._known:
            self._known[run.kind] = self._finished(run.kind)
        known, own = self._known[run.kind], shape(run.config)
        seconds = known.get(own) or [
            each
            for other, took in known.items()
            if _without_task(other) == _without_task(own)
            for each in took
        ]
        return median(seconds) if seconds else None

    def _finished(self, kind: str) -> dict[Shape, list[float]]:
        rows = self._store.db.execute(
            "SELECT config, ended_at - started_at FROM runs WHERE status = 'finished' AND kind = ?"
            " AND ended_at >= started_at ORDER BY ended_at DESC LIMIT ?",
            (kind, _NEWEST),
        )
        known: dict[Shape, list[float]] = {}
        for config, seconds in rows:
            known.setdefault(shape(json.loads(config)), []).append(seconds)
        return known


def shape(config: Mapping[str, Any]) -> Shape:
    """What of a config may cost time: path -> value."""
    return frozenset(_leaves(config, ""))


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Hashable]]:
    name = path.rpartition(".")[2]
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}")
    elif isinstance(value, list):
        yield path, len(value)
    elif isinstance(value, float) or "seed" in name or name in _IDLE:
        return
    elif not (isinstance(value, str) and name != "name" and is_path(value)):
        yield path, value


def _without_task(whole: Shape) -> Shape:
    return frozenset(leaf for leaf in whole if not leaf[0].startswith(".task."))
