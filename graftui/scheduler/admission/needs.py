"""What a run needs, before it starts: as its config declares, as runs of its shape took, as its
model's weights let one guess.

Owns the shape of a run, as far as memory goes: its kind, its model, tokens of a batch, number
format, what learns. Tasks, seeds and how long it runs say nothing; of several that were measured
the largest counts.
"""

import json
import time
from collections.abc import Hashable, Iterator, Mapping
from typing import Any

from graftui.models import Run
from graftui.registry.store import Store
from graftui.scheduler.admission.machine import GIB, Need, Source

_NEWEST = 300
"""Finished runs of a kind that are looked at."""
_FRESH_S = 10.0
"""How long what was read once counts: a sweep's small runs end one after another."""
_ASSUMED = GIB
"""Of the host, where nothing is known."""
_A_WEIGHT = 24
"""Bytes: two models, a gradient, and three numbers a weight of a mask or an optimizer."""
_BESIDE = GIB
"""What libraries and a batch take, beside the weights."""
_CONTEXT = 600 << 20
"""What the driver holds of a GPU for each process, beside what torch tells of."""
_DECIDE = (
    "model.name", "model.revision", "task.type", "task.max_length", "demo.double",
    "freeze.embeddings", "freeze.head", "freeze.layers", "freeze.all_but_biases",
    "train.optimizer", "train.batch_size", "train.micro_batch", "localizer", "learn",
    "compute.device", "compute.bf16", "compute.batch_tokens",
)  # fmt: skip
Shape = tuple[Hashable, ...]
Peaks = dict[Shape, tuple[int, int]]
"""Of the host, and of GPUs."""


class Needs:
    """What is known of it. Reads the finished runs of a kind once in a while."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, bool], tuple[float, Peaks]] = {}
        self._weights: dict[str, tuple[float, int | None]] = {}
        """By the name of a model: when its folder was read, and how many weights it has."""

    def of(self, store: Store, run: Run, with_gpus: bool) -> Need:
        """What `run` needs on a machine with or without GPUs."""
        return self.of_config(store, run.kind, run.config, with_gpus)

    def of_config(
        self, store: Store | None, kind: str, config: Mapping[str, Any], with_gpus: bool
    ) -> Need:
        """The same of what is no run yet; without a `store`, nothing was measured."""
        on_gpu = _on_gpu(config, with_gpus)
        peaks = self._peaks(store, kind, on_gpu).get(shape(config)) if store else None
        weights = self._weights_of(str(config.get("model", {}).get("name", "")))
        return need_of(config, with_gpus, peaks, weights)

    def _weights_of(self, model: str) -> int | None:
        from engine.contract.model_folder import weights_of  # imports pydantic: not for a listing

        now = time.monotonic()
        if model not in self._weights or now - self._weights[model][0] > _FRESH_S:
            self._weights[model] = now, weights_of(model)
        return self._weights[model][1]

    def _peaks(self, store: Store, kind: str, on_gpu: bool) -> Peaks:
        read, peaks = self._known.get((kind, on_gpu), (0.0, {}))
        now = time.monotonic()
        if not read or now - read > _FRESH_S:
            peaks = {}
            for own, memory, gpu in _measured(store, kind, on_gpu):
                before = peaks.get(own, (0, 0))
                peaks[own] = max(before[0], memory), max(before[1], gpu)
            self._known[kind, on_gpu] = now, peaks
        return peaks


def need_of(
    config: Mapping[str, Any],
    with_gpus: bool,
    peaks: tuple[int, int] | None = None,
    weights: int | None = None,
) -> Need:
    """What a run of `config` needs: by what it declares, what such runs took at most, of the host
    and of a GPU, and how many weights its model has.
    """
    compute, on_gpu = config.get("compute", {}), _on_gpu(config, with_gpus)
    memory, memory_from = _host(compute.get("memory_gib"), peaks, weights, on_gpu)
    gpu, gpu_from = _gpu(compute.get("gpu_memory_gib"), peaks, weights)
    number = _device(config).partition(":")[2]
    return Need(
        memory_bytes=memory,
        memory_from=memory_from,
        on_gpu=on_gpu,
        gpu_bytes=gpu if on_gpu else 0,
        gpu_from=gpu_from,
        device=int(number) if number.isdigit() else None,
    )


def _on_gpu(config: Mapping[str, Any], with_gpus: bool) -> bool:
    return with_gpus and _device(config) != "cpu"


def _device(config: Mapping[str, Any]) -> str:
    return str(config.get("compute", {}).get("device", "auto"))


def shape(config: Mapping[str, Any]) -> Shape:
    """What of a config decides its memory; a setting that its kind has not is None."""
    return tuple(_leaf(config, path) for path in _DECIDE)


def _leaf(config: Mapping[str, Any], path: str) -> Hashable:
    section, _, name = path.rpartition(".")
    table = config.get(section) if section else config
    value = table.get(name) if isinstance(table, Mapping) else None
    return value if isinstance(value, Hashable) else None


def _measured(store: Store, kind: str, on_gpu: bool) -> Iterator[tuple[Shape, int, int]]:
    """Of finished runs of a kind, that computed on a GPU or did not: what each took."""
    rows = store.db.execute(
        "SELECT config, max(peak_bytes), max(ifnull(peak_gpu_bytes, 0)) FROM ("
        " SELECT id, config, ended_at FROM runs WHERE status = 'finished' AND kind = ?"
        " ORDER BY ended_at DESC LIMIT ?) AS finished JOIN attempts ON run = id"
        " WHERE peak_bytes > 0 AND (peak_gpu_bytes IS NOT NULL) = ? GROUP BY id",
        (kind, _NEWEST, on_gpu),
    )
    for config, memory, gpu in rows:
        yield shape(json.loads(config)), memory, gpu


def _host(
    declared_gib: Any, peaks: tuple[int, int] | None, weights: int | None, on_gpu: bool
) -> tuple[int, Source]:
    if isinstance(declared_gib, int | float) and declared_gib > 0:
        return int(declared_gib * GIB), Source.declared
    if peaks:
        return peaks[0], Source.measured
    if weights:  # on a GPU: what is loaded passes through the host, once
        return weights * (4 if on_gpu else _A_WEIGHT) + _BESIDE, Source.estimated
    return _ASSUMED, Source.assumed


def _gpu(
    declared_gib: Any, peaks: tuple[int, int] | None, weights: int | None
) -> tuple[int | None, Source]:
    if isinstance(declared_gib, int | float) and declared_gib > 0:
        return int(declared_gib * GIB), Source.declared
    if peaks:
        return peaks[1] + _CONTEXT, Source.measured
    if weights:
        return weights * _A_WEIGHT + _BESIDE + _CONTEXT, Source.estimated
    return None, Source.assumed
