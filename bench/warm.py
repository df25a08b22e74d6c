"""The warm engine beside cold ones: the start of a run, and a sweep of small grafts.

What a run needs of a cold engine is measured up to its first step of loading a model: from there
on the two are alike. The sweep of the warm one has its imports in it.

    python -m bench.warm 30     # a sweep of so many grafts, where `python -m bench warm` has 12
"""

import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bench.measure import Result
from engine.contract.kinds.finetune import FinetuneConfig, TrainConfig
from engine.contract.kinds.graft import GraftConfig
from engine.contract.sections import ModelConfig, RunConfig, TaskConfig
from graftui.models import LOCAL, Run, RunStatus
from graftui.registry.store import Store
from graftui.scheduler.submit import Plan, submit
from graftui.scheduler.supervise import Supervisor
from graftui.settings import Settings, at

GRAFTS, ROUNDS = 12, 3
MODEL = ModelConfig(name="pocket:masked-lm")
TASK = TaskConfig(name="pocket-film", k=16, test_rows=100)
LOADING = b'"event":"progress","phase":"load"'


def run(grafts: int = GRAFTS) -> Iterator[Result]:
    with tempfile.TemporaryDirectory() as name:
        settings = at(Path(name), poll_s=0.05)
        tuning = FinetuneConfig(model=MODEL, task=TASK, train=TrainConfig(steps=40, eval_every=20))
        tuned = _done(settings, [_plan(tuning)])[0]
        warm, cold = Supervisor(settings), Supervisor(replace(settings, warm=False))
        while not warm.executors.ready(LOCAL):
            time.sleep(0.05)
        starts = [(_start_s(warm, tuned.id), _start_s(cold, tuned.id)) for _ in range(ROUNDS)]
        ratio = statistics.median(ours / theirs for ours, theirs in starts)
        yield Result("start of a run, warm / cold", ratio, "x", 0.1)
        took = [
            _sweep_s(supervisor.settings, tuned.id, grafts, first=grafts * turn)
            for turn, supervisor in enumerate((warm, cold))
        ]
        yield Result(f"{grafts} pocket grafts, warm / cold", took[0] / took[1], "x", 0.4)


def _start_s(supervisor: Supervisor, tuned: str) -> float:
    """From the queue to the first step of loading; then it is left to end."""
    settings = supervisor.settings
    (queued,) = submit(settings, [_graft(tuned, seed=0)])
    since, events = time.perf_counter(), settings.run_dir(queued.id).events
    supervisor.tick()
    while not events.exists() or LOADING not in events.read_bytes():
        time.sleep(0.002)
    took = time.perf_counter() - since
    supervisor.drain()
    return took


def _sweep_s(settings: Settings, tuned: str, grafts: int, first: int) -> float:
    """A supervisor's time from its start to the end of all grafts."""
    plans = [_graft(tuned, seed=first + number) for number in range(grafts)]
    since = time.perf_counter()
    _done(settings, plans)
    return time.perf_counter() - since


def _done(settings: Settings, plans: list[Plan]) -> list[Run]:
    runs = submit(settings, plans)
    Supervisor(settings).drain()
    with Store.open(settings.db) as store:
        ended = [store.get(run.id) for run in runs]
    assert all(run.status is RunStatus.finished for run in ended), [run.message for run in ended]
    return ended


def _graft(tuned: str, seed: int) -> Plan:
    config = GraftConfig(model=MODEL, task=TASK, sparsity=1e-3, steps=10, lr=1e6, seed=seed)
    return replace(_plan(config), inputs={"finetuned": [tuned]})


def _plan(config: RunConfig) -> Plan:
    return Plan(name="bench", kind=config.kind, config=config)


if __name__ == "__main__":
    from bench.__main__ import show

    show(run(int(sys.argv[1]) if sys.argv[1:] else GRAFTS))
