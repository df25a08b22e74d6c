"""The queue, arranged by any commands in any order, against a model of it.

The registry is deleted now and then: what its user said must be in the files too.
"""

import os
import shutil
import tempfile
import time
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import pytest
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from graftui.errors import UsageError
from graftui.models import Run, RunStatus, Verdict
from graftui.registry import attempts, queue
from graftui.registry.store import Store
from graftui.scheduler.identity import here, identity
from graftui.scheduler.queue import arrange, policy, queue_file
from graftui.scheduler.queue.claims import claim_next
from graftui.scheduler.queue.line import Line
from graftui.scheduler.reconcile import reconcile
from graftui.scheduler.settle import settle
from graftui.scheduler.submit import submit
from graftui.settings import at
from graftui.turns import Group, Turn
from tests.scheduler.scheduler_bench import plan

GROUPS = st.sampled_from(["", "big", "small"])
PICK = st.integers(0, 99)


@dataclass
class Known:
    """What the model has of a run."""

    priority: int
    group: str
    after: str | None
    held: bool = False


class Arranged(RuleBasedStateMachine):
    """Commands, and what must be true after each."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp())
        self.settings = at(self.root)
        self.read = Line(self.settings)
        """As a supervisor has it, which reads anew only what changed."""
        self.known: dict[str, Known] = {}
        self.line: list[str] = []
        """All that waits, in the order of the queue."""
        self.busy: list[str] = []
        self.done: list[str] = []
        self.widths: dict[str, int] = {"": 1}
        self.paused: set[str] = set()

    def teardown(self) -> None:
        shutil.rmtree(self.root)

    @rule(priority=st.integers(-1, 1), group=GROUPS, after=st.none() | PICK)
    def queue(self, priority: int, group: str, after: int | None) -> None:
        able = [id for id in self.line if not self.known[id].held]  # a held one is refused
        sources = [*able, *self.busy, *self.done]
        source = sources[after % len(sources)] if sources and after is not None else None
        made = plan("finish", "graft" if source else "finetune", source)
        turn = Turn(priority=priority, queue_group=group)
        (run,) = submit(self.settings, [replace(made, turn=turn)])
        self.known[run.id] = Known(priority, group, source)
        behind = [n for n, id in enumerate(self.line) if self.known[id].priority < priority]
        self.line.insert(behind[0] if behind else len(self.line), run.id)

    @rule()
    def start(self) -> None:
        with Store.open(self.settings.db) as store:
            run = claim_next(self.settings, store, self.read)
            chosen = next((id for id in self.line if self._may_start(id)), None)
            assert (run.id if run else None) == chosen
            if run is None:
                return
            who = identity(os.getpid())
            assert who
            with store.write() as db:
                attempt = attempts.change(db, run.attempt, **asdict(who))
            assert attempt
            attempts.write(self.settings.run_dir(run.id), attempt)
        self.line.remove(run.id)
        self.busy.append(run.id)

    def _may_start(self, id: str) -> bool:
        run = self.known[id]
        part = run.group if run.group in self.widths else ""
        used = [g for g in (self.known[b].group for b in self.busy)
                if (g if g in self.widths else "") == part]  # fmt: skip
        return not (
            run.held
            or (run.after and run.after not in self.done)
            or {"", part} & self.paused
            or len(used) >= self.widths[part]
        )

    @precondition(lambda self: self.busy)
    @rule(number=PICK)
    def finish(self, number: int) -> None:
        id = self.busy.pop(number % len(self.busy))
        with Store.open(self.settings.db) as store:
            verdict = Verdict(status=RunStatus.finished, ended_at=time.time())
            assert settle(self.settings, store, id, verdict)
        self.done.append(id)

    @precondition(lambda self: self.line)
    @rule(number=PICK, held=st.booleans())
    def hold_or_release(self, number: int, held: bool) -> None:
        run = self._run(self.line[number % len(self.line)])
        act = arrange.hold if held else arrange.release
        if self.known[run.id].held == held:
            with pytest.raises(UsageError, match="Leave it out|is held|is queued"):
                act(self.settings, [run])
            return
        act(self.settings, [run])
        self.known[run.id].held = held

    @precondition(lambda self: self.line)
    @rule(number=PICK, goal=st.none() | PICK, front=st.booleans())
    def move(self, number: int, goal: int | None, front: bool) -> None:
        id = self.line[number % len(self.line)]
        rest = [other for other in self.line if other != id]
        before = rest[goal % len(rest)] if rest and goal is not None else None
        goal_run = self._run(before) if before else None
        arrange.move(self.settings, [self._run(id)], goal_run, front)
        if not rest:
            return
        place = rest.index(before) if before else 0 if front else len(rest)
        neighbour = rest[place] if place < len(rest) else rest[-1]
        self.known[id].priority = self.known[neighbour].priority
        self.line = [*rest[:place], id, *rest[place:]]

    @rule(group=GROUPS, jobs=st.integers(0, 3))
    def widen(self, group: str, jobs: int) -> None:
        def change(said: queue_file.Said) -> queue_file.Said:
            groups = {name: part for name, part in said.groups.items() if name != group}
            paused = group in said.groups and said.groups[group].paused
            if not group:
                return queue_file.Said(jobs or None, said.paused, said.groups)
            more = {group: Group(jobs, paused)} if jobs else {}
            return queue_file.Said(said.jobs, said.paused, {**groups, **more})

        with Store.open(self.settings.db) as store:
            queue_file.change(self.settings, store, change)
        if jobs or not group:
            self.widths[group] = jobs or 1
        else:
            self.widths.pop(group, None)
            self.paused.discard(group)

    @rule(paused=st.booleans())
    def pause(self, paused: bool) -> None:
        with Store.open(self.settings.db) as store:
            queue_file.change(
                self.settings, store, lambda said: queue_file.Said(said.jobs, paused, said.groups)
            )
        self.paused = self.paused | {""} if paused else self.paused - {""}

    @rule()
    def delete_the_registry(self) -> None:
        self.settings.db.unlink(missing_ok=True)
        with Store.open(self.settings.db) as store:
            reconcile(self.settings, store)

    @invariant()
    def all_is_as_it_was_said(self) -> None:
        with Store.open(self.settings.db) as store:
            waiting = sorted(queue.waiting(store.db, here(self.settings)), key=policy.order)
            assert [run.id for run in waiting] == self.line
            for run in waiting:
                known, row = self.known[run.id], store.get(run.id)
                now = (run.priority, run.group, run.held, row.held, row.status)
                status = RunStatus.held if known.held else RunStatus.queued
                assert now == (known.priority, known.group, known.held, known.held, status)
            assert set(queue.busy(store.db, here(self.settings))) == set(self.busy)

    def _run(self, id: str) -> Run:
        with Store.open(self.settings.db) as store:
            return store.get(id)


TestArranged = Arranged.TestCase
TestArranged.settings = hypothesis_settings(max_examples=4, stateful_step_count=25)
