"""How cost grows with the number of runs: a registry of 1,000, then 10,000; `scale:100000` goes on.

A page of runs costs the same however many there are; all else grows no faster than they do.
Each run has a folder and a curve of 100 points; of the filters, one reads every run. A sweep has a
cell a run; and as many runs wait for room beside a supervisor, in a registry of their own.
"""

import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from bench.measure import Result
from engine.contract import events as ev
from engine.contract.config import dumps
from engine.contract.identity import config_hash
from engine.contract.kinds.finetune import FinetuneConfig, TrainConfig
from engine.contract.sections import TaskConfig
from graftui.models import Run, RunCard, RunStatus
from graftui.planning.library import load
from graftui.planning.sweeps.axes import Axes
from graftui.planning.sweeps.axes import parse as parse_axes
from graftui.planning.sweeps.making import asked_for
from graftui.planning.sweeps.sweep import Cell, fresh_id, write
from graftui.registry.card import write_card
from graftui.registry.ingest import adopt
from graftui.registry.query.grammar import parse
from graftui.registry.query.unarchived import unarchived
from graftui.registry.rows import COLUMNS
from graftui.registry.store import Store
from graftui.scheduler.supervise import Supervisor
from graftui.settings import Settings, at

SIZES = (1_000, 10_000, 100_000)
UP_TO = 10_000
POINTS, NEW, PAGE, ROUNDS = 100, 100, 50, 3
_TICKS = 12
FLAT = ("a page, newest first", "a run's curve", "taking in a run, CPU")
"""What does not grow; the rest may grow as the number does, by 10."""
ROOT = Path(__file__).parents[1]
_KINDS_OF_RUNS = SIZES[0]
"""So many are made one by one; the rest are these again, under other ids."""
_MORE = f"""
    INSERT INTO runs (id, created_at, {{columns}})
    SELECT printf('r%07d', n - 1 + :more), created_at + :more, {{columns}}
    FROM runs WHERE n <= {_KINDS_OF_RUNS}
"""
_CURVES = f"""
    WITH RECURSIVE steps (step) AS
        (SELECT 1 UNION ALL SELECT step + 1 FROM steps WHERE step < {POINTS})
    INSERT INTO metrics SELECT id, 'train/loss', '{{{{}}}}', step, 1.0 / step
    FROM (SELECT id FROM runs WHERE n > ? ORDER BY id), steps
"""


def grow(settings: Settings, size: int) -> None:
    """Make the registry one of `size` finished runs, as `graftui` would find them."""
    columns = ", ".join(name for name in COLUMNS if name not in ("id", "created_at"))
    with Store.open(settings.db) as store:
        first = store.count()
        if not first:
            store.add([_run(number, settings) for number in range(_KINDS_OF_RUNS)])
        with store.write() as db:
            for more in range(first or _KINDS_OF_RUNS, size, _KINDS_OF_RUNS):
                db.execute(_MORE.format(columns=columns), {"more": more})
            db.execute(_CURVES.format(), (first,))
        assert store.count() == size
    for number in range(first, size):
        (settings.runs / f"r{number:07d}").mkdir(parents=True)


def _run(number: int, settings: Settings) -> Run:
    config = _config(number)
    return Run(
        id=f"r{number:07d}", name=f"sweep-{number % 50}", kind="finetune",
        config=json.loads(dumps(config)), config_hash=config_hash(config),
        tags=(f"batch-{number % 7}",), created_at=1.7e9 + number, started_at=1.7e9 + number,
        ended_at=1.7e9 + number + 60, folder=settings.folder, archived=number % 3 == 0,
        status=RunStatus.failed if number % 10 == 0 else RunStatus.finished,
        summary={"pretrained": 0.5, "finetuned": 0.5 + number / 2000, "dev": 0.9},
    )  # fmt: skip


def _config(number: int) -> FinetuneConfig:
    rate = 10.0 ** -(1 + number % 5)
    return FinetuneConfig(task=TaskConfig(data_seed=number), train=TrainConfig(lr=rate))


def told(settings: Settings) -> list[Path]:
    """NEW folders of finished runs that no registry has seen."""
    made = []
    for number in range(NEW):
        run_dir, config = settings.run_dir(f"new{number}"), _config(number)
        run_dir.path.mkdir()
        run_dir.config.write_text(dumps(config))
        write_card(run_dir, RunCard(id=run_dir.path.name, name="new", created_at=1.6e9))
        said: list[ev.Event] = [
            ev.Started(t=1.0, pid=1, host="h", device="cpu", config_hash=config_hash(config)),
            *(ev.Metric(t=1.0, step=n, values={"train/loss": 1.0 / n}) for n in range(1, POINTS)),
            ev.Finished(t=2.0, seconds=1.0, summary={"finetuned": 0.9}),
        ]
        run_dir.events.write_bytes(b"".join(map(ev.dumps, said)))
        made.append(run_dir.path)
    return made


def costs(settings: Settings) -> dict[str, float]:
    """CPU time of each look at this registry, in ms."""
    with Store.open(settings.db) as store:

        def listed(text: str, sort: str = "-created") -> Callable[[], object]:
            query = unarchived(parse(text))
            return lambda: (store.list(where=query, sort=sort, limit=PAGE), store.count(query))

        looks = {
            "a page, newest first": lambda: store.list(where=unarchived(parse("")), limit=PAGE),
            "a page and its count": listed(""),
            "filter of a status": listed("status=failed"),
            "filter of a setting": listed("train.lr >= 1e-3 and tuned > 80"),
            "filter of a word": listed("sweep-17"),
            "sort by a score": listed("", "-tuned"),
            "a run's curve": lambda: store.series(store.resolve("last").id),
        }
        return {what: 1000 * _least(look) for what, look in looks.items()}


def _least(look: Callable[[], object]) -> float:
    """Seconds of CPU: a machine that others work at shows no more."""
    took = []
    for _ in range(ROUNDS):
        since = time.process_time()
        look()
        took.append(time.process_time() - since)
    return min(took)


def command_ms(arguments: list[str], folder: Path, rounds: int = ROUNDS) -> float:
    """Least CPU time of `graftui ARGUMENTS`, its files compiled as they are once installed."""
    took = []
    for _ in range(rounds):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        command = [sys.executable, "-m", "graftui", *arguments]
        env = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": ""}
        subprocess.run(command, cwd=folder, env=env, stdout=subprocess.DEVNULL, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        took.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return 1000 * min(took)


def ingest_ms(settings: Settings) -> float:
    """CPU time to take in NEW runs of POINTS points that lie there, each."""
    folders = told(settings)
    with Store.open(settings.db) as store:
        since = time.process_time()
        assert len(adopt(store, settings).added) == NEW
        took = time.process_time() - since
        for folder in folders:
            store.delete(folder.name)
            shutil.rmtree(folder)
    return 1000 * took / NEW


def sweep(settings: Settings, size: int) -> str:
    """The id of a sweep written down with a cell a run, each of the runs of one config in turn."""
    pocket = load("pocket", settings)
    seeds = "task.data_seed=" + ",".join(map(str, range(size)))
    axes = Axes(parse_axes([seeds], pocket.kinds, "--grid"))
    hashes = [config_hash(_config(number)) for number in range(_KINDS_OF_RUNS)]
    cells = tuple(
        Cell({"task.data_seed": n}, dict.fromkeys(pocket.kinds, hashes[n % _KINDS_OF_RUNS]))
        for n in range(size)
    )
    made = replace(asked_for(pocket, axes, ()), id=fresh_id(settings), cells=cells)
    write(settings, made)
    return made.id


def tick_ms(size: int) -> float:
    """CPU time of a supervisor's tick while `size` runs wait and nothing changes, on average."""
    with tempfile.TemporaryDirectory() as name:
        settings = replace(at(Path(name)), inventory=f"{name}/machine.json")
        Path(settings.inventory).write_text('{"cores": 1, "memory_gib": 64, "available_gib": 1}')
        queued(settings, size)
        supervisor = Supervisor(settings)
        supervisor.tick()
        took = []
        for _ in range(_TICKS):
            since = time.process_time()
            assert supervisor.tick()
            took.append(time.process_time() - since)
            time.sleep(settings.poll_s)
    return 1000 * sum(took) / _TICKS


def queued(settings: Settings, size: int) -> None:
    """`size` runs that wait for more memory than there is just now."""
    compute = {"compute": {"memory_gib": 32.0}}
    runs = [
        replace(
            _run(number, settings), status=RunStatus.queued, started_at=None, ended_at=None,
            config=json.loads(dumps(_config(number))) | compute,
        )
        for number in range(_KINDS_OF_RUNS)
    ]  # fmt: skip
    columns = ", ".join(name for name in COLUMNS if name not in ("id", "created_at"))
    with Store.open(settings.db) as store:
        store.add(runs)
        with store.write() as db:
            for more in range(_KINDS_OF_RUNS, size, _KINDS_OF_RUNS):
                db.execute(_MORE.format(columns=columns), {"more": more})
    for number in range(size):
        (settings.runs / f"r{number:07d}").mkdir(parents=True)


def run(up_to: str = str(UP_TO)) -> Iterator[Result]:
    before: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        settings = at(Path(name))
        for size in (size for size in SIZES if size <= int(up_to)):
            grow(settings, size)
            now = costs(settings)
            now["graftui ls, CPU"] = command_ms(["ls"], settings.root)
            shown = ["sweep", "show", sweep(settings, size)]
            now["graftui sweep show, CPU"] = command_ms(shown, settings.root, rounds=1)
            now["taking in a run, CPU"] = ingest_ms(settings)
            now["a tick while they wait, CPU"] = tick_ms(size)
            for what, took in now.items():
                yield Result(f"{size:,} runs: {what}", took, "ms")
                if what in before:
                    bound = 2 if what in FLAT else 12
                    yield Result("  times that before", took / before[what], "x", bound)
            before = now
