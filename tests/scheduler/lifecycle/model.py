"""What is promised of runs, from queued to their ends, as plain rules over plain values.

Knows of no registry, file or process. Who looks is either the supervisor, which hears how its own
engines end, or anybody else.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

JOBS = 2
RETRY = 1
WAITING = ("queued", "held")
EARLY = ("failed", "cancelled", "lost")


@dataclass
class Known:
    """One run."""

    source: str | None
    seed: int
    status: str = "queued"
    n: int = 0
    """Starts, with those that came to nothing."""
    begun: int = 0
    """The last of them that came to be an engine."""
    claims: int = 0
    """How many came to nothing since."""
    claimed: bool = False
    """Whether it is at work by the word of a supervisor alone, which is gone."""
    alive: bool = False
    mine: bool = False
    """Whether the supervisor that is there has yet to hear of its engine's end."""
    untold: bool = False
    """Whether that one has yet to see that it has ended, which is no engine of its own."""
    word: str = ""
    """How its last start said that it ended."""
    asked: bool = False
    """Whether its user asked for that end."""
    diverged: bool = False
    stranded: bool = False
    """Whether it was cancelled for want of its source."""

    @property
    def at_work(self) -> bool:
        return self.status == "at work"

    @property
    def by_another(self) -> bool:
        """Whether neither its user nor its work ended it."""
        last = self.word == "cancelled" if self.status == "cancelled" else not self.word
        return bool(self.begun) and not (self.asked or self.claims or self.stranded) and last


@dataclass
class Model:
    """All runs, in the order in which they were made, and what is at them."""

    runs: dict[str, Known] = field(default_factory=dict)
    supervised: bool = False
    paused: bool = False

    # Looks

    def look(self, supervisor: bool = False) -> None:
        """Somebody looks at all runs."""
        for id in [id for id, run in self.runs.items() if self._conclude(run, supervisor)]:
            run = self.runs[id]
            if supervisor or not self.supervised or run.status == "lost":
                self.retry(id)
            else:
                run.untold = not run.mine
        self.strand()

    def _conclude(self, run: Known, supervisor: bool) -> bool:
        """Whether it has ended, as can be seen now."""
        if not run.at_work or run.alive:
            return False
        if run.claimed:  # an engine that never came up is nobody's end, unless again and again
            run.status, run.claimed = "queued" if run.claims < 2 else "failed", False
        elif run.word or run.asked:
            run.status = run.word or "cancelled"
        else:
            run.status = "failed" if supervisor and run.mine else "lost"
        return run.status in EARLY

    def tick(self) -> None:
        """The supervisor hears of its engines' ends, looks, and starts what may start."""
        self.supervised = True
        for id, run in self.runs.items():
            if run.mine and not run.alive:
                if run.at_work or run.status == "lost":
                    run.status = run.word or ("cancelled" if run.asked else "failed")
                run.mine = False
                self.retry(id)
        self.look(supervisor=True)
        for id, run in self.runs.items():
            if run.untold:
                run.untold = False
                self.retry(id)
        while (next_id := self.next()) is not None:
            self.start(next_id)

    def end_supervisor(self) -> None:
        self.supervised = False
        for run in self.runs.values():
            run.mine = run.untold = False

    def retry(self, id: str) -> None:
        """By itself again: what somebody else ended, RETRY times."""
        run = self.runs[id]
        if run.status in EARLY and run.by_another and run.n <= RETRY:
            self.requeue(id)

    def requeue(self, id: str) -> None:
        """What was cancelled for want of it comes back with it."""
        run = self.runs[id]
        run.status, run.word, run.asked, run.stranded = "queued", "", False, False
        for other in self.made_from(id):
            if self.runs[other].stranded and self.runs[other].status == "cancelled":
                self.requeue(other)

    def strand(self) -> None:
        """What waits for a run that will never finish is cancelled; and so on."""
        for run in self.runs.values():  # sources come before what is made from them
            if run.status == "queued" and run.source is not None and (
                run.source not in self.runs or self.runs[run.source].status in EARLY
            ):  # fmt: skip
                run.status, run.stranded = "cancelled", True

    # Turns

    def next(self) -> str | None:
        busy = sum(run.at_work for run in self.runs.values())
        if self.paused or busy >= JOBS:
            return None
        return next((id for id, run in self.runs.items() if self._may_start(run)), None)

    def _may_start(self, run: Known) -> bool:
        source = self.runs.get(run.source or "")
        return run.status == "queued" and (not run.source or source is not None
                                           and source.status == "finished")  # fmt: skip

    def start(self, id: str) -> None:
        run = self.runs[id]
        run.status, run.alive, run.mine, run.n, run.claims = "at work", True, True, run.n + 1, 0
        run.begun, run.word = run.n, ""

    def claim(self) -> str | None:
        """A supervisor takes a run up, and is gone before there is an engine."""
        if (id := self.next()) is not None:
            run = self.runs[id]
            run.status, run.claimed, run.n, run.claims = "at work", True, run.n + 1, run.claims + 1
            run.word = ""
        return id

    # Asked for by the user

    def cancel(self, id: str) -> bool:
        """Whether that is done; else refused."""
        self.look()
        run = self.runs[id]
        if run.status in WAITING:
            run.status, run.word, run.asked = "cancelled", "", True
            self.strand()
            return True
        if not run.at_work:
            return False
        run.asked, run.alive, run.word = True, False, "cancelled"
        self.look()
        return True

    def resume(self, id: str) -> bool:
        """With what it is made from, where that ended early."""
        self.look()
        wanted = [id]
        while (source := self.runs[wanted[-1]].source) is not None:
            if source not in self.runs:
                return False
            if self.runs[source].status not in EARLY:
                break
            wanted.append(source)
        if any(self.runs[one].status not in EARLY or self.runs[one].diverged for one in wanted):
            return False
        for one in reversed(wanted):
            if self.runs[one].status in EARLY:  # not back already with its source
                self.requeue(one)
        return True

    def hold(self, id: str, held: bool) -> bool:
        self.look()
        run = self.runs[id]
        if run.status != ("queued" if held else "held"):
            return False
        run.status = "held" if held else "queued"
        return True

    def remove(self, id: str) -> Known | None:
        """The run, if that may be; then it is gone."""
        self.look()
        active = ("queued", "at work")
        using = (self.runs[other].status for other in self.made_from(id))
        if self.runs[id].status in active or any(status in active for status in using):
            return None
        return self.runs.pop(id)

    def made_from(self, id: str) -> Iterator[str]:
        return (other for other, run in self.runs.items() if run.source == id)
