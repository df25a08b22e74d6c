"""Runs, their attempts and cards as values, and what states they have. What a run measured is in
measured.py.
"""

import time
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from graftui.grants import Grant
from graftui.turns import Turn


class RunStatus(StrEnum):
    """Where a run stands."""

    held = "held"
    """It waits until somebody releases it: held back by its user, or found as a folder."""
    queued = "queued"
    starting = "starting"
    running = "running"
    finished = "finished"
    failed = "failed"
    cancelled = "cancelled"
    lost = "lost"
    """Nothing is heard of it any more: a guess, which a sign of life corrects."""

    @property
    def active(self) -> bool:
        """Whether it still has something to do."""
        return self in ACTIVE


LOCAL = "local"
"""The executor that starts engines as processes of this host."""
ACTIVE = (RunStatus.queued, RunStatus.starting, RunStatus.running)


class RunReason(StrEnum):
    """Why graftui says that a run failed; the values of engine.contract.events.FailReason."""

    config = "config"
    data = "data"
    oom = "oom"
    diverged = "diverged"
    crashed = "crashed"
    killed = "killed"
    pruned = "pruned"  # of a cancelled one: its search gave it up


@dataclass(frozen=True, slots=True)
class Input:
    """Something that a run is made from."""

    role: str
    """What it is to the run, such as "finetuned": the run's kind names its roles."""
    source: str
    """Id of another run; or a path, which has a slash."""

    @property
    def is_run(self) -> bool:
        """Whether it is another run's result."""
        return "/" not in self.source


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt(Grant):
    """One start of a run. Times are seconds since the epoch."""

    run: str = ""
    """Id of the run."""
    n: int = 0
    """Which start of its run, from 1; 0: none, of a run that was never started."""
    executor: str = LOCAL
    """What started it, watches it and can stop it."""
    host: str = ""
    boot_id: str = ""
    """Of the host, and of the container there."""
    pid: int | None = None
    pid_ticks: int | None = None
    """Start of the process in ticks since boot: a pid alone may be another's by now."""
    job: str = ""
    """Id of the job, of an executor that has a queue of its own."""
    started_at: float | None = None
    """When its engine said that it began."""
    ended_at: float | None = None
    """When its end was seen; None where nobody was there to see it."""
    exit_code: int | None = None
    signal: int | None = None
    """Number of the signal that ended the process."""
    peak_bytes: int | None = None
    """The most memory of the host that it held; None: not known."""
    peak_gpu_bytes: int | None = None
    resumed_step: int | None = None
    """The step that it went on from; None: it began at the beginning."""

    @property
    def begun(self) -> bool:
        """Whether it has come to be a process or a job; until then it is a claim."""
        return self.pid is not None or self.job != ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Run(Turn):
    """One run, as the registry has it. Times are seconds since the epoch."""

    id: str
    name: str
    kind: str
    """Of engine.contract.kinds, or of a version that knows more."""
    config: dict[str, Any]
    config_hash: str
    created_at: float
    status: RunStatus = RunStatus.queued
    reason: str | None = None
    """Of a failed run, or one that was pruned: a RunReason, or one that another version knows."""
    message: str = ""
    """What went wrong, or why it was cancelled."""
    hint: str = ""
    recipe: str = ""
    """Recipe it was made from; empty: none."""
    tags: tuple[str, ...] = ()
    note: str = ""
    """What the user wrote about it."""
    star: bool = False
    """Whether the user marked it as one to keep."""
    archived: bool = False
    """Whether the user put it away: no list has it that does not ask for it."""
    inputs: tuple[Input, ...] = ()
    """What it is made from. It waits for those that are runs."""
    folder: str = ""
    """Folder of its directory: of another data folder it is elsewhere. Empty: not seen yet."""
    executor: str = LOCAL
    """What is to start it."""
    attempt: Attempt = field(default_factory=Attempt)
    """Its last start."""
    started_at: float | None = None
    """Of the last attempt."""
    ended_at: float | None = None
    phase: str = ""
    """What it is doing, such as "train"; `step` and `total` are of that."""
    step: int = 0
    total: int = 0
    done: float | None = None
    """Share of the whole run's work; None while that is not known."""
    left_s: float | None = None
    """Seconds that the rest takes; None: too early to say."""
    device: str = ""
    summary: dict[str, float] = field(default_factory=dict)
    log_tail: str = ""
    """Last lines of output of a failed or lost run."""
    cancel_asked: float | None = None
    """When somebody asked it to stop; it may take a while."""
    heard_at: float | None = None
    """Time of its last sign of life, by its own clock."""
    seen_at: float | None = None
    """When graftui last saw it change, by its own clock: on another host they may differ."""
    warnings: tuple[str, ...] = ()
    """What of its files was not understood, a sentence each."""
    bad_events: int = 0
    """Lines of its events file that were not understood; `warnings` has the first of them."""
    condition: str = ""
    """"stalled", "waiting" or "elsewhere": observed when a run is shown, never stored."""
    waits_for: str = ""
    """Why a waiting job waits, in its server's word; observed too."""

    @property
    def sources(self) -> tuple[str, ...]:
        """Ids of the runs it is made from, each once."""
        return tuple(dict.fromkeys(given.source for given in self.inputs if given.is_run))

    @property
    def parent(self) -> str | None:
        """The first of its sources: what it had at most one of once, for other programs to read."""
        return next(iter(self.sources), None)

    @property
    def progress(self) -> float:
        """Share done of the whole run, or of its phase where that is all that is known."""
        return self.step / self.total if self.done is None and self.total else self.done or 0.0

    @property
    def seconds(self) -> float | None:
        """How long it has run, or ran; None before its start."""
        if self.started_at is None:
            return None
        end = self.ended_at or (time.time() if self.status.active else self.heard_at)
        return max(0.0, (end or self.started_at) - self.started_at)


@dataclass(frozen=True, slots=True)
class Here:
    """From where one looks: tells one's own runs, and the processes that can be seen."""

    folder: str
    """Folder of run directories."""
    host: str
    boot_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How graftui saw a run end, where its last event does not say."""

    status: RunStatus
    ended_at: float
    reason: str | None = None
    message: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCard(Turn):
    """run.json: what a run directory needs, beside config and events, to rebuild its row."""

    id: str
    name: str
    created_at: float
    recipe: str = ""
    tags: tuple[str, ...] = ()
    note: str = ""
    star: bool = False
    archived: bool = False
    parent: str | None = None
    """Of a card from before there were inputs: the fine-tuning that a graft is cut from."""
    inputs: tuple[Input, ...] | None = None
    """None: a card from before there were inputs."""
    registry: str = ""
    """Path of the registry that queued it: no other one may start it."""
    host: str = ""
    again_after: int = 0
    """The start after which it was put back in the queue: until a later one it waits. 0: never."""
    executor: str = LOCAL
    verdict: Verdict | None = None
    only_attempt: Attempt | None = None
    """Of a run from before each attempt had a file."""
