"""The supervisor beside a busy cluster: pretend nodes, thousands of runs handed over, minutes that
pass at once. How often Slurm is asked, and what the looks cost. Three minutes, to be cheap;
`cluster:5000:60` is an hour, for which it works several minutes itself.

All of graftui is real but for Slurm's commands, which answer in text as Slurm does, the jobs, which
only write what a job writes, and the clock.
"""

import sys
import tempfile
import threading
import time
from collections import Counter, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from unittest.mock import patch

from bench.measure import Result
from engine.contract import events as ev
from engine.contract.kinds.finetune import FinetuneConfig
from engine.contract.kinds.graft import GraftConfig
from engine.contract.sections import TaskConfig
from graftui.models import RunStatus
from graftui.registry.store import Store
from graftui.scheduler.executors.slurm import batch, commands
from graftui.scheduler.executors.slurm.commands import NoRoom
from graftui.scheduler.executors.slurm.snapshot import EVERY_S
from graftui.scheduler.reconcile import reconcile
from graftui.scheduler.submit import Plan, submit
from graftui.scheduler.supervise import Supervisor
from graftui.settings import Settings, at

NODES, CELLS, GRAFTS = 200, 5_000, 9
"""Of the cells a tenth are fine-tunings, from each of which so many grafts are cut."""
MINUTES, STEP_S, JOB_S = 3, 1.0, 25.0
LIMIT, ARRAY, REMEMBERED_S = 4_000, 1001, 300.0
"""Jobs of one user, tasks of an array (MaxArraySize), and how long squeue lists one that ended."""
AN_ARRAY = 100
"""Runs that each sbatch hands over, refused ones counted: at least so many."""


@dataclass(slots=True)
class Task:
    """A task of an array, and what it writes."""

    id: str
    name: str
    folder: Path
    """Of its run."""
    n: int
    """Which attempt."""
    state: str = "PENDING"
    since: float = 0.0

    def begin(self, now: float) -> None:
        self.state, self.since = "RUNNING", now
        attempts = self.folder / "attempts"
        attempts.mkdir(exist_ok=True)
        (attempts / f"{self.n}.claim").write_text(f"{self.id} 0 n1\n")
        self._say(ev.Started(t=now, pid=1, host="n1", device="cpu", config_hash=""))

    def end(self, now: float) -> None:
        self.state, self.since = "COMPLETED", now
        self._say(ev.Finished(t=now, seconds=JOB_S))
        (self.folder / "attempts" / f"{self.n}.exit").write_text('{"code": 0}')

    def _say(self, event: ev.Event) -> None:
        with (self.folder / "events.jsonl").open("ab") as file:
            file.write(ev.dumps(event))


@dataclass
class Cluster:
    """What Slurm knows, and the time there."""

    settings: Settings
    now: float = field(default_factory=time.time)
    calls: list[tuple[str, float]] = field(default_factory=list)
    """Which of Slurm's commands was run, and when."""
    waiting: deque[Task] = field(default_factory=deque)
    running: deque[Task] = field(default_factory=deque)
    over: deque[Task] = field(default_factory=deque)
    taken: int = 0
    """Tasks, ever."""
    began: float = 0.0
    """When the last step was, in CPU time of this process."""

    def clock(self) -> float:
        """The time there, with what was worked since the last step: by that a tick is bounded."""
        return self.now + time.process_time() - self.began

    def step(self) -> None:
        """A step of the clock."""
        self.now += STEP_S
        self.began = time.process_time()
        while self.running and self.now - self.running[0].since >= JOB_S:
            self.over.append(self.running.popleft())
            self.over[-1].end(self.now)
        while self.over and self.now - self.over[0].since > REMEMBERED_S:
            self.over.popleft()
        while self.waiting and len(self.running) < NODES:
            self.running.append(self.waiting.popleft())
            self.running[-1].begin(self.now)

    def answer(self, command: Sequence[str], wait_s: float, text: str = "") -> str:
        """In place of running one of Slurm's commands."""
        self.calls.append((command[0], self.now))
        if command[0] == "sbatch":
            return self._sbatch(text)
        if command[0] == "squeue":
            tasks = (*self.waiting, *self.running, *self.over)
            return "".join(f"{t.id}|{t.state}|None|n1|{t.name}\n" for t in tasks)
        return f"MaxArraySize = {ARRAY}\n" if command[0] == "scontrol" else ""

    def _sbatch(self, script: str) -> str:
        name = next(line.partition("=")[2] for line in script.splitlines() if "--job-name=" in line)
        entries = batch.read(self.settings.data / "slurm" / name).entries
        if len(self.waiting) + len(self.running) + len(entries) > LIMIT:
            raise NoRoom("sbatch: error: QOSMaxSubmitJobPerUserLimit")
        self.taken, number = self.taken + len(entries), len(self.calls)
        for task, entry in enumerate(entries):
            folder = self.settings.run_dir(entry.run).path
            self.waiting.append(Task(f"{number}_{task}", name, folder, entry.n))
        return str(number)


def plans(cells: int) -> list[Plan]:
    """Fine-tunings, each before its grafts, for the cluster."""
    made: list[Plan] = []
    for seed in range(cells // (GRAFTS + 1)):
        task, finetuning = TaskConfig(data_seed=seed), len(made)
        made.append(Plan("sweep", "finetune", FinetuneConfig(task=task), executor="slurm"))
        inputs = {"finetuned": [finetuning]}
        made += [Plan("sweep", "graft", GraftConfig(), inputs=inputs, executor="slurm")] * GRAFTS
    return made


def joined() -> None:
    """Wait for what other threads of this process still have to do: squeue is asked in one."""
    for thread in threading.enumerate():
        if thread is not threading.current_thread():
            thread.join()


def run(cells: str = str(CELLS), minutes: str = str(MINUTES)) -> Iterator[Result]:
    with tempfile.TemporaryDirectory() as name:
        settings = at(Path(name))
        since = time.process_time()
        submit(settings, plans(int(cells)))
        queueing = 1000 * (time.process_time() - since) / int(cells)
        cluster, supervisor = Cluster(settings), Supervisor(settings)
        with (
            patch("time.time", lambda: cluster.now),
            patch("time.monotonic", cluster.clock),
            patch.object(commands, "_run", cluster.answer),
        ):
            ticks = list(_ticks(cluster, supervisor, int(minutes)))
            at_work, looked = _look(settings)
        with Store.open(settings.db) as store:
            done = sum(run.status is RunStatus.finished for run in store.list(limit=sys.maxsize))
    about = f"{NODES} nodes, {int(cells):,} runs"
    yield Result(f"{about}: queueing one, CPU", queueing, "ms")
    yield from _asked(about, cluster, len(ticks) * STEP_S / 60)
    yield Result(f"{about}: a look with {at_work:,} handed over, CPU", looked, "ms")
    yield Result(f"{about}: the supervisor's longest tick, CPU", max(ticks), "ms")
    load = 100 * sum(ticks) / 1000 / (len(ticks) * STEP_S)
    yield Result(f"{about}: the supervisor, of a processor", load, "%")
    yield Result(f"{about}: finished in {len(ticks) * STEP_S / 60:.3g} minutes", done, "runs")


def _look(settings: Settings) -> tuple[int, float]:
    """How many runs Slurm has, and the CPU time of a look at them, in ms, as commands take it."""
    with Store.open(settings.db) as store:
        reconcile(settings, store)  # what is new by now
        at_work = len(store.unsettled(settings.folder, waiting=False))
        since = time.process_time()
        reconcile(settings, store)
        return at_work, 1000 * (time.process_time() - since)


def _asked(about: str, cluster: Cluster, minutes: float) -> Iterator[Result]:
    asked = [when for command, when in cluster.calls if command == "squeue"]
    gap = min(after - before for before, after in pairwise(asked))
    yield Result(f"{about}: between two squeue", gap, "s", least=EVERY_S)
    counted = Counter(command for command, _ in cluster.calls)
    for command, times in counted.items():
        most = 1 + 60 * minutes / EVERY_S if command == "squeue" else None
        yield Result(f"{about}: {command} in {minutes:.3g} minutes", times, "calls", most)
    size = cluster.taken / counted["sbatch"]
    yield Result(f"{about}: handed over by an sbatch", size, "runs", least=AN_ARRAY)


def _ticks(cluster: Cluster, supervisor: Supervisor, minutes: int) -> Iterator[float]:
    """CPU time of each look, in ms, until all is done or the time is over."""
    for _ in range(round(60 * minutes / STEP_S)):
        cluster.step()
        since = time.process_time()
        busy = supervisor.tick()
        joined()
        yield 1000 * (time.process_time() - since)
        if not busy:
            return
