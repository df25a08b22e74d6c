"""How long planned runs will take, how much disk and memory, by what past runs of the kind took.

The past runs that count for a plan are those with the same settings but for seeds; where there is
none, those of the same model; else all of the kind. Owns that order. Where a kind has no past,
nothing is made up. Memory is what the scheduler admits a run by (admission/needs.py).
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from statistics import median
from typing import Any

from graftui.registry.past import Past, finished
from graftui.registry.store import Store
from graftui.scheduler.admission.inventory import inventory_of
from graftui.scheduler.admission.machine import Need
from graftui.scheduler.admission.needs import Needs
from graftui.scheduler.submit import Plan
from graftui.settings import Settings

_ASIDE = ("version", "compute", "finetuned")
"""Sections that say where, or of which runs; and so what kind of work it is not."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """Of some plans."""

    seconds: float
    """All runs one after the other."""
    bytes: int
    past: int
    """Finished runs that it goes by."""
    unknown: dict[str, int]
    """Kind -> planned runs of which nothing is known, and which are not in it."""
    need: Need | None = None
    """Memory that the largest of the runs takes; None: nothing is planned."""


def estimate(plans: Sequence[Plan], settings: Settings) -> Estimate:
    """What `plans` will take."""
    seconds, size, unknown = 0.0, 0.0, dict[str, int]()
    kinds = dict.fromkeys(plan.kind for plan in plans)
    past = {kind: _Past([]) for kind in kinds}
    dumped = [plan.config.model_dump(mode="json") for plan in plans]
    with Store.open(settings.db) if settings.db.exists() else nullcontext() as store:
        if store is not None:
            past = {kind: _Past(finished(store.db, kind)) for kind in kinds}
        need = _largest(plans, dumped, store, settings)
    for plan, config in zip(plans, dumped, strict=True):
        taken = past[plan.kind].taken(config)
        if taken is None:
            unknown[plan.kind] = unknown.get(plan.kind, 0) + 1
        else:
            seconds, size = seconds + taken[0], size + taken[1]
    used = sum(len(each.runs) for each in past.values())
    return Estimate(seconds, round(size), used, unknown, need)


def _largest(
    plans: Sequence[Plan],
    configs: Sequence[Mapping[str, Any]],
    store: Store | None,
    settings: Settings,
) -> Need | None:
    """What the run takes that takes most of a GPU, or else of the host."""
    if not plans:
        return None
    needs, with_gpus = Needs(), bool(inventory_of(settings.inventory).look().gpus)
    wanted = [
        needs.of_config(store, plan.kind, config, with_gpus)
        for plan, config in zip(plans, configs, strict=True)
    ]
    return max(wanted, key=lambda need: (need.gpu_bytes or 0, need.memory_bytes))


class _Past:
    """The finished runs of a kind, by how like a plan they are."""

    def __init__(self, runs: Sequence[Past]) -> None:
        self.runs = runs
        self._alike: dict[str, list[Past]] = {}
        for run in runs:
            for key in _likeness(run.config):
                self._alike.setdefault(key, []).append(run)
        self._medians: dict[str, tuple[float, float]] = {}

    def taken(self, config: Mapping[str, Any]) -> tuple[float, float] | None:
        """Seconds and bytes; None: there was none of the kind."""
        for key in _likeness(config):
            if key in self._alike:
                return self._median(key)
        return None

    def _median(self, key: str) -> tuple[float, float]:
        if key not in self._medians:
            runs = self._alike[key]
            self._medians[key] = median(r.seconds for r in runs), median(r.bytes for r in runs)
        return self._medians[key]


def _likeness(config: Mapping[str, Any]) -> tuple[str, ...]:
    """The closest first."""
    work = _seedless({name: value for name, value in config.items() if name not in _ASIDE})
    model = config.get("model", {}).get("name", "")
    return json.dumps(work, sort_keys=True), f"model {model}", "kind"


def _seedless(value: Any) -> Any:
    if not isinstance(value, Mapping):
        return value
    return {name: _seedless(inner) for name, inner in value.items() if "seed" not in name}
