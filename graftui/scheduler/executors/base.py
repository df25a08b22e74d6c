"""What an executor is: it starts attempts of runs, says what becomes of them, and stops them."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from graftui.models import Attempt, Run, RunReason, RunStatus
from graftui.scheduler.identity import Life


class How(StrEnum):
    """Ways of stopping."""

    ask = "ask"
    """It may save what it has, and says itself that it was cancelled."""
    kill = "kill"
    """At once."""


@dataclass(frozen=True, slots=True)
class Exit:
    """How a process ended, as seen at once: a disk may have room again a second later."""

    code: int
    """As of Popen: of a signal its negative number."""
    disk_full: bool = False
    oom_killed: bool = False
    """The kernel killed a process of this control group for memory while this one ran."""
    peak_bytes: int | None = None
    """The most memory that it held; None: not known."""

    @classmethod
    def of(cls, attempt: Attempt) -> "Exit | None":
        """The end that was noted of `attempt`; None: nobody saw it."""
        if attempt.signal is not None:
            return cls(-attempt.signal)
        return None if attempt.exit_code is None else cls(attempt.exit_code)

    @property
    def signal(self) -> int | None:
        """Number of the signal that ended it."""
        return -self.code if self.code < 0 else None

    @property
    def exit_code(self) -> int | None:
        """None where a signal ended it."""
        return self.code if self.code >= 0 else None


@dataclass(frozen=True, slots=True)
class Cause:
    """What ended an attempt, where its executor knows more than code and signal tell."""

    status: RunStatus
    reason: RunReason | None
    """Of a failed one."""
    message: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Sight:
    """What is seen of an attempt."""

    life: Life
    end: Exit | None = None
    """How it ended, where that can be seen: of a process by its parent alone."""
    cause: Cause | None = None
    """Of one that is gone."""
    unbegun: bool = False
    """It is gone, has never begun, and never will: another may be started."""
    passed_over: bool = False
    """Of one that is `unbegun`: others came first, so another may be started however often that has
    been so."""
    waits_for: str = ""
    """Why a waiting one waits, in its server's word."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """An attempt that is to be handed over."""

    attempt: Attempt
    after: tuple[str, ...] = ()
    """Runs that come before it among those that are handed over with it: it builds on them."""


class Executor(Protocol):
    """One way of running engines, to be derived from. Each process makes its own, so what must be
    known by all is in the attempt.
    """

    def ready(self) -> bool:
        """Whether what is started now comes up at once. False: not for a while, and so a run is
        better left where it waits; asked again at the next look.
        """
        return True

    def start(self, run: Run) -> Attempt:
        """Start the engine of a run: its last attempt, with the process or job that it came to be.

        That outlives who started it. Raises OSError where it cannot be started.
        """

    def poll(self, attempts: Sequence[Attempt]) -> Sequence[Sight]:
        """What is seen of each, one by one; of an end that was seen it goes on telling.

        Where nothing can be seen just now, that is `unknown`, and no error. Every look at the runs
        asks this: an executor that has to ask a server for it keeps the answer for a while.
        """

    def stop(self, attempt: Attempt, how: How) -> None:
        """Stop one that is there, with all that it started. Does not wait until it is gone, and
        does nothing where it cannot be told for certain. Raises EnvironmentProblem.
        """


class Queueing(Executor, Protocol):
    """An executor with a queue of its own: it is handed all runs that are ready, many at once, and
    what they wait for there is its business. Whoever looks can see how what it started ended.
    """

    def check(self, name: str) -> None:
        """Raises UsageError where a run on the executor `name` could be seen to fail."""

    def tend(self, attempts: Sequence[Attempt]) -> int:
        """Ask after `attempts`, all those that it has; how many more it can be handed just now.

        The supervisor alone does so, at each of its looks: how often a server is asked is the
        executor's to decide, and nobody waits for the answer.
        """

    def tidy(self, attempts: Sequence[Attempt]) -> None:
        """Clear what was kept for others than `attempts`, all those that it has."""

    def known_as(self, attempts: Sequence[Attempt]) -> Sequence[Attempt]:
        """Those of `attempts` whose jobs have another name by now, with that."""

    def prepare(self, wanted: Sequence[Wanted], width: int) -> Sequence[Attempt]:
        """Write down what is to be submitted: engines for attempts, all of one executor's name. The
        attempts, each with a job's name that it can be recognised by there.

        `width`: at most so many of them at once; 0: as many as there is room for. Raises UsageError
        where they are not wanted, and OSError.
        """

    def submit(self, prepared: Sequence[Attempt]) -> Sequence[Attempt]:
        """Have them started; the first of them that are taken, by the names of their jobs.

        They are noted before, by the names that `prepare` gave them: no answer may come, and `tend`
        will see. Raises UsageError where they are not wanted.
        """
