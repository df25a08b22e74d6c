"""The life of runs, by any commands and ends in any order, against a model of what is promised.

Registry, scheduler and files are the real ones; engines are entries of a table (world.py).
"""

import os
import shutil
import signal
import tempfile
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from engine.contract import events as ev
from graftui.errors import UsageError
from graftui.models import Run
from graftui.planning.edits import edited
from graftui.registry.store import Store
from graftui.scheduler import cancel
from graftui.scheduler.executors.base import Exit
from graftui.scheduler.lock import supervising
from graftui.scheduler.queue import arrange, queue_file
from graftui.scheduler.queue.claims import claim_next
from graftui.scheduler.queue.rewrite import rewrite
from graftui.scheduler.reconcile import reconcile
from graftui.scheduler.removal import trash
from graftui.scheduler.resume import resume
from graftui.scheduler.submit import submit
from graftui.scheduler.supervise import Supervisor
from graftui.settings import at
from tests.scheduler.lifecycle.model import JOBS, RETRY, Known, Model
from tests.scheduler.lifecycle.world import World, host, say
from tests.scheduler.scheduler_bench import plan

PICK = st.integers(0, 99)
FAILED = {"data": ev.FailReason.data, "diverged": ev.FailReason.diverged}


class Lifecycle(RuleBasedStateMachine):
    """Commands and ends, and what must be true after each."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp())
        self.settings = at(self.root, jobs=JOBS, retry=RETRY, grace_s=0.2, poll_s=0.01)
        self.world, self.model = World(), Model()
        self.order: list[str] = []
        self.removed: list[tuple[str, Known]] = []
        self.supervisor: Supervisor | None = None
        self.here, self.lock = ExitStack(), ExitStack()
        self.here.enter_context(host(self.world))

    def teardown(self) -> None:
        self.lock.close()
        self.here.close()
        shutil.rmtree(self.root)

    # What the user does

    @rule(after=st.none() | PICK)
    def submit(self, after: int | None) -> None:
        able = [id for id, run in self.model.runs.items()
                if run.status in ("queued", "at work", "finished")]  # fmt: skip
        source = able[after % len(able)] if able and after is not None else None
        (run,) = submit(self.settings, [plan("x", "graft" if source else "finetune", source)])
        self.model.runs[run.id] = Known(source, run.config.get("train", {}).get("seed", 0))
        self.order.append(run.id)

    @precondition(lambda self: self.model.runs)
    @rule(number=PICK)
    def cancel(self, number: int) -> None:
        id = self._pick(number)
        self._asked(self.model.cancel(id), lambda: cancel.cancel(self.settings, id))
        if self.model.runs[id].asked and self.world.engines:
            self.model.runs[id].alive = False

    @precondition(lambda self: self.model.runs)
    @rule(number=PICK)
    def resume(self, number: int) -> None:
        id = self._pick(number)
        self._asked(self.model.resume(id), lambda: resume(self.settings, [self._run(id)]))

    @precondition(lambda self: self.model.runs)
    @rule(number=PICK, held=st.booleans())
    def hold_or_release(self, number: int, held: bool) -> None:
        id = self._pick(number)
        act = arrange.hold if held else arrange.release
        self._asked(self.model.hold(id, held), lambda: act(self.settings, [self._run(id)]))

    @precondition(lambda self: self.model.runs)
    @rule(number=PICK)
    def remove(self, number: int) -> None:
        id = self._pick(number)
        gone = self.model.remove(id)
        self._asked(gone is not None, lambda: cancel.remove(self.settings, [id]))
        if gone is not None:
            self.removed.append((id, gone))

    @precondition(lambda self: self.removed)
    @rule()
    def undo(self) -> None:
        id, run = self.removed.pop()
        with Store.open(self.settings.db) as store:
            trash.put_back(self.settings, store, trash.deletions(self.settings.runs)[-1].runs)
        back = replace(run, n=run.begun, claims=0, mine=False, untold=False)
        runs = {**self.model.runs, id: back}
        self.model.runs = {each: runs[each] for each in self.order if each in runs}

    @precondition(lambda self: self.model.runs)
    @rule(number=PICK, seed=st.integers(1, 10**6))
    def edit(self, number: int, seed: int) -> None:
        id = self._pick(number)
        run = self.model.runs[id]
        self._look()
        may = run.status in ("queued", "held") and not run.begun and seed != run.seed
        setting = "graft.seed" if run.source else "train.seed"
        self._asked(may, lambda: self._edit(id, f"{setting}={seed}"))
        run.seed = seed if may else run.seed

    def _edit(self, id: str, text: str) -> None:
        with Store.open(self.settings.db) as store:
            remade = edited(self.settings, store, [store.get(id)], [text])
        rewrite(self.settings, [each.rewritten for each in remade])

    @rule(paused=st.booleans())
    def pause(self, paused: bool) -> None:
        with Store.open(self.settings.db) as store:
            queue_file.change(self.settings, store, lambda said: replace(said, paused=paused))
        self.model.paused = paused

    @rule()
    def look(self) -> None:
        self._look()

    @rule()
    def delete_the_registry(self) -> None:
        """Once the supervisor has written down what it alone knows."""
        if self.supervisor:
            self.tick()
        for end in ("", "-wal", "-shm"):
            self.settings.db.with_name(f"runs.db{end}").unlink(missing_ok=True)
        for run in self.model.runs.values():
            run.status = "queued" if run.claimed else run.status
            run.n, run.claims, run.claimed = run.begun, 0, False
        self._look()

    # What happens

    @rule()
    def tick(self) -> None:
        """A look of the supervisor, which is started where there is none."""
        if self.supervisor is None:
            assert self.lock.enter_context(supervising(self.settings, 0.0))
            self.supervisor = Supervisor(self.settings)
        self.model.tick()
        if not self.supervisor.tick():
            assert not any(run.at_work for run in self.model.runs.values())
            self.end_supervisor()

    @precondition(lambda self: self.supervisor)
    @rule()
    def end_supervisor(self) -> None:
        """It is killed, or has nothing left to do."""
        self.supervisor = None
        self.lock.close()
        self.model.end_supervisor()

    @precondition(lambda self: self.supervisor is None)
    @rule()
    def supervisor_killed_between_claim_and_engine(self) -> None:
        self._look()
        expected = self.model.claim()
        with Store.open(self.settings.db) as store:
            claimed = claim_next(self.settings, store)
        assert (claimed.id if claimed else None) == expected

    @precondition(lambda self: self._alive())
    @rule(number=PICK, word=st.sampled_from(["finished", "data", "diverged", "cancelled"]))
    def engine_ends(self, number: int, word: str) -> None:
        """By a last word; told to go by another than graftui, it says that it is cancelled."""
        id = self._alive()[number % len(self._alive())]
        said: dict[str, ev.Event] = {
            "finished": ev.Finished(seconds=1.0),
            "cancelled": ev.Cancelled(seconds=1.0, message="stopped by SIGTERM"),
            **{name: ev.Failed(reason=reason, message=name) for name, reason in FAILED.items()},
        }
        say(self.world.of(id), said[word])
        self._end(id, 0 if word == "finished" else 1)
        run = self.model.runs[id]
        run.word, run.diverged = ("failed" if word in FAILED else word), word == "diverged"

    @precondition(lambda self: self._alive())
    @rule(number=PICK)
    def engine_killed(self, number: int) -> None:
        self._end(self._alive()[number % len(self._alive())], -signal.SIGKILL)

    @precondition(lambda self: self._lost())
    @rule(number=PICK)
    def last_word_comes_late(self, number: int) -> None:
        """Of a run that was called lost, on a slow disk; it takes back what waited for it."""
        id = self._lost()[number % len(self._lost())]
        say(self.world.of(id), ev.Finished(seconds=1.0))
        self.model.requeue(id)
        self.model.runs[id].status = "finished"
        self._look()

    # What must be true

    @invariant()
    def states_are_true(self) -> None:
        if not self.settings.db.exists():
            return
        with Store.open(self.settings.db) as store:
            for id, known in self.model.runs.items():
                run = store.get(id)
                status = "at work" if run.status in ("starting", "running") else str(run.status)
                assert (status, run.attempt.n) == (known.status, known.n), (run, known)
            assert store.count() == len(self.model.runs)

    @invariant()
    def nothing_starts_twice_or_too_early(self) -> None:
        starts = [(engine.run_dir.path, engine.attempt) for engine in self.world.engines]
        assert len(set(starts)) == len(starts)
        alive = [engine.run_dir.path for engine in self.world.engines if engine.end is None]
        assert len(set(alive)) == len(alive) <= JOBS

    @invariant()
    def folders_are_those_of_the_runs(self) -> None:
        there = os.listdir(self.settings.runs) if self.settings.runs.exists() else []
        assert set(there) == set(self.model.runs)

    # Helpers

    def _pick(self, number: int) -> str:
        return list(self.model.runs)[number % len(self.model.runs)]

    def _alive(self) -> list[str]:
        return [id for id, run in self.model.runs.items() if run.alive]

    def _lost(self) -> list[str]:
        return [id for id, run in self.model.runs.items() if run.status == "lost"]

    def _run(self, id: str) -> Run:
        with Store.open(self.settings.db) as store:
            return store.get(id)

    def _look(self) -> None:
        self.model.look()
        with Store.open(self.settings.db) as store:
            reconcile(self.settings, store)

    def _end(self, id: str, code: int) -> None:
        self.model.runs[id].alive = False
        self.world.of(id).end = Exit(code)

    def _asked(self, may: bool, act: Callable[[], object]) -> None:
        if may:
            act()
            return
        with pytest.raises(UsageError):
            act()


TestLifecycle = Lifecycle.TestCase
TestLifecycle.settings = hypothesis_settings(max_examples=5, stateful_step_count=40)
