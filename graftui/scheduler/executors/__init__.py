"""The executors: a file each, and an entry here. The rest of graftui knows them by their names."""

from collections.abc import Callable, Iterable
from itertools import groupby
from typing import cast

from graftui.errors import UsageError
from graftui.models import LOCAL, Attempt
from graftui.scheduler.executors.base import Executor, Queueing, Sight
from graftui.scheduler.identity import Life
from graftui.settings import QUEUEING, SLURM, Settings

# Who lists runs of which none is at work does without either.


def _local(settings: Settings) -> Executor:
    from graftui.scheduler.executors.local import Local

    return Local(settings)


def _slurm(settings: Settings) -> Executor:
    from graftui.scheduler.executors.slurm import Slurm

    return Slurm(settings)


EXECUTORS: dict[str, Callable[[Settings], Executor]] = {LOCAL: _local, SLURM: _slurm}


class Executors:
    """The executors of one process, each made when it is first needed."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._made: dict[str, Executor] = {}

    def __getitem__(self, name: str) -> Executor:
        """The executor `name`, or `name:PROFILE`. Raises UsageError if this graftui has none."""
        plain = _plain(name)
        if plain not in EXECUTORS:
            known = ", ".join(EXECUTORS)
            raise UsageError(f"There is no executor {name!r} here.", f"There are: {known}.")
        if plain not in self._made:
            self._made[plain] = EXECUTORS[plain](self.settings)
        return self._made[plain]

    def queueing(self, name: str) -> Queueing:
        """The executor `name`, one of settings.QUEUEING."""
        return cast(Queueing, self[name])

    def check(self, name: str) -> None:
        """Raises UsageError for a name of none, or of one that cannot run anything here."""
        executor = self[name]
        if _plain(name) in QUEUEING:
            cast(Queueing, executor).check(name)
        elif name not in EXECUTORS:
            raise UsageError(f"The executor {_plain(name)} has no profiles.", "Leave it out.")

    def knows(self, attempt: Attempt) -> bool:
        """Whether this graftui has the executor of `attempt`."""
        return _plain(attempt.executor) in EXECUTORS

    def ready(self, name: str) -> bool:
        """Whether the executor `name` starts at once; one that is not here says so when asked to
        start.
        """
        return name not in EXECUTORS or self[name].ready()

    def poll(self, attempts: Iterable[Attempt]) -> dict[str, Sight]:
        """What is seen of each, by its run."""
        seen: dict[str, Sight] = {}
        for name, group in groupby(sorted(attempts, key=_executor), key=_executor):
            alike = list(group)
            nothing = [Sight(Life.unknown)] * len(alike)
            sights = self[name].poll(alike) if _plain(name) in EXECUTORS else nothing
            seen |= zip((attempt.run for attempt in alike), sights, strict=True)
        return seen

    def sight(self, attempt: Attempt) -> Sight:
        """What is seen of `attempt`."""
        return self.poll([attempt])[attempt.run]

    def life(self, attempt: Attempt) -> Life:
        """Whether the process or job of `attempt` is there."""
        return self.sight(attempt).life


def _executor(attempt: Attempt) -> str:
    return attempt.executor


def _plain(name: str) -> str:
    """Without its profile."""
    return name.partition(":")[0]
