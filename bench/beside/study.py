"""The runs that all trackers have, read from the file that bench/rivals.py writes; and an answer.

Stdlib alone. A line of the file is a run: its id, name, when it was made, its settings by their
paths, and its last scores. Each has a curve of POINTS points beside.
"""

import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

POINTS, PAGE, CALLS = 100, 50, 2_000
FILE, PROJECT = "study.jsonl", "study"
BEST, RATE, NAME = 0.8, 1e-3, "sweep-17"
"""What is filtered by: a score above, a learning rate of at least; and the name of 200 runs."""
METRICS = {"train/loss": 0.5, "train/lr": 1e-3, "train/grad_norm": 1.0}


def runs() -> Iterator[dict[str, Any]]:
    """Of the working directory."""
    with Path(FILE).open(encoding="utf-8") as file:
        yield from map(json.loads, file)


def loss(step: int) -> float:
    """The curve of each run, steps from 1 on."""
    return 1.0 / step


def calls(log: Callable[[int], object]) -> list[float]:
    """Seconds of each of CALLS calls of `log`, which is told the step."""
    took = []
    for step in range(CALLS):
        since = time.perf_counter()
        log(step)
        took.append(time.perf_counter() - since)
    return took


def answer(acts: dict[str, Callable[[], Any]]) -> None:
    """Do what argument 1 says; print its result, and its CPU seconds without the imports."""
    since = time.process_time()
    result = acts[sys.argv[1]]()
    print(json.dumps({"result": result, "cpu_s": time.process_time() - since}))
