"""Logging one metric from the engine."""

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.measure import Result
from engine.emit import Emitter

EVENTS = 20_000


def run() -> Iterator[Result]:
    with tempfile.TemporaryDirectory() as folder:
        emit = Emitter(Path(folder) / "events.jsonl")
        took = []
        for step in range(EVENTS):
            since = time.perf_counter()
            emit.metric(step, {"train/loss": 0.5, "train/lr": 1e-3, "train/grad_norm": 1.0})
            took.append(time.perf_counter() - since)
    yield Result("log one metric, p99", sorted(took)[int(0.99 * EVENTS)] * 1e6, "us", 100)
