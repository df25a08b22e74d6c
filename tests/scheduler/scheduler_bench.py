"""A working directory with a fake engine, and what it takes to wait for its processes."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from engine.contract.kinds.finetune import FinetuneConfig
from engine.contract.kinds.graft import GraftConfig
from engine.contract.sections import ModelConfig
from graftui.models import Run, RunStatus
from graftui.registry import attempts
from graftui.registry.rows import COLUMNS
from graftui.registry.store import Store
from graftui.scheduler import submit
from graftui.scheduler.condition import observed
from graftui.scheduler.identity import here
from graftui.scheduler.look import ensure
from graftui.scheduler.reconcile import reconcile
from graftui.scheduler.submit import Plan
from graftui.settings import Settings

WAIT_S = 300.0
"""Before a test gives up; none that passes waits so long."""


def plan(does: str, kind: str = "finetune", after: int | str | None = None) -> Plan:
    """A run whose fake engine does `does`."""
    form = FinetuneConfig if kind == "finetune" else GraftConfig
    config = form(model=ModelConfig(name=does))
    inputs = {} if after is None else {"finetuned": [after]}
    return Plan(name=f"{does}-{kind}", kind=kind, config=config, inputs=inputs)


def condition(bench: "Bench", run: Run) -> str:
    """What is shown of `run` beside its status."""
    return observed(bench.settings, [run], time.time())[0].condition


@dataclass
class Bench:
    """One working directory."""

    settings: Settings

    def submit(self, *plans: Plan) -> list[Run]:
        return submit.submit(self.settings, plans)

    def launch(self, *plans: Plan) -> list[Run]:
        runs = self.submit(*plans)
        ensure(self.settings)
        return runs

    def started(self, *, pid: int, ticks: int = 7, **changes: Any) -> Run:
        """A run that is at work as a process of this host, says its row."""
        (run,) = self.submit(plan("finish"))
        me, now = here(self.settings), time.time()
        who = {"host": me.host, "boot_id": me.boot_id, "pid": pid, "pid_ticks": ticks}
        at_work = {"status": RunStatus.running, "heard_at": now, "seen_at": now}
        return self.change(run.id, **{**who, **at_work, **changes})

    def change(self, id: str, **changes: Any) -> Run:
        """A run with other fields in its row, or in that of its last attempt."""
        own = {name: value for name, value in changes.items() if name in COLUMNS}
        last = {name: value for name, value in changes.items() if name not in own}
        with Store.open(self.settings.db) as store:
            with store.write() as db:
                if last and not store.get(id).attempt.n:
                    attempts.claim(db, id)
                if last:
                    assert attempts.change(db, store.get(id).attempt, **last)
            if own:
                store.update(id, **own)
            return store.get(id)

    def get(self, id: str) -> Run:
        with Store.open(self.settings.db) as store:
            return store.get(id)

    def look(self, id: str) -> Run:
        """As every command does."""
        with Store.open(self.settings.db) as store:
            reconcile(self.settings, store)
            return store.get(id)

    def until(self, id: str, holds: Callable[[Run], bool], wait_s: float = WAIT_S) -> Run:
        end = time.monotonic() + wait_s
        while not holds(run := self.get(id)):
            log = self.settings.data / "supervisor.log"
            assert time.monotonic() < end, f"{run}\n{log.exists() and log.read_text()}"
            time.sleep(0.03)
        return run

    def until_there(
        self, id: str, holds: Callable[[Run], bool] = lambda _: True, wait_s: float = WAIT_S
    ) -> Run:
        """As `until`, where the registry may lack the run for now."""
        end = time.monotonic() + wait_s
        while time.monotonic() < end:
            with Store.open(self.settings.db) as store:
                run = store.find(id)
            if run is not None and holds(run):
                return run
            time.sleep(0.03)
        raise AssertionError(f"{id} did not come back")

    def at_work(self, id: str) -> Run:
        """Once its first events are in the registry."""
        return self.until(id, lambda run: run.step == 3 and run.attempt.pid_ticks is not None)

    def ended(self, id: str) -> Run:
        return self.until(id, lambda run: not run.status.active)

    def supervisor(self) -> int:
        """Its pid."""
        log = (self.settings.data / "supervisor.log").read_text()
        return int([line.split()[2] for line in log.splitlines() if "supervising" in line][-1])
