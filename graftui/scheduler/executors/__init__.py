"""The executors: a file each, and an entry here. The rest of graftui knows them by their names."""

from collections.abc import Callable, Iterable
from itertools import groupby

from graftui.errors import UsageError
from graftui.models import LOCAL, Attempt
from graftui.scheduler.executors.base import Executor, Sight
from graftui.scheduler.executors.local import Local
from graftui.scheduler.identity import Life
from graftui.settings import Settings

EXECUTORS: dict[str, Callable[[Settings], Executor]] = {LOCAL: Local}


class Executors:
    """The executors of one process, each made when it is first needed."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._made: dict[str, Executor] = {}

    def __getitem__(self, name: str) -> Executor:
        """The executor `name`. Raises UsageError if this graftui has none of that name."""
        if name not in EXECUTORS:
            known = ", ".join(EXECUTORS)
            raise UsageError(f"There is no executor {name!r} here.", f"There are: {known}.")
        if name not in self._made:
            self._made[name] = EXECUTORS[name](self.settings)
        return self._made[name]

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
            sights = self[name].poll(alike) if name in EXECUTORS else nothing
            seen |= zip((attempt.run for attempt in alike), sights, strict=True)
        return seen

    def life(self, attempt: Attempt) -> Life:
        """Whether the process or job of `attempt` is there."""
        return self.poll([attempt])[attempt.run].life


def _executor(attempt: Attempt) -> str:
    return attempt.executor
